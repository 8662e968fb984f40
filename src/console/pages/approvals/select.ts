import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { CreativeStatus, DeliveryType, WorkflowStepStatus } from '../../../db/schema.ts'

/** What of the requests a list shows, by the word in its address. */
export const shows = {
  '': ['requires_approval', 'input_required'],
  approved: ['completed'],
  rejected: ['rejected'],
  canceled: ['canceled'],
  all: ['requires_approval', 'input_required', 'completed', 'rejected', 'canceled'],
} as const satisfies Record<string, readonly WorkflowStepStatus[]>
export type Shown = keyof typeof shows

/** A publisher's requests for a list: those that wait the longest first, others the latest first. */
export function selectRequests(db: ReadDb, tenant_id: string, { q, show }: { q: string; show: Shown }) {
  const like = `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  return db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .leftJoin('media_buy_updates as u', 'u.workflow_step_id', 'step.workflow_step_id')
    .select([
      'step.workflow_step_id',
      'step.title',
      'step.status',
      'step.created_at',
      'step.deadline',
      'step.decided_by',
      'step.updated_at',
      'step.approvals_needed',
      'agent.sandbox',
      'buy.currency',
      'buy.start_time',
      sql<string>`coalesce(u.total_budget, buy.total_budget)`.as('total_budget'),
      sql<Date>`coalesce(u.end_time, buy.end_time)`.as('end_time'),
      sql<number>`(select count(*)::int from approvals_given yes where yes.workflow_step_id = step.workflow_step_id)`.as(
        'agreed',
      ),
    ])
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .where(
      'step.status',
      'in',
      shows[show].map((status) => sql.lit(status)),
    )
    .$if(q !== '', (query) =>
      query.where(
        sql<boolean>`concat_ws(' ', step.title, step.task_id, step.media_buy_id, buy.po_number, step.decided_by, step.reason) ilike ${like}`,
      ),
    )
}

/** What a package asks for that the request itself does not say, and what its product offers. */
export interface PackageTerms {
  package_id: string
  delivery_type: DeliveryType
  connection: string
  pacing: string
  fixed_price: string | null
  floor_price: string | null
  min_spend: string | null
  measurement_terms: unknown
  performance_standards: unknown
  formats: string[]
  creatives: { creative_id: string; name: string; status: CreativeStatus }[]
  /** Of the days for which it holds something; `capacity` only of those on which it is known. */
  room: { wants: number; others: number; capacity: number | null; days: number; known: number }
  forecast_as_of: Date | null
}

/** The packages of a media buy beside their products: prices, formats, and what is left of them in their flight. */
export function selectPackageTerms(db: ReadDb, tenant_id: string, media_buy_id: string) {
  return db
    .selectFrom('media_packages as p')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .innerJoin('adapter_configs as c', 'c.connection_id', 'p.connection_id')
    .leftJoin('pricing_options as o', (join) =>
      join
        .onRef('o.tenant_id', '=', 'p.tenant_id')
        .onRef('o.product_id', '=', 'p.product_id')
        .onRef('o.pricing_option_id', '=', 'p.pricing_option_id'),
    )
    .leftJoin('forecasts as f', (join) =>
      join.onRef('f.tenant_id', '=', 'p.tenant_id').onRef('f.product_id', '=', 'p.product_id'),
    )
    .select([
      'p.package_id',
      'product.delivery_type',
      'c.name as connection',
      'p.pacing',
      'o.fixed_price',
      'o.floor_price',
      'o.min_spend_per_package as min_spend',
      'p.measurement_terms',
      'p.performance_standards',
      sql<string[]>`array(select f ->> 'id' from jsonb_array_elements(p.format_ids) f)`.as('formats'),
      creatives.as('creatives'),
      room.as('room'),
      'f.as_of as forecast_as_of',
    ])
    .where('p.tenant_id', '=', tenant_id)
    .where('p.media_buy_id', '=', media_buy_id)
    .where('p.canceled', '=', false)
    .orderBy('p.position')
    .$castTo<PackageTerms>()
}

const creatives = sql`(
  select coalesce(json_agg(json_build_object('creative_id', a.creative_id, 'name', cr.name, 'status', cr.status)
    order by a.created_at, a.creative_id), '[]')
  from creative_assignments a join creatives cr using (principal_id, creative_id) where a.package_id = p.package_id)`

/** What others hold counts on the same days; the capacity is the publisher's own or the last forecast, whichever is less. */
const room = sql`(
  select json_build_object('wants', coalesce(sum(day.amount), 0), 'others', coalesce(sum(day.others), 0),
    'capacity', sum(day.capacity), 'days', count(*), 'known', count(day.capacity))
  from (select own.amount, least(product.daily_capacity, forecast.capacity) as capacity,
      (select coalesce(sum(held.amount), 0) from reservations held where held.tenant_id = own.tenant_id
        and held.product_id = own.product_id and held.day = own.day and held.released_at is null
        and held.package_id <> own.package_id) as others
    from reservations own left join forecast_days forecast
      on (forecast.tenant_id, forecast.product_id, forecast.day) = (own.tenant_id, own.product_id, own.day)
    where own.package_id = p.package_id and own.released_at is null) as day)`

/** Who asks, and what there was with this buyer before; amounts are in the currency of this request. */
export function selectBuyerBefore(db: ReadDb, tenant_id: string, workflow_step_id: string) {
  return db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('media_buys as b')
          .whereRef('b.tenant_id', '=', 'buy.tenant_id')
          .whereRef('b.principal_id', '=', 'buy.principal_id')
          .whereRef('b.media_buy_id', '<>', 'buy.media_buy_id')
          .select([
            sql<number>`count(*) filter (where b.confirmed_at is not null)::int`.as('bought'),
            sql<number>`count(*) filter (where b.status = 'active')::int`.as('running'),
            sql<number>`count(*) filter (where b.status = 'rejected')::int`.as('rejected'),
            sql<
              string | null
            >`sum(b.total_budget) filter (where b.confirmed_at is not null and b.status <> 'canceled'
              and b.currency = buy.currency)`.as('amount'),
            sql<Date | null>`min(b.confirmed_at)`.as('since'),
          ])
          .as('before'),
      (join) => join.onTrue(),
    )
    .select(['agent.principal_id', 'step.expire_at', 'step.updated_at'])
    .selectAll('before')
    .where('step.tenant_id', '=', tenant_id)
    .where('step.workflow_step_id', '=', workflow_step_id)
}
export type BuyerBefore = NonNullable<
  Awaited<ReturnType<ReturnType<typeof selectBuyerBefore>['executeTakeFirst']>>
>
