import { sql } from 'kysely'
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
    .select(['title', 'suggested_action', 'status'])
    .where('media_buy_id', '=', mediaBuyId)
    .where('kind', '=', 'needs_human')
    .execute()
}

/** Every row of every table of ours and of the queue, as text. */
export async function everyRow(db: Db): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'graphile_worker')`.execute(db)
  const texts = await Promise.all(
    tables.map(({ name }) =>
      sql<{ all: string | null }>`select string_agg(t::text, E'\n') as all from ${sql.raw(name)} t`.execute(
        db,
      ),
    ),
  )
  return texts.map(({ rows }) => rows[0]?.all ?? '').join('\n')
}
