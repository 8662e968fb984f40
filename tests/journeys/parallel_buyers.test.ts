import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { aPurchase, connectBuyer, testDesk, type TestBuyer, type ToolAnswer } from '../support/desk.ts'
import { aChange } from '../support/updates.ts'

const desk = testDesk()
const product_id = 'trail_video_premium' // EUR 32 per thousand
const EACH = 1000
const leaving: TestBuyer[] = []
afterAll(() => Promise.all(leaving.map(({ client }) => client.close())))

/** A hundred times what each buyer wants, each day, by the ad server's own forecast. */
beforeAll(async () => {
  desk.now = new Date('2027-01-01T08:00:00Z')
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb({ inventory: { video: 100 * EACH } }) })
    .where('connection_id', '=', 'house')
    .execute()
  await desk.db
    .updateTable('products')
    .set({
      ad_server_config: jsonb({ inventory: 'video' }),
      approval_policy: 'auto',
      daily_capacity: null,
    })
    .where('product_id', '=', product_id)
    .execute()
  // of the ad server's other products nobody knows how much there is
  await desk.db
    .updateTable('products')
    .set({ delivery_type: 'non_guaranteed' })
    .where('product_id', '<>', product_id)
    .execute()
  await desk.db.updateTable('pricing_options').set({ min_spend_per_package: null }).execute()
  await run('sync_adapter_capabilities')
  await run('take_forecasts')
})

async function run(job: 'sync_adapter_capabilities' | 'take_forecasts') {
  await desk.db.transaction().execute((trx) => enqueue(trx, job, { connection_id: 'house' }, desk.now))
  await desk.runJobs(desk.now)
}
const accountOf = (brand: number) => ({
  brand: { domain: `brand-${brand % 10}.example` },
  operator: 'agency.example',
})
/** Buys like a buyer that is told to try again: with the same idempotency key. */
async function buy(buyer: TestBuyer, brand: number): Promise<ToolAnswer> {
  const purchase = aPurchase(
    {
      account: accountOf(brand),
      start_time: '2027-01-11T00:00:00Z',
      end_time: '2027-01-18T00:00:00Z',
      packages: [{ product_id, pricing_option_id: 'cpm_eur_fixed', budget: (EACH * 7 * 32) / 1000 }],
    },
    desk.now,
  )
  for (;;) {
    const answer = await buyer.call('create_media_buy', purchase)
    if (answer.body.adcp_error?.recovery !== 'transient') return answer
  }
}

test('of 200 buyers at once for what fits 100 exactly 100 buy; when 30 cancel 30 more fit, before and after the ad server knows', async () => {
  const tokens = [await desk.token('pinnacle'), await desk.token('acme_direct')] as const
  const buyers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => connectBuyer(`${desk.url}/mcp`, tokens[i % 2 ? 1 : 0])),
  )
  leaving.push(...buyers)
  const all = (from: readonly TestBuyer[]) => Promise.all(from.map(buy))
  const first = await all(buyers)
  const ids = first.flatMap(({ body }) => (body['media_buy_id'] as string | undefined) ?? [])
  expect(ids, first[0]?.texts.join()).toHaveLength(100)
  const refused = first.flatMap(({ body }) => body.adcp_error?.code ?? [])
  expect(refused).toEqual(Array.from({ length: 100 }, () => 'PRODUCT_UNAVAILABLE'))

  const cancel = async (some: readonly string[]) => {
    for (const [i, { body }] of first.entries()) {
      const id = String(body['media_buy_id'])
      if (!some.includes(id)) continue
      const canceled = await buyers[i]?.call(
        'update_media_buy',
        aChange(id, { canceled: true, account: accountOf(i) }),
      )
      expect(canceled?.isError ? canceled.texts : []).toEqual([])
    }
  }
  const accepted = async (from: readonly TestBuyer[]) =>
    (await all(from)).filter(({ body }) => body['media_buy_id'] !== undefined).length
  await cancel(ids.slice(0, 30))
  expect(await accepted(buyers.slice(0, 60))).toBe(30)

  // all of it is placed, what was canceled is gone, and a day later the ad server is asked again
  await desk.runJobs(desk.now)
  desk.now = new Date('2027-01-02T08:00:00Z')
  await run('take_forecasts')
  const [day] = await desk.db
    .selectFrom('forecast_days')
    .select(['available', 'capacity'])
    .where('day', '=', '2027-01-12')
    .where('product_id', '=', product_id)
    .execute()
  expect(day).toEqual({ available: '0', capacity: String(100 * EACH) })
  expect(await accepted(buyers.slice(0, 20))).toBe(0)
  await cancel(ids.slice(30, 60))
  expect(await accepted(buyers.slice(0, 60))).toBe(30)
}, 120_000)
