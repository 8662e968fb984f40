import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import { usualDays, whatIsLeft } from '../../../queries/availability.ts'
import { goesOn } from '../../../queries/creatives.ts'
import { isOffered } from '../../../queries/withheld.ts'

export interface Wanted {
  tenant_id: string
  q?: string | undefined
  status: 'on_sale' | 'archived' | 'all'
  delivery_type?: string | undefined
  channel?: string | undefined
  now: Date
}
interface ListedPrice {
  pricing_model: string
  currency: string
  fixed_price: number | null
  floor_price: number | null
  parameters: { time_unit?: string } | null
}
interface Sold {
  currency: string
  budget: string
}

const prices = sql<ListedPrice[]>`(
  select coalesce(json_agg(json_build_object('pricing_model', o.pricing_model, 'currency', o.currency, 'fixed_price', o.fixed_price,
    'floor_price', o.floor_price, 'parameters', o.parameters) order by o.position), '[]')
  from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id)`
/** Packages `pack` of this product in media buys that were agreed to and are not over. */
const running = sql`media_packages pack join media_buys buy using (media_buy_id)
  join principals agent on agent.principal_id = buy.principal_id
  where buy.tenant_id = p.tenant_id and pack.product_id = p.product_id and not agent.sandbox and buy.confirmed_at is not null
    and not pack.canceled and buy.status not in ('completed', 'rejected', 'canceled')`
const sold = sql<Sold[]>`(
  select coalesce(json_agg(of_currency order by budget desc), '[]') from (
    select buy.currency, sum(pack.budget)::text as budget, sum(pack.budget) as amount from ${running} group by 1) as of_currency(currency, budget, amount))`

/** The products of a list, by name; of each its prices, what is left and what is sold of it now. */
export function selectListed(
  db: ReadDb,
  wanted: Wanted,
  { limit, offset }: { limit: number; offset: number },
) {
  return narrowed(db, wanted)
    .select(['p.product_id', 'p.name', 'p.delivery_type', 'p.updated_at', 'p.archived_at', 'p.channels'])
    .select([
      isOffered(wanted.tenant_id).as('offered'),
      prices.as('prices'),
      sold.as('sold'),
      sql<number>`(select count(distinct buy.media_buy_id)::int from ${running})`.as('buys'),
      whatIsLeft(usualDays(wanted.now), wanted.now).as('left'),
    ])
    .orderBy('p.name')
    .orderBy('p.product_id')
    .limit(limit)
    .offset(offset)
    .execute()
}
export type Listed = Awaited<ReturnType<typeof selectListed>>[number]

export async function countListed(db: ReadDb, wanted: Wanted): Promise<number> {
  const row = await narrowed(db, wanted)
    .select(sql<number>`count(*)::int`.as('total'))
    .executeTakeFirstOrThrow()
  return row.total
}

function narrowed(db: ReadDb, { tenant_id, q, status, delivery_type, channel }: Wanted) {
  return db
    .selectFrom('products as p')
    .where('p.tenant_id', '=', tenant_id)
    .where('p.sandbox_of', 'is', null)
    .$if(status !== 'all', (rows) =>
      rows.where('p.archived_at', status === 'archived' ? 'is not' : 'is', null),
    )
    .$if(q !== undefined, (rows) =>
      rows.where(sql<boolean>`strpos(p.search_text || ' ' || lower(p.product_id), lower(${q ?? ''})) > 0`),
    )
    .$if(delivery_type !== undefined, (rows) =>
      rows.where(sql<boolean>`p.delivery_type::text = ${delivery_type ?? ''}`),
    )
    .$if(channel !== undefined, (rows) => rows.where(sql<boolean>`${channel ?? ''} = any(p.channels)`))
}

/** The media buys that hold a package of this product and are not over, with what it gets. */
export const selectRunning = (db: ReadDb, tenant_id: string, product_id: string) =>
  db
    .selectFrom('media_packages as p')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'p.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .select([
      'p.package_id',
      'p.media_buy_id',
      'p.budget',
      'p.start_time',
      'p.end_time',
      'buy.currency',
      'buy.status',
    ])
    .select(['agent.name as agent', sql<string>`buy.brand->>'domain'`.as('brand')])
    .where('buy.tenant_id', '=', tenant_id)
    .where('p.product_id', '=', product_id)
    .where('agent.sandbox', '=', false)
    .where(goesOn)
    .orderBy('p.start_time')
    .limit(50)
