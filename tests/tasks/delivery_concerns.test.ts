import fc from 'fast-check'
import { sql } from 'kysely'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { behindBy } from '../../src/adcp/delivery_pace.ts'
import { enqueue } from '../../src/jobs.ts'
import { deliver, move } from '../support/delivery.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { behave, buy, served } from '../support/orders.ts'
import { killAll, run } from '../support/processes.ts'
import { updates } from '../support/updates.ts'

const desk = testDesk()
const { see, change } = updates(desk, () => buyer)
const DAY = 86_400_000
const product_id = 'trail_video_premium'
let buyer: TestBuyer
let starts: Date
let ends: Date

beforeAll(async () => {
  buyer = await desk.buyer()
  await desk.db
    .updateTable('products')
    .set({ approval_policy: 'auto' })
    .where('product_id', '=', product_id)
    .execute()
  await behave(desk.db, {}, product_id)
})
beforeEach(() => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()) + 30 * DAY)
  starts = new Date(desk.now.getTime() + 5 * DAY)
  ends = new Date(starts.getTime() + 10 * DAY)
})
afterEach(killAll)

/** A guaranteed package of 250,000 impressions over ten days, its order on the ad server, its creatives there. */
async function purchase(): Promise<string> {
  const flight = { start_time: starts.toISOString(), end_time: ends.toISOString() }
  const item = { product_id, pricing_option_id: 'cpm_eur_fixed', budget: 8000, bid_price: undefined }
  const id = await buy(buyer, { ...flight, package: item }, desk.now)
  await desk.runJobs()
  await move(desk, id, 'pending_start')
  return id
}
async function at(time: Date | number, job: 'watch_pace' | 'start_standings' | 'turn_media_buys') {
  desk.now = new Date(time)
  await desk.db.transaction().execute((trx) => enqueue(trx, job, {}))
  await desk.runJobs()
}
const concernsOf = (id: string) =>
  desk.db
    .selectFrom('delivery_concerns')
    .select(['concern', 'reason', 'closed_at'])
    .where('media_buy_id', '=', id)
    .orderBy('delivery_concern_id')
    .execute()
const actionsOf = async (id: string) => (await see(id)).history.map(({ action }) => action)
/** What a person does to the line items there. */
const thereSet = (id: string, status: string) =>
  sql`update simulated.line_items set status = ${status} where reference like ${`adcp:${id}:%`}`.execute(
    desk.db,
  )
const deliveryOf = async (id: string) => {
  const { body } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [id] })
  return (body['media_buy_deliveries'] as { by_package: Args[] }[])[0]?.by_package[0]
}
const cli = async (command: string) => (await run([command], { DATABASE_URL: desk.databaseUrl })).stdout

