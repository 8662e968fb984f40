import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const DAY = 86_400_000
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})
beforeEach(async () => {
  await desk.db.updateTable('reservations').set({ released_at: desk.now }).execute()
})

const flight = (start: string, end: string) => ({ start_time: start, end_time: end })
const january = flight('2027-01-11T00:00:00Z', '2027-01-18T00:00:00Z')
const premium = (budget: number, rest: Args = {}) => ({
  product_id: 'trail_video_premium', // 70,000 impressions a day, EUR 32 per thousand
  pricing_option_id: 'cpm_eur_fixed',
  budget,
  ...rest,
})
const buy = (packages: Args[], rest: Args = january) =>
  buyer.call('create_media_buy', aPurchase({ packages, ...rest }, desk.now))
const setCapacity = (product_id: string, daily_capacity: number) =>
  desk.db.updateTable('products').set({ daily_capacity }).where('product_id', '=', product_id).execute()

async function held(product_id: string) {
  const rows = await desk.db
    .selectFrom('reservations')
    .select(['day', sql<number>`sum(amount)::int`.as('amount')])
    .where('product_id', '=', product_id)
    .where('released_at', 'is', null)
    .groupBy('day')
    .orderBy('day')
    .execute()
  return Object.fromEntries(rows.map(({ day, amount }) => [day, amount]))
}

