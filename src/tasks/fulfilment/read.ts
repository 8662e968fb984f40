import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql, type ExpressionBuilder, type Selectable } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { ApprovedBuy, ApprovedCreative, ApprovedPackage, StepKind } from '../../adapters/adapter.ts'
import { sumMoney } from '../../adcp/money.ts'
import { compiled, compiledWrite } from '../../db/compiled.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { DB, MediaBuyStatus } from '../../db/schema.ts'
import { formatSizes } from '../../queries/format_sizes.ts'
import type { StepPlan } from './plan.ts'
import type { Effect } from './standing.ts'

export type Fulfilment = NonNullable<Awaited<ReturnType<typeof readFulfilment>>>
export type Step = Awaited<ReturnType<typeof readSteps>>[number]
/** A step that the ad server carries out. */
export type SentStep = Step & { kind: StepKind }
export const isSent = (step: Step): step is SentStep => step.kind !== 'by_hand'
/** A fulfilment and all its steps, as they were when it was read; whoever holds its lock may go on with what it wrote itself. */
export interface Order {
  fulfilment: Fulfilment
  steps: readonly Step[]
}

/** In one question: a new order waits for each. */
export async function readOrder(db: Db, fulfilment_id: string): Promise<Order | undefined> {
  const rows = (await selectOrder(db, { fulfilment_id })).map(
    ({ tenant_id, media_buy_id, on, stands, desired, planned, applied, placed_at, connection, ...step }) => ({
      fulfilment: {
        ...{
          fulfilment_id,
          tenant_id,
          media_buy_id,
          connection_id: on,
          connection,
          state: stands,
          placed_at,
        },
        ...{ desired_revision: desired, planned_revision: planned, applied_revision: applied },
      },
      step: step.fulfilment_step_id === null ? [] : [stepOf(step as Selectable<DB['fulfilment_steps']>)],
    }),
  )
  return rows[0] && { fulfilment: rows[0].fulfilment, steps: rows.flatMap(({ step }) => step) }
}

const selectOrder = compiled((db, { fulfilment_id }: { fulfilment_id: string }) =>
  db
    .selectFrom('fulfilments as f')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'f.connection_id')
    .leftJoin('fulfilment_steps as step', 'step.fulfilment_id', 'f.fulfilment_id')
    .select(['f.tenant_id', 'f.media_buy_id', 'f.placed_at', 'connection.name as connection'])
    // what a step has as well, under another name
    .select(['f.connection_id as on', 'f.state as stands', 'f.desired_revision as desired'])
    .select(['f.planned_revision as planned', 'f.applied_revision as applied'])
    .selectAll('step')
    .where('f.fulfilment_id', '=', fulfilment_id)
    .orderBy('step.position'),
)

/** A fulfilment with the name of its ad server. */
export function readFulfilment(db: Db, fulfilmentId: string) {
  return db
    .selectFrom('fulfilments as f')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'f.connection_id')
    .select([
      'f.fulfilment_id',
      'f.tenant_id',
      'f.media_buy_id',
      'f.connection_id',
      'f.state',
      'f.desired_revision',
      'f.planned_revision',
      'f.applied_revision',
      'f.placed_at',
      'connection.name as connection',
    ])
    .where('f.fulfilment_id', '=', fulfilmentId)
    .executeTakeFirst()
}

/** Its steps in the order they are carried out. */
export async function readSteps(db: Db, fulfilmentId: string) {
  const rows = await db
    .selectFrom('fulfilment_steps')
    .selectAll()
    .where('fulfilment_id', '=', fulfilmentId)
    .orderBy('position')
    .execute()
  return rows.map(stepOf)
}

/** A step as the worker knows it. */
export const stepOf = (row: Selectable<DB['fulfilment_steps']>) => ({
  ...row,
  kind: row.kind as StepPlan['kind'],
  effects: row.effects as unknown as readonly Effect[],
  body: row.body as Record<string, unknown>,
  external_ids: row.external_ids as Record<string, string>,
})

/**
 * The part of a media buy that lives on one ad server, as its adapter plans it, and where the whole of it is. Locked, so that nobody
 * moves it while it is planned.
 */
