import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { testDesk } from '../support/desk.ts'
import { buy } from '../support/orders.ts'

const desk = testDesk()

test('a buyer sees what the ad server delivered so far, and how far it counted', async () => {
  const buyer = await desk.buyer()
  const id = await buy(buyer, {}, desk.now)
  await desk.runJobs()
  // it has been running for two days of four
  const flight = sql`now() - interval '2 days', end_time = now() + interval '2 days'`
  await sql`update media_packages set start_time = ${flight} where media_buy_id = ${id}`.execute(desk.db)
  await sql`update media_buys set status = 'active', start_time = ${flight} where media_buy_id = ${id}`.execute(
    desk.db,
  )
  await sql`update simulated.line_items set created_at = now() - interval '2 days', body = body || jsonb_build_object(
    'start_time', now() - interval '2 days', 'end_time', now() + interval '2 days') where reference like ${`adcp:${id}:%`}`.execute(
    desk.db,
  )
  await sql`update simulated.orders set approved_after = null where reference = ${`adcp:${id}`}`.execute(
    desk.db,
  )
  desk.now = new Date()
  await desk.db.transaction().execute((trx) => enqueue(trx, 'read_due_deliveries', {}))
  await desk.runJobs()
  const { body } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [id] })
  const [delivery] = body['media_buy_deliveries'] as {
    status: string
    as_of: string
    totals: { impressions: number; spend: number }
  }[]
  expect(delivery).toMatchObject({ status: 'active', as_of: desk.now.toISOString() })
  // 4000 at a CPM of 5 buys 800,000
  expect(delivery?.totals.impressions).toBeCloseTo(400_000, -3)
  expect(delivery?.totals.spend).toBeCloseTo(2000, 0)
})
