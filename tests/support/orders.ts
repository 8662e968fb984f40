import { sql } from 'kysely'
import { placeMediaBuy } from '../../src/commands/place_media_buy.ts'
import { jsonb, type Db } from '../../src/db/database.ts'
import type { TestBuyer, Args } from './desk.ts'
import { aPurchase } from './desk.ts'

/** Buys over MCP and gives the media buy's id. */
export async function buy(
  buyer: TestBuyer,
  overrides: Args & { package?: Args } = {},
  now?: Date,
): Promise<string> {
  const { isError, body, texts } = await buyer.call('create_media_buy', aPurchase(overrides, now))
  if (isError || typeof body['media_buy_id'] !== 'string') throw new Error(`not bought: ${texts.join('\n')}`)
  return body['media_buy_id']
}

/** How the simulated ad server treats the orders of this product from now on. */
export async function behave(
  db: Db,
  behaviour: Args,
  product_id = 'trail_display_run_of_site',
): Promise<void> {
  await db
    .updateTable('products')
    .set({ ad_server_config: jsonb(behaviour) })
    .where('product_id', '=', product_id)
    .execute()
}

/** What stands for a media buy on the simulated ad server, in its own books. */
export async function booked(db: Db, mediaBuyId: string): Promise<{ orders: number; line_items: number }> {
  const { rows } = await sql<{ orders: number; line_items: number }>`
    select (select count(*)::int from simulated.orders where reference = ${`adcp:${mediaBuyId}`}) as orders,
      (select count(*)::int from simulated.line_items where reference like ${`adcp:${mediaBuyId}:%`}) as line_items
  `.execute(db)
  return rows[0] ?? { orders: 0, line_items: 0 }
}

/** The calls the simulated ad server received for a media buy, oldest first. */
export async function callsFor(db: Db, mediaBuyId: string): Promise<string[]> {
  const { rows } = await sql<{ operation: string }>`
    select operation from simulated.calls where reference like ${`adcp:${mediaBuyId}%`} order by call_id
  `.execute(db)
  return rows.map(({ operation }) => operation)
}

/** Its fulfilments, by connection. */
export function fulfilmentsOf(db: Db, mediaBuyId: string) {
  return db
    .selectFrom('fulfilments')
    .selectAll()
    .where('media_buy_id', '=', mediaBuyId)
    .orderBy('connection_id')
    .execute()
}

/** The steps of all its fulfilments, in order. */
export function stepsOf(db: Db, mediaBuyId: string) {
  return db
    .selectFrom('fulfilment_steps as step')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'step.fulfilment_id')
    .selectAll('step')
    .where('f.media_buy_id', '=', mediaBuyId)
    .orderBy('step.connection_id')
    .orderBy('step.position')
    .execute()
}

/** What people are asked to do about it. */
export function askedOfPeople(db: Db, mediaBuyId: string) {
  return db
    .selectFrom('workflow_steps')
    .select(['workflow_step_id', 'title', 'suggested_action', 'status'])
    .where('media_buy_id', '=', mediaBuyId)
    .where('kind', '=', 'needs_human')
    .execute()
}

/** Every row of every table of ours and of the queue, as text; `but` names tables that may change. */
export async function everyRow(db: Db, but: string[] = []): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'graphile_worker') and tablename <> all (${but})`.execute(db)
  const texts = await Promise.all(
    tables.map(({ name }) =>
      sql<{ all: string | null }>`select string_agg(t::text, E'\n') as all from ${sql.raw(name)} t`.execute(
        db,
      ),
    ),
  )
  return texts.map(({ rows }) => rows[0]?.all ?? '').join('\n')
}

/** What the simulated ad server holds for a media buy and would serve: its orders with their line items. */
export async function served(db: Db, mediaBuyId: string) {
  const { rows } = await sql<{
    order_status: string
    package_id: string
    status: string
    body: Record<string, unknown>
    creatives: { creative_id: string; url: string; weight: number | null }[]
  }>`
    select booked.status as order_status, split_part(item.reference, ':', 3) as package_id, item.status, item.body, (
      select coalesce(json_agg(json_build_object('creative_id', c.body ->> 'creative_id', 'weight', shown.weight,
        'url', c.body #>> '{assets,banner_image,url}') order by c.creative_id), '[]')
      from simulated.line_item_creatives shown join simulated.creatives c using (creative_id)
      where shown.line_item_id = item.line_item_id) as creatives
    from simulated.orders booked join simulated.line_items item using (order_id)
    where booked.reference = ${`adcp:${mediaBuyId}`} order by item.line_item_id`.execute(db)
  return rows
}

/** Changes the rows of an accepted media buy as update_media_buy would, and lets its ad servers learn it. */
export async function change(
  db: Db,
  mediaBuyId: string,
  changes: { buy?: Args; packages?: Args; package_id?: string },
): Promise<void> {
  const { buy: ofBuy, packages, package_id } = changes
  await db.transaction().execute(async (trx) => {
    const { tenant_id, revision } = await trx
      .updateTable('media_buys')
      .set(({ eb }) => ({ revision: eb('revision', '+', 1), ...ofBuy }))
      .where('media_buy_id', '=', mediaBuyId)
      .returning(['tenant_id', 'revision'])
      .executeTakeFirstOrThrow()
    if (packages)
      await trx
        .updateTable('media_packages')
        .set(packages)
        .where('media_buy_id', '=', mediaBuyId)
        .$if(package_id !== undefined, (q) => q.where('package_id', '=', package_id ?? ''))
        .execute()
    await placeMediaBuy(trx, { tenant_id, media_buy_id: mediaBuyId, revision })
  })
}