describe('a guaranteed package', () => {
  async function counted(id: string, days: number, impressions: number) {
    desk.now = new Date(starts.getTime() + days * DAY)
    await deliver(desk, id, {
      day: starts.toISOString().slice(0, 10),
      figures: { impressions, spend: impressions * 0.032 },
    })
    await at(desk.now, 'watch_pace')
  }

  test('that is further behind than the publisher puts up with is noticed, told, and forgotten when it has caught up', async () => {
    const id = await purchase()
    await at(starts, 'turn_media_buys')
    await counted(id, 4, 85_000)
    expect(await concernsOf(id)).toEqual([])
    await counted(id, 5, 90_000)
    await at(desk.now, 'watch_pace')
    expect(await concernsOf(id)).toEqual([
      {
        concern: 'behind',
        closed_at: null,
        reason: expect.stringMatching(/^28 % behind: 90000 impressions by .*, where 125000 were due\.$/),
      },
    ])
    expect(await deliveryOf(id)).toMatchObject({ pacing_index: 0.72, delivery_status: 'delivering' })
    expect(await cli('steps')).toMatch(/behind its pace\n {2}pkg_\S+: 28 % behind/)
    expect(await cli('doctor')).toMatch(
      /FAIL {2}delivery +0 packages not served, 1 behind; run salesdesk steps/,
    )
    await counted(id, 5.5, 95_000)
    expect(await concernsOf(id)).toMatchObject([{ reason: expect.stringMatching(/^31 % behind: 95000/) }])
    await counted(id, 6, 140_000)
    expect(await concernsOf(id)).toMatchObject([{ closed_at: desk.now }])
    expect((await actionsOf(id)).slice(0, 2)).toEqual(['no_longer_behind', 'behind'])
  })

  test('is judged by the figures there are and by the publisher’s own limit', async () => {
    const id = await purchase()
    await at(starts, 'turn_media_buys')
    await at(starts.getTime() + 5 * DAY, 'watch_pace')
    expect(await concernsOf(id)).toEqual([])
    await desk.db.updateTable('tenants').set({ behind_percent: 30 }).execute()
    await counted(id, 5, 90_000)
    expect(await concernsOf(id)).toEqual([])
    await desk.db.updateTable('tenants').set({ behind_percent: 20 }).execute()
    await at(desk.now, 'watch_pace')
    expect(await concernsOf(id)).toMatchObject([{ concern: 'behind' }])
  })

  test('that ended short stays before a person while it may be corrected or made good, and no longer', async () => {
    const short = await purchase()
    const corrected = await purchase()
    await at(starts, 'turn_media_buys')
    for (const id of [short, corrected]) await counted(id, 10, 150_000)
    await at(ends, 'turn_media_buys')
    await at(ends.getTime() + DAY, 'watch_pace')
    const noted = {
      concern: 'behind',
      reason: expect.stringContaining('150000 impressions by'),
      closed_at: null,
    }
    expect(await see(short)).toMatchObject({ status: 'completed' })
    expect(await concernsOf(short)).toMatchObject([noted])
    await counted(corrected, 12, 245_000)
    expect(await concernsOf(corrected)).toMatchObject([{ closed_at: desk.now }])
    await at(ends.getTime() + 31 * DAY, 'watch_pace')
    expect(await concernsOf(short)).toMatchObject([{ closed_at: desk.now }])
    expect((await see(short)).history[0]).toMatchObject({
      summary: expect.stringContaining('had not caught up'),
    })
  })

  test('that keeps an even pace, or a better one, is never behind', () => {
    const [start, end] = [Date.parse('2027-01-01T00:00:00Z'), Date.parse('2027-01-11T00:00:00Z')]
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        share,
        fc.integer({ min: 1, max: 100 }),
        share,
        fc.boolean(),
        (elapsed, percent, more, counted) => {
          const goal = 1_000_000
          const reached = goal * Math.max(elapsed, more)
          const item = {
            start_time: new Date(start).toISOString(),
            end_time: new Date(end).toISOString(),
            impressions: counted ? String(goal) : null,
            budget: String(goal),
            paused: false,
            canceled: false,
          }
          const as_of = new Date(start + (end - start) * elapsed).toISOString()
          const ever = {
            as_of,
            impressions: counted ? String(reached) : '0',
            spend: counted ? '0' : String(reached),
          }
          expect(behindBy({ item, ever }, percent)).toBeUndefined()
          const lacking = { ...ever, impressions: '0', spend: '0' }
          const judged = elapsed * 10 >= 1 && percent < 100
          if (judged) expect(behindBy({ item, ever: lacking }, percent)).toContain('100 % behind')
          expect(behindBy({ item: { ...item, paused: true }, ever: lacking }, percent)).toBeUndefined()
        },
      ),
    )
  })
})