export async function lockApprovedBuy(
  trx: Trx,
  { media_buy_id, connection_id, desired_revision }: Fulfilment,
): Promise<{ status: MediaBuyStatus; buy: ApprovedBuy }> {
  const [row] = await selectBuy(trx, { media_buy_id, connection_id })
  if (!row) throw new Error(`${media_buy_id} is not there`)
  // once the buy is locked, or it could be an older one's
  const packages = await selectPackages(trx, { media_buy_id, connection_id })
  const buy = {
    media_buy_id,
    revision: desired_revision,
    name: `${row.brand_domain} via ${row.principal_name}`,
    advertiser_id: row.advertiser_id,
    brand_domain: row.brand_domain,
    currency: row.currency,
    total_budget: sumMoney(packages.map(({ budget }) => Number(budget))),
    start_time: row.start_time.toISOString(),
    end_time: row.end_time.toISOString(),
    po_number: row.po_number,
    packages: packages.map((item): ApprovedPackage => ({
      ...item,
      paused: item.paused || row.status === 'paused',
      creatives: item.creatives.map(versionOf),
      impressions: item.impressions === null ? null : Number(item.impressions),
      start_time: item.start_time.toISOString(),
      end_time: item.end_time.toISOString(),
      targeting_overlay: (item.targeting_overlay ?? {}) as Record<string, unknown>,
      ad_server_config: item.ad_server_config as Record<string, unknown>,
    })),
  }
  return { status: row.status, buy }
}

interface Part {
  media_buy_id: string
  connection_id: string
}
const selectBuy = compiledWrite((db, { media_buy_id, connection_id }: Part) =>
  db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as principal', 'principal.principal_id', 'buy.principal_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select([
      'buy.status',
      'buy.currency',
      'buy.start_time',
      'buy.end_time',
      'buy.po_number',
      'principal.name as principal_name',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      sql<string | null>`coalesce(account.platform_mappings->>${connection_id},
        principal.platform_mappings->>${connection_id})`.as('advertiser_id'),
    ])
    .where('buy.media_buy_id', '=', media_buy_id)
    .forUpdate('buy'),
)

const selectPackages = compiled((db, { media_buy_id, connection_id }: Part) =>
  db
    .selectFrom('media_packages as p')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .select((eb) => [
      'p.package_id',
      'p.product_id',
      'product.name as product_name',
      'product.delivery_type',
      'p.pricing_model',
      'p.price',
      'p.bid_price',
      'p.budget',
      'p.impressions',
      'p.pacing',
      'p.start_time',
      'p.end_time',
      'p.targeting_overlay',
      'p.paused',
      'product.ad_server_config',
      formatSizes('product').as('sizes'),
      jsonArrayFrom(selectCreatives(eb)).as('creatives'),
    ])
    .where('p.media_buy_id', '=', media_buy_id)
    .where('p.connection_id', '=', connection_id)
    .where('p.canceled', '=', false)
    .orderBy('p.position'),
)

/** The approved creatives of a package. */
function selectCreatives(eb: ExpressionBuilder<DB & { p: DB['media_packages'] }, 'p'>) {
  return eb
    .selectFrom('creative_assignments as a')
    .innerJoin('creatives as c', (join) =>
      join.onRef('c.principal_id', '=', 'a.principal_id').onRef('c.creative_id', '=', 'a.creative_id'),
    )
    .select(['a.weight', 'c.creative_id', 'c.name', 'c.agent_url', 'c.format_id', 'c.assets'])
    .whereRef('a.package_id', '=', 'p.package_id')
    .where('c.status', '=', 'approved')
    .orderBy('a.created_at')
    .orderBy('a.creative_id')
}

type ShownCreative = Omit<ApprovedCreative, 'version' | 'assets'> & { assets: unknown }

/** The version of a creative is a hash of what is shown. */
function versionOf({ weight, ...row }: ShownCreative): ApprovedCreative {
  const shown = { ...row, assets: row.assets as Record<string, unknown> }
  const version = createHash('sha256')
    .update(canonicalize(shown) ?? '')
    .digest('hex')
    .slice(0, 16)
  return { ...shown, version, weight }
}
