import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { testDesk, type TestBuyer } from '../support/desk.ts'
import { aChange, updates } from '../support/updates.ts'

const THERE_IS = 50_000
const MINUTE = 60_000
const desk = testDesk()
const product_id = 'trail_video_premium' // EUR 32 per thousand
let buyer: TestBuyer
const { change } = updates(desk, () => buyer)

beforeAll(async () => {
  desk.now = new Date('2027-01-01T08:00:00Z')
  await sql`update adapter_configs set settings = ${jsonb({ inventory: { video: THERE_IS } })} where connection_id = 'house'`.execute(
    desk.db,
  )
  await sql`update products set delivery_type = 'non_guaranteed' where connection_id = 'house'`.execute(
    desk.db,
  )
  await sql`update products set ad_server_config = ${jsonb({ inventory: 'video' })}, approval_policy = 'auto', lead_days = 0,
    min_flight_days = 1, daily_capacity = null, delivery_type = 'guaranteed' where product_id = ${product_id}`.execute(
    desk.db,
  )
  await sql`update pricing_options set min_spend_per_package = null`.execute(desk.db)
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'house' }))
  await desk.runJobs(new Date())
  buyer = await desk.buyer()
})

const pass = (minutes: number) => void (desk.now = new Date(desk.now.getTime() + minutes * MINUTE))
/** Buys so many impressions on one day; its id, or undefined where it is refused. */
async function buy(impressions: number): Promise<string | undefined> {
  const { body } = await buyer.call('create_media_buy', {
    ...aChange('', {}),
    media_buy_id: undefined,
    brand: { domain: 'acme-outdoor.example' },
    start_time: '2027-01-20T00:00:00Z',
    end_time: '2027-01-21T00:00:00Z',
    packages: [
      { product_id, pricing_option_id: 'cpm_eur_fixed', budget: Math.ceil(impressions * 3.2) / 100 },
    ],
  })
  if (body.adcp_error) expect(body.adcp_error.code).toBe('PRODUCT_UNAVAILABLE')
  return body['media_buy_id'] as string | undefined
}
/** A forecast while the orders on their way stay where they are. */
async function forecast() {
  await sql`update graphile_worker._private_jobs set run_at = run_at + interval '1 year'`.execute(desk.db)
  await sql`update forecasts set next_at = ${desk.now}`.execute(desk.db)
  const job = { connection_id: 'house' }
  await desk.db.transaction().execute((trx) => enqueue(trx, 'take_forecasts', job, desk.now))
  await desk.runJobs(desk.now)
  await sql`update graphile_worker._private_jobs set run_at = run_at - interval '1 year' where run_at > ${desk.now}::timestamptz + interval '90 days'`.execute(
    desk.db,
  )
}
const onTheDay = async () => {
  const { rows } = await sql<{ held: number; capacity: number | null }>`select
    (select coalesce(sum(amount), 0)::int from reservations where released_at is null and day = '2027-01-20') as held,
    (select capacity::int from forecast_days where product_id = ${product_id} and day = '2027-01-20') as capacity`.execute(
    desk.db,
  )
  return rows[0]
}

const happening = fc.oneof(
  { weight: 3, arbitrary: fc.record({ buys: fc.integer({ min: 10_000, max: 40_000 }) }) },
  fc.record({ cancels: fc.nat(3) }),
  fc.constant('orders are placed' as const),
  fc.constant('a forecast comes' as const),
  fc.constant('time passes' as const),
)

test('whatever comes first, never more is sold than there is, and at rest the count is exact', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 4, maxLength: 8 }), async (happenings) => {
      await sql`update reservations set released_at = now()`.execute(desk.db)
      await sql`truncate simulated.orders cascade`.execute(desk.db)
      await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
      await sql`delete from forecasts`.execute(desk.db)
      await forecast()
      const bought: string[] = []
      for (const one of happenings) {
        if (one === 'orders are placed') await desk.runJobs(desk.now)
        else if (one === 'a forecast comes') await forecast()
        else if (one === 'time passes') pass(11)
        else if ('buys' in one) bought.push(...[(await buy(one.buys)) ?? []].flat())
        else await Promise.all(bought.splice(one.cancels, 1).map((id) => change(id, { canceled: true })))
        expect((await onTheDay())?.held).toBeLessThanOrEqual(THERE_IS)
      }
      await forecast()
      for (const rest of [30_000, 15_000, 10_000, 5000]) await buy(rest)
      expect((await onTheDay())?.held).toBeLessThanOrEqual(THERE_IS)
      await desk.runJobs(desk.now)
      pass(11)
      await forecast()
      expect((await onTheDay())?.capacity).toBe(THERE_IS)
    }),
    { numRuns: 8 },
  )
})
