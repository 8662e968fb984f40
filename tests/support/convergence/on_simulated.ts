import { sql } from 'kysely'
import type { Db } from '../../../src/db/database.ts'
import type { Books } from './wanted.ts'

/** The simulated ad server's own books. */
export const simulatedBooks = (db: Db): Books => ({
  async standing(mediaBuyId) {
    const key = `adcp:${mediaBuyId}`
    const { rows: orders } = await sql<{ status: string }>`
      select status from simulated.orders where reference = ${key}`.execute(db)
    const { rows: items } = await sql<{ item: Awaited<ReturnType<Books['standing']>>['items'][number] }>`
      select item.body || jsonb_build_object('package_id', split_part(item.reference, ':', 3), 'state', item.status, 'creatives', (
        select coalesce(jsonb_agg(jsonb_build_object('name', c.body ->> 'name', 'weight', shown.weight) order by c.body ->> 'name'), '[]')
        from simulated.line_item_creatives shown join simulated.creatives c using (creative_id)
        where shown.line_item_id = item.line_item_id)) as item
      from simulated.line_items item where reference like ${`${key}:%`}`.execute(db)
    const { rows: creatives } = await sql<{ reference: string }>`
      select reference from simulated.creatives where reference like ${`${key}:%`}`.execute(db)
    return {
      orders: orders.map(({ status }) => status),
      items: items.map(({ item }) => item),
      creatives: creatives.map(({ reference }) => reference),
    }
  },
  item: ({ package_id, paused, creatives, budget, bid_price, impressions, end_time, targeting_overlay }) => ({
    package_id,
    state: paused ? 'paused' : 'ready',
    creatives,
    budget,
    bid_price,
    impressions: impressions === null ? null : Number(impressions),
    end_time: end_time.toISOString(),
    targeting_overlay: targeting_overlay ?? {},
  }),
})