describe('a package its ad server does not serve', () => {
  test('does not make its media buy run, and a person is told; once it is served, the buy runs', async () => {
    const id = await purchase()
    await thereSet(id, 'paused')
    await at(starts.getTime() - DAY, 'start_standings')
    expect(await concernsOf(id)).toEqual([])
    await at(starts.getTime() - 600_000, 'start_standings')
    expect(await concernsOf(id)).toMatchObject([
      { concern: 'not_serving', reason: expect.stringMatching(/^Line item \d+ was paused there\.$/) },
    ])
    await at(starts, 'turn_media_buys')
    expect(await see(id)).toMatchObject({ status: 'pending_start' })
    expect(await cli('steps')).toMatch(/: not served\n {2}pkg_\S+: Line item \d+ was paused there\./)
    await thereSet(id, 'ready')
    await at(starts.getTime() + 300_000, 'start_standings')
    await at(starts.getTime() + 360_000, 'turn_media_buys')
    expect(await see(id)).toMatchObject({ status: 'active' })
    expect((await actionsOf(id)).slice(0, 3)).toEqual(['started', 'no_longer_not_serving', 'not_serving'])
  })

  test('is not_delivering for its buyer, whether it was stopped there or is gone', async () => {
    const id = await purchase()
    await at(starts, 'turn_media_buys')
    await at(starts.getTime() + DAY, 'start_standings')
    expect(await deliveryOf(id)).toMatchObject({ delivery_status: 'delivering' })
    await thereSet(id, 'canceled')
    await at(starts.getTime() + 1.1 * DAY, 'start_standings')
    expect(await deliveryOf(id)).not.toHaveProperty('delivery_status')
    const day = starts.toISOString().slice(0, 10)
    await deliver(desk, id, { day, figures: { impressions: 30_000, spend: 960 } })
    expect((await see(id, { include_snapshot: true })).packages).toMatchObject([
      { snapshot: { delivery_status: 'not_delivering', impressions: 30_000 } },
    ])
    await sql`delete from simulated.line_items where reference like ${`adcp:${id}:%`}`.execute(desk.db)
    await at(starts.getTime() + 1.2 * DAY, 'start_standings')
    expect(await concernsOf(id)).toMatchObject([{ closed_at: null }])
  })

  /** From before its first moment somebody has stopped it there. */
  async function stoppedThere(id: string) {
    await thereSet(id, 'paused')
    await at(starts.getTime() - 600_000, 'start_standings')
    await at(starts, 'turn_media_buys')
    expect(await see(id)).toMatchObject({ status: 'pending_start' })
    await at(starts.getTime() + DAY, 'start_standings')
  }

  test.each(['on time', 'late'])(
    'in all its flight is not called completed but canceled, and its buyer is told why, the clock being %s',
    async (clock) => {
      const id = await purchase()
      await stoppedThere(id)
      if (clock === 'late') await at(ends.getTime() + 60_000, 'start_standings')
      await at(ends.getTime() + 120_000, 'turn_media_buys')
      const reason = 'No ad server served any of it during its flight.'
      expect(await see(id)).toMatchObject({
        status: 'canceled',
        cancellation: { canceled_by: 'seller', reason },
      })
      expect(await actionsOf(id)).not.toContain('started')
      expect((await served(desk.db, id)).map(({ order_status }) => order_status)).toEqual(['canceled'])
      await at(ends.getTime() + 180_000, 'watch_pace')
      expect(await concernsOf(id)).toMatchObject([{ concern: 'not_serving', closed_at: expect.any(Date) }])
      const closing = (await see(id)).history.find(({ action }) => action === 'no_longer_not_serving')
      expect(closing).toMatchObject({ summary: expect.stringContaining('need not be served now') })
    },
  )

  test.each([
    ['it was served for a while', (id: string) => thereSet(id, 'ready')],
    [
      'something was delivered all the same',
      (id: string) =>
        deliver(desk, id, {
          day: starts.toISOString().slice(0, 10),
          figures: { impressions: 1, spend: 0.03 },
        }),
    ],
  ])('is completed all the same where %s', async (_why, meanwhile) => {
    const id = await purchase()
    await stoppedThere(id)
    desk.now = new Date(starts.getTime() + 2 * DAY)
    await meanwhile(id)
    await at(desk.now, 'start_standings')
    await thereSet(id, 'paused')
    await at(starts.getTime() + 3 * DAY, 'start_standings')
    await at(ends, 'turn_media_buys')
    expect(await see(id)).toMatchObject({ status: 'completed' })
  })

  test('though nobody said so is completed, and a person is told that nothing was delivered', async () => {
    const flight = { start_time: starts.toISOString(), end_time: ends.toISOString() }
    const id = await buy(buyer, flight, desk.now)
    await desk.runJobs()
    await move(desk, id, 'pending_start')
    await at(starts, 'turn_media_buys')
    await at(ends, 'turn_media_buys')
    await at(ends, 'watch_pace')
    expect(await concernsOf(id)).toEqual([])
    desk.now = new Date(ends.getTime() + 3_600_000)
    const day = starts.toISOString().slice(0, 10)
    await deliver(desk, id, { day, figures: { impressions: 0, spend: 0 } })
    await at(desk.now, 'watch_pace')
    const [noted] = await concernsOf(id)
    expect(noted).toMatchObject({ reason: expect.stringContaining('delivered nothing in its whole flight') })
    expect(await see(id)).toMatchObject({ status: 'completed' })
  })

  test('because its buyer wants it so is nobody’s concern', async () => {
    const id = await purchase()
    await at(starts, 'turn_media_buys')
    await change(id, { paused: true })
    await desk.runJobs()
    await at(starts.getTime() + DAY, 'start_standings')
    expect(await concernsOf(id)).toEqual([])
  })
})