describe('what a guaranteed package holds', () => {
  test('is its impressions spread over the days of its flight', async () => {
    await buy([premium(7168)])
    const days = ['11', '12', '13', '14', '15', '16', '17']
    expect(await held('trail_video_premium')).toEqual(
      Object.fromEntries(days.map((day) => [`2027-01-${day}`, 32_000])),
    )
  })

  test('is what the buyer asked for where that is less than the money pays for', async () => {
    await buy([premium(7168, { impressions: 70_000 })])
    expect(Object.values(await held('trail_video_premium'))).toEqual(Array.from({ length: 7 }, () => 10_000))
  })

  test('is exact where cents divided by a price are not', async () => {
    const { body } = await buy([
      { product_id: 'screens_rail_germany', pricing_option_id: 'cpm_eur_fixed', budget: 5001.36 },
    ])
    const id = String(body['task_id'])
    const { impressions } = await desk.db
      .selectFrom('media_packages')
      .innerJoin('workflow_steps', 'workflow_steps.media_buy_id', 'media_packages.media_buy_id')
      .select('impressions')
      .where('task_id', '=', id)
      .executeTakeFirstOrThrow()
    expect(impressions).toBe('641200') // 5001.36 / 7.80 * 1000 = 641,200 exactly; in floating point one less
  })

  test('is one slot on each UTC day it touches, where the price is flat', async () => {
    await buy(
      [{ product_id: 'trail_weekend_newsletter', pricing_option_id: 'flat_rate_eur_fixed', budget: 1950 }],
      flight('2027-01-11T23:00:00-02:00', '2027-01-13T00:00:01Z'),
    )
    expect(await held('trail_weekend_newsletter')).toEqual({ '2027-01-12': 1, '2027-01-13': 1 })
  })

  test('is its hours, where the price is by the hour', async () => {
    await buy(
      [{ product_id: 'screens_city_hour', pricing_option_id: 'time_eur_fixed', budget: 20_700 }],
      flight('2027-01-11T22:00:00Z', '2027-01-12T01:00:00Z'),
    )
    expect(await held('screens_city_hour')).toEqual({ '2027-01-11': 2, '2027-01-12': 1 })
    const more = await buy(
      [{ product_id: 'screens_city_hour', pricing_option_id: 'time_eur_fixed', budget: 13_800 }],
      flight('2027-01-11T09:00:00Z', '2027-01-11T11:00:00Z'),
    )
    expect(more.body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
  })

  test('is nothing for what is not guaranteed', async () => {
    await buy([
      {
        product_id: 'trail_display_run_of_site',
        pricing_option_id: 'cpm_eur_auction',
        budget: 4000,
        bid_price: 5,
      },
    ])
    expect(await held('trail_display_run_of_site')).toEqual({})
  })
})

describe('more than is left', () => {
  const soldOut = { code: 'PRODUCT_UNAVAILABLE', field: 'packages[0].budget', recovery: 'correctable' }

  test('is refused with the days on which it is too much', async () => {
    await buy([premium(7168)])
    const { body } = await buy([premium(13_000)], flight('2027-01-16T00:00:00Z', '2027-01-23T00:00:00Z'))
    expect(body.adcp_error).toMatchObject(soldOut)
    expect(body.adcp_error?.message).toContain('not enough left on 2027-01-16, 2027-01-17.')
  })

  test('is refused across the packages of one buy', async () => {
    const { body } = await buy([premium(9000), premium(9000)])
    expect(body.errors).toMatchObject([{ ...soldOut, field: 'packages[1].budget' }])
  })

  test('is not a matter of the days before or after', async () => {
    await buy([premium(15_680)])
    const after = await buy([premium(15_680)], flight('2027-01-18T00:00:00Z', '2027-01-25T00:00:00Z'))
    expect(after.isError).toBe(false)
    const overlapping = await buy([premium(4000)], flight('2027-01-17T23:59:59Z', '2027-01-24T23:59:59Z'))
    expect(overlapping.body.adcp_error).toMatchObject(soldOut)
  })

  test('can be had once the publisher declined the purchase that held it', async () => {
    const first = await buy([premium(15_680)])
    expect((await buy([premium(4000)])).body.adcp_error).toMatchObject(soldOut)
    await decideApproval(desk.db, {
      tenant_id: 'northwind',
      id: String(first.body['task_id']),
      decision: 'rejected',
      decided_by: 'Kim',
      now: desk.now,
    })
    expect((await buy([premium(4000)])).isError).toBe(false)
  })

  test('of ten slots goes to exactly ten of thirty buyers who come at once', async () => {
    await setCapacity('trail_weekend_newsletter', 10)
    const newsletter = {
      product_id: 'trail_weekend_newsletter',
      pricing_option_id: 'flat_rate_eur_fixed',
      budget: 1950,
    }
    const other = await desk.buyer('acme_direct')
    const account = (i: number) => ({
      brand: { domain: `brand-${i % 7}.example` },
      operator: 'agency.example',
    })
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (i % 3 ? buyer : other).call(
          'create_media_buy',
          aPurchase({ packages: [newsletter], ...january, account: account(i) }, desk.now),
        ),
      ),
    )
    expect(answers.filter(({ body }) => body['status'] === 'submitted')).toHaveLength(10)
    expect(answers.filter(({ body }) => body.adcp_error?.code === 'PRODUCT_UNAVAILABLE')).toHaveLength(20)
    expect(new Set(Object.values(await held('trail_weekend_newsletter')))).toEqual(new Set([10]))
  })

  test('of two products, wanted in opposite order at once, goes to as many as fit, and nobody waits for ever', async () => {
    await setCapacity('trail_weekend_newsletter', 6)
    const items = ['trail_weekend_newsletter', 'thyme_friday_newsletter'].map((product_id) => ({
      product_id,
      pricing_option_id: product_id.startsWith('trail') ? 'flat_rate_eur_fixed' : 'flat_rate_gbp_fixed',
      budget: 2600,
    }))
    await desk.db
      .updateTable('pricing_options')
      .set({ currency: 'EUR' })
      .where('product_id', '=', 'thyme_friday_newsletter')
      .execute()
    await setCapacity('thyme_friday_newsletter', 6)
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => buy(i % 2 ? items : items.toReversed())),
    )
    expect(answers.filter(({ body }) => body['status'] === 'submitted')).toHaveLength(6)
    expect(answers.filter(({ body }) => body.adcp_error?.code === 'PRODUCT_UNAVAILABLE')).toHaveLength(6)
  })
})

test('capacity of a flight is counted by whole days even where it starts at noon', async () => {
  const noon = new Date(Date.parse('2027-01-11T12:00:00Z'))
  await buy([premium(7168)], flight(noon.toISOString(), new Date(noon.getTime() + 7 * DAY).toISOString()))
  expect(Object.keys(await held('trail_video_premium'))).toHaveLength(8)
})
