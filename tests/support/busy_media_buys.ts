import { sql } from 'kysely'
import { enqueue } from '../../src/jobs.ts'
import { findConcern } from './concerns.ts'
import { aPurchase, type Args, type TestBuyer, type TestDesk } from './desk.ts'
import { deliver, move } from './delivery.ts'
import { behave } from './orders.ts'
import { aChange } from './updates.ts'

const DAY_MS = 86_400_000
/** A buyer whose server does not exist. */
const push_notification_config = { url: 'https://hooks.pinnacle-agency.example/adcp?of=northwind' }

/** Media buys as they lie about on a desk: one stopped by a question, one taken back, and last one that runs and whose change is refused. */
export async function busyMediaBuys(desk: TestDesk, buyer: TestBuyer) {
  // never ahead of the clock of PostgreSQL, which says when something came to pass
  desk.now = new Date(Date.now() - 1000)
  await behave(desk.db, { needs_person: 'The rate card of this placement changed yesterday.' })
  const stuck = await buy({ package: { budget: 2500 } })
  const canceled = await buy({ package: { budget: 700 } })
  await move(desk, canceled, 'canceled')
  await desk.runJobs()
  await behave(desk.db, { change: { refuse: 'The budget is below what was delivered.' } })
  desk.now = new Date()
  const args = { start_time: 'asap', po_number: 'PO-2026-118', push_notification_config }
  const running = await buy({
    ...args,
    package: { budget: 4000, targeting_overlay: { geo_countries: ['GB'] } },
  })
  desk.now = new Date()
  await desk.runJobs()
  await move(desk, running, 'active')
  await deliverFor(desk, running, 11)
  await findConcern(
    desk,
    running,
    'not_serving',
    'Line item 4711 was paused there: The client asked for it on the phone.',
  )
  await changeBudget(running, 3800)
  await desk.runJobs()
  await behave(desk.db, {})
  await giveUpWebhooks(desk, running)
  await troubleTheQueue(desk, canceled)
  return { stuck, running, canceled }

  async function buy(args: Args & { package?: Args }) {
    const { body, texts } = await buyer.call('create_media_buy', aPurchase(args, desk.now))
    if (typeof body['media_buy_id'] !== 'string') throw new Error(`not bought: ${texts.join(' ')}`)
    return body['media_buy_id']
  }

  async function changeBudget(id: string, budget: number) {
    const { package_id } = await packageOf(desk, id)
    const packages = [{ package_id, budget }]
    const { isError, texts } = await buyer.call('update_media_buy', aChange(id, { packages }))
    if (isError) throw new Error(`not changed: ${texts.join(' ')}`)
  }
}

/** Nobody took them in a day; left to wait they would be tried again whenever a test lets jobs run. */
async function giveUpWebhooks({ db }: TestDesk, media_buy_id: string) {
  await db
    .updateTable('webhook_events')
    .set({ state: 'dead' })
    .where('media_buy_id', '=', media_buy_id)
    .execute()
}

/** A job that was given up, and one that is tried again in a while. */
async function troubleTheQueue({ db }: TestDesk, media_buy_id: string) {
  const { fulfilment_id } = await db
    .selectFrom('fulfilments')
    .select('fulfilment_id')
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  const later = new Date(Date.now() + 240_000)
  await db.transaction().execute(async (trx) => {
    await enqueue(trx, 'fulfil_media_buy', { fulfilment_id })
    await enqueue(trx, 'read_delivery', { connection_id: 'house' }, later)
  })
  await sql`update graphile_worker._private_jobs set last_error = 'terminating connection due to administrator command',
    attempts = case when key like 'fulfil_media_buy:%' then max_attempts else 3 end
    where key in (${`fulfil_media_buy:${fulfilment_id}`}, 'read_delivery:house')`.execute(db)
}

const packageOf = (desk: TestDesk, media_buy_id: string) =>
  desk.db
    .selectFrom('media_packages')
    .select('package_id')
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()

/** It began so many days ago, and delivered on each of them: a slow start, then a little above what was bought. */
async function deliverFor(desk: TestDesk, media_buy_id: string, days: number) {
  const start_time = new Date(desk.now.getTime() - days * DAY_MS)
  for (const table of ['media_packages', 'media_buys'] as const)
    await desk.db.updateTable(table).set({ start_time }).where('media_buy_id', '=', media_buy_id).execute()
  for (let n = 0; n < days; n++) {
    const impressions = Math.round(14_000 * Math.min(1, 0.3 + n / 6) * (n % 7 > 4 ? 0.8 : 1.3))
    const figures = { impressions, clicks: Math.round(impressions / 400), spend: impressions / 200 }
    const day = new Date(start_time.getTime() + n * DAY_MS).toISOString().slice(0, 10)
    await deliver(desk, media_buy_id, { day, figures })
  }
}
