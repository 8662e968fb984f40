import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { everyItem } from '../support/pages.ts'
import { deliver, move, runningBuy } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { buy } from '../support/orders.ts'

const desk = testDesk()
const bought = new Date('2026-12-01T10:00:00Z')
const flight = { start_time: '2026-12-02T00:00:00Z', end_time: '2026-12-12T00:00:00Z' }
const item = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
/** Waits for a person's approval, and is in another currency. */
const pounds = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
let buyer: TestBuyer

beforeAll(async () => {
  buyer = await desk.buyer()
})
beforeEach(() => {
  desk.now = bought
})
const at = (time: string) => {
  desk.now = new Date(time)
}

interface Metrics extends Args {
  impressions: number
  spend: number
}
interface Delivered extends Args {
  media_buy_id: string
  status: string
  totals: Metrics
  by_package: (Metrics & { package_id: string; daily_breakdown?: Metrics[] })[]
  daily_breakdown?: Metrics[]
}
async function ask(args: Args, as = buyer) {
  const { body, isError, texts } = await as.call('get_media_buy_delivery', args)
  if (isError) throw new Error(texts.join('\n'))
  return body as Args & {
    media_buy_deliveries: Delivered[]
    aggregated_totals?: Metrics
    reporting_period: Args
  }
}
async function deliveryOf(id: string, args: Args = {}) {
  const { media_buy_deliveries } = await ask({ media_buy_ids: [id], ...args })
  return media_buy_deliveries[0] as Delivered
}
const refusal = async (args: Args) => (await buyer.call('get_media_buy_delivery', args)).body.adcp_error

describe('a buyer who asks what was delivered', () => {
  test('gets totals, packages and days of a running buy, and what follows from them', async () => {
    const { id, packages } = await runningBuy(desk, buyer, {
      ...flight,
      packages: [item, { ...item, budget: 6000 }],
    })
    at('2026-12-04T00:00:00Z')
    const [first, second] = packages
    await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 10_000, spend: 50, clicks: 20 } })
    await deliver(desk, id, {
      day: '2026-12-03',
      package_id: String(first),
      figures: {
        impressions: 2000,
        spend: 14.5,
        clicks: 4,
        completed_views: 500,
        conversions: 5,
        conversion_value: 145,
        measurable_impressions: 1000,
        viewable_impressions: 700,
        q1_views: 9,
      },
    })
    const answer = await ask({ media_buy_ids: [id] })
    expect(answer).toMatchObject({
      status: 'completed',
      currency: 'EUR',
      reporting_period: { start: '2026-12-02T00:00:00.000Z', end: '2026-12-04T00:00:00.000Z' },
      aggregated_totals: { impressions: 12_000, spend: 64.5, clicks: 24, media_buy_count: 1, conversions: 5 },
      pagination: { has_more: false },
    })
    const [delivery] = answer.media_buy_deliveries
    expect(delivery).toMatchObject({
      media_buy_id: id,
      status: 'active',
      as_of: '2026-12-04T00:00:00.000Z',
      pricing_model: 'cpm',
      totals: {
        impressions: 12_000,
        spend: 64.5,
        clicks: 24,
        ctr: 0.002,
        cpm: 5.375,
        effective_rate: 5.375,
        cost_per_click: 2.6875,
      },
      by_package: [
        {
          package_id: first,
          impressions: 6000,
          spend: 34.5,
          completed_views: 500,
          conversion_value: 145,
          roas: Number((145 / 34.5).toPrecision(8)),
          cost_per_acquisition: 6.9,
          viewability: { measurable_impressions: 1000, viewable_impressions: 700, viewable_rate: 0.7 },
          quartile_data: { q1_views: 9 },
          pricing_model: 'cpm',
          rate: 5.75,
          currency: 'EUR',
          paused: false,
          delivery_status: 'delivering',
          // a fifth of the flight is over
          pacing_index: Number((34.5 / (4000 / 5)).toFixed(4)),
        },
        { package_id: second, impressions: 6000, spend: 30, clicks: 12 },
      ],
      daily_breakdown: [
        { date: '2026-12-02', impressions: 10_000, spend: 50, clicks: 20 },
        { date: '2026-12-03', impressions: 2000, spend: 14.5, clicks: 4, conversions: 5 },
      ],
    })
    expect(delivery?.by_package[0]).not.toHaveProperty('daily_breakdown')
    expect(delivery?.by_package[1]).not.toHaveProperty('completed_views')
  })

  test('reads for each buy what it delivered, also in the text', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    at('2026-12-03T00:00:00Z')
    await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 7, spend: 0.5 } })
    const { texts } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [id] })
    expect(texts[1]).toBe(`${id} (active): 7 impressions, 0.5 EUR spent.`)
  })

  test('gets nothing delivered for a buy that has not begun', async () => {
    const id = await buy(buyer, flight, bought)
    expect(await deliveryOf(id)).toMatchObject({
      status: 'pending_creatives',
      totals: { impressions: 0, spend: 0 },
      by_package: [{ impressions: 0, spend: 0, rate: 5 }],
    })
    expect(await deliveryOf(id)).not.toHaveProperty('as_of')
  })

  test('gets the days asked for and no others', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    at('2026-12-06T00:00:00Z')
    for (const day of ['2026-12-02', '2026-12-03', '2026-12-04', '2026-12-05'])
      await deliver(desk, id, { day, figures: { impressions: 10 ** Number(day.slice(-1)), spend: 1 } })
    const dates = { start_date: '2026-12-03', end_date: '2026-12-04' }
    const {
      reporting_period,
      media_buy_deliveries: [delivery],
    } = await ask({ media_buy_ids: [id], ...dates, include_package_daily_breakdown: true })
    expect(reporting_period).toEqual({ start: '2026-12-03T00:00:00.000Z', end: '2026-12-04T23:59:59.000Z' })
    expect(delivery).toMatchObject({
      totals: { impressions: 11_000, spend: 2 },
      by_package: [
        {
          impressions: 11_000,
          daily_breakdown: [{ date: '2026-12-03', impressions: 1000 }, { date: '2026-12-04' }],
        },
      ],
    })
    expect(await deliveryOf(id, { start_date: '2026-12-05' })).toMatchObject({
      totals: { impressions: 100_000 },
    })
    expect(await deliveryOf(id, { end_date: '2026-12-02' })).toMatchObject({ totals: { impressions: 100 } })
    expect(await refusal({ start_date: '2026-12-05', end_date: '2026-12-04' })).toMatchObject({
      code: 'INVALID_REQUEST',
      field: 'start_date',
    })
  })

  test('hears of a correction only the corrected figure', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    at('2026-12-03T00:00:00Z')
    for (const impressions of [1000, 900, 950])
      await deliver(desk, id, { day: '2026-12-02', figures: { impressions, spend: impressions / 200 } })
    expect(await deliveryOf(id)).toMatchObject({
      totals: { impressions: 950, spend: 4.75 },
      daily_breakdown: [{ impressions: 950 }],
    })
  })
})

describe('figures always add up', () => {
  const report = fc.record({
    package: fc.constantFrom(undefined, 0, 1),
    day: fc.integer({ min: 2, max: 9 }),
    impressions: fc.nat(10 ** 9),
    micros: fc.nat(10 ** 10),
    clicks: fc.option(fc.nat(1000), { nil: undefined }),
    mode: fc.constantFrom('add' as const, 'replace' as const),
  })
  test('packages to days to totals, whatever is reported and corrected in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(report, { maxLength: 12 }), async (reports) => {
        desk.now = bought
        const { id, packages } = await runningBuy(desk, buyer, {
          ...flight,
          packages: [item, { ...item, budget: 333.33 }],
        })
        at('2026-12-12T00:00:00Z')
        for (const { package: index, day, impressions, micros, clicks, mode } of reports)
          await deliver(desk, id, {
            ...(index !== undefined && { package_id: String(packages[index]) }),
            day: `2026-12-0${day}`,
            mode,
            figures: { impressions, spend: micros / 1e6, ...(clicks !== undefined && { clicks }) },
          })
        const {
          totals,
          by_package,
          daily_breakdown = [],
        } = await deliveryOf(id, { include_package_daily_breakdown: true })
        const days = by_package.flatMap((one) => one.daily_breakdown ?? [])
        for (const parts of [by_package, daily_breakdown, days]) {
          expect(sum(parts, 'impressions')).toBe(totals.impressions)
          expect(sum(parts, 'clicks')).toBe(Number(totals['clicks'] ?? 0))
          expect(micros(parts)).toBe(Math.round(totals.spend * 1e6))
        }
      }),
      { numRuns: 25 },
    )
  })
  const sum = (rows: Metrics[], name: string) => rows.reduce((all, row) => all + Number(row[name] ?? 0), 0)
  const micros = (rows: Metrics[]) => rows.reduce((all, { spend }) => all + Math.round(spend * 1e6), 0)
})

describe('figures that are late', () => {
  // the product promises them after 240 minutes
  test('are said to be late once the promise is broken, with those that are there', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    at('2026-12-02T04:00:00Z')
    expect(await deliveryOf(id)).toMatchObject({ status: 'active' })
    at('2026-12-02T04:00:01Z')
    expect(await deliveryOf(id)).toMatchObject({
      status: 'reporting_delayed',
      expected_availability: '2026-12-02T08:00:01.000Z',
      totals: { spend: 0 },
    })
    await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 5, spend: 1 } })
    expect(await deliveryOf(id)).toMatchObject({ status: 'active' })
    at('2026-12-02T08:00:02Z')
    expect(await deliveryOf(id)).toMatchObject({
      status: 'reporting_delayed',
      totals: { impressions: 5 },
      as_of: '2026-12-02T04:00:01.000Z',
    })
  })

  test('do not make days late that were reported in time', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    at('2026-12-03T00:00:00Z')
    await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 5, spend: 1 } })
    at('2026-12-09T00:00:00Z')
    expect(await deliveryOf(id, { end_date: '2026-12-02' })).toMatchObject({ status: 'active' })
    expect(await deliveryOf(id, { end_date: '2026-12-03' })).toMatchObject({ status: 'reporting_delayed' })
  })

  test('are not expected of what is paused or canceled, and are of what is over', async () => {
    const paused = await runningBuy(desk, buyer, flight, ['active', 'paused'])
    const over = await runningBuy(desk, buyer, flight, ['active', 'completed'])
    at('2026-12-13T00:00:00Z')
    expect(await deliveryOf(paused.id)).toMatchObject({ status: 'paused' })
    expect(await deliveryOf(over.id)).toMatchObject({ status: 'reporting_delayed' })
    await deliver(desk, over.id, {
      day: '2026-12-11',
      as_of: new Date('2026-12-12T00:00:00Z'),
      figures: { impressions: 5, spend: 1 },
    })
    expect(await deliveryOf(over.id)).toMatchObject({
      status: 'completed',
      by_package: [{ delivery_status: 'completed' }],
    })
  })
})

describe('what a package is doing', () => {
  test.each([
    [{ impressions: 1, spend: 4000 }, '2026-12-05T00:00:00Z', 'budget_exhausted'],
    [{ impressions: 1, spend: 1 }, '2026-12-12T00:00:00Z', 'flight_ended'],
  ])('after %o at %s is told as %s', async (figures, now, delivery_status) => {
    const { id } = await runningBuy(desk, buyer, flight)
    at(now)
    await deliver(desk, id, { day: '2026-12-02', figures })
    expect((await deliveryOf(id)).by_package).toMatchObject([{ delivery_status }])
  })

  test('is not told while it is paused or has not begun, nor its pace where it is not to be even', async () => {
    const { id } = await runningBuy(desk, buyer, { ...flight, package: { pacing: 'asap' } }, [
      'active',
      'paused',
    ])
    expect((await deliveryOf(id)).by_package[0]).not.toHaveProperty('delivery_status')
    at('2026-12-03T00:00:00Z')
    await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 1, spend: 1 } })
    const [one] = (await deliveryOf(id)).by_package
    expect(one).not.toHaveProperty('delivery_status')
    expect(one).not.toHaveProperty('pacing_index')
  })
})

describe('final figures', () => {
  test('are called final once every package is closed and the period over', async () => {
    const { id, packages } = await runningBuy(desk, buyer, { ...flight, packages: [item, item] })
    const args = { end_date: '2026-12-02', adcp_version: '3.1' }
    at('2026-12-03T06:00:00Z')
    const close = (index: number, final: boolean) =>
      deliver(desk, id, {
        day: '2026-12-02',
        package_id: String(packages[index]),
        final,
        figures: { impressions: 1, spend: 1 },
      })
    await close(0, false)
    expect(await deliveryOf(id, args)).not.toHaveProperty('is_final')
    await close(0, true)
    expect(await deliveryOf(id, args)).toMatchObject({
      is_final: false,
      by_package: [{ is_final: true, finalized_at: desk.now.toISOString() }, {}],
    })
    await close(1, true)
    expect(await deliveryOf(id, args)).toMatchObject({ is_final: true, finalized_at: desk.now.toISOString() })
    expect(await deliveryOf(id, { ...args, end_date: '2026-12-03' })).toMatchObject({ is_final: false })
  })

  test('name what the product promises and nobody counted, to buyers of 3.1', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    at('2026-12-03T00:00:00Z')
    await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 9, spend: 1, clicks: 0 } })
    const [one] = (await deliveryOf(id, { adcp_version: '3.1' })).by_package
    expect(one?.['missing_metrics']).toEqual([{ scope: 'standard', metric_id: 'viewability' }])
    expect((await deliveryOf(id)).by_package[0]).not.toHaveProperty('missing_metrics')
  })
})

describe('which buys are answered', () => {
  test('all of the buyer, or those of a status, an account, or by id', async () => {
    const agent = await desk.buyer('acme_direct')
    const account = { account_id: 'acc_acme_direct' }
    const running = await runningBuy(desk, agent, { ...flight, account })
    const waiting = await buy(agent, { ...flight, account }, bought)
    const ids = async (args: Args) =>
      (await ask(args, agent)).media_buy_deliveries.map(({ media_buy_id }) => media_buy_id)
    expect((await ids({})).toSorted()).toEqual([running.id, waiting].toSorted())
    expect(await ids({ status_filter: 'active' })).toEqual([running.id])
    expect(await ids({ status_filter: ['pending_creatives', 'paused'] })).toEqual([waiting])
    expect(await ids({ account: { account_id: 'acc_nobody' } })).toEqual([])
    expect((await ids({ account })).length).toBe(2)
    expect(await ids({ media_buy_ids: ['mb_nobody', waiting] })).toEqual([waiting])
  })

  test('never one of somebody else, nor one that waits for approval', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    const stranger = await desk.buyer('acme_direct')
    const { body } = await stranger.call('get_media_buy_delivery', { media_buy_ids: [id] })
    expect(body.adcp_error).toMatchObject({ code: 'MEDIA_BUY_NOT_FOUND', field: 'media_buy_ids' })
    await buyer.call('create_media_buy', aPurchase({ package: pounds }, bought))
    const waiting = await desk.db
      .selectFrom('media_buys')
      .select('media_buy_id')
      .where('status', '=', 'pending_approval')
      .executeTakeFirstOrThrow()
    expect(await refusal({ media_buy_ids: [waiting.media_buy_id] })).toMatchObject({
      code: 'MEDIA_BUY_NOT_FOUND',
    })
  })

  test('no more than fit an answer; the others come page by page, each once', async () => {
    const agent = await desk.buyer('acme_direct')
    const account = { account_id: 'acc_acme_direct' }
    const packages = Array.from({ length: 20 }, () => ({ ...item, budget: 500 }))
    for (let i = 0; i < 5; i += 1) await buy(agent, { ...flight, account, packages }, bought)
    const all = await everyItem<Delivered>(agent, 'get_media_buys', 'media_buys', {
      status_filter: 'pending_creatives',
    })
    const seen: string[] = []
    let pagination: Args = {}
    do {
      const answer = await agent.call('get_media_buy_delivery', {
        status_filter: 'pending_creatives',
        pagination,
      })
      expect(answer.texts.join('').length).toBeLessThan(30_000)
      seen.push(
        ...(answer.body['media_buy_deliveries'] as Delivered[]).map(({ media_buy_id }) => media_buy_id),
      )
      pagination = { cursor: (answer.body['pagination'] as Args)['cursor'] }
    } while (pagination['cursor'] !== undefined)
    expect(seen).toEqual(all.map(({ media_buy_id }) => media_buy_id))
  })

  test('of a buy too large for an answer everything but the days', async () => {
    const packages = Array.from({ length: 40 }, () => ({ ...item, budget: 500 }))
    const { id } = await runningBuy(desk, buyer, { ...flight, packages })
    at('2026-12-12T00:00:00Z')
    for (let day = 2; day <= 11; day += 1)
      await deliver(desk, id, {
        day: `2026-12-${String(day).padStart(2, '0')}`,
        figures: { impressions: 40_000, spend: 90 },
      })
    const answer = await ask({ media_buy_ids: [id], include_package_daily_breakdown: true })
    expect(JSON.stringify(answer).length).toBeLessThan(30_000)
    expect(answer).toMatchObject({ ext: { salesdesk: { left_out: ['by_package[].daily_breakdown'] } } })
    expect(answer.media_buy_deliveries[0]?.daily_breakdown).toHaveLength(10)
  })

  test('with amounts of two currencies never added up', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    const { body } = await buyer.call('create_media_buy', aPurchase({ package: pounds }, bought))
    const { media_buy_id } = await desk.db
      .selectFrom('workflow_steps')
      .select('media_buy_id')
      .where('task_id', '=', String(body['task_id']))
      .executeTakeFirstOrThrow()
    await move(desk, media_buy_id, 'pending_start')
    const answer = await ask({ media_buy_ids: [id, media_buy_id] })
    expect(answer.media_buy_deliveries.map(({ by_package: [one] }) => one?.['currency']).toSorted()).toEqual([
      'EUR',
      'GBP',
    ])
    expect(answer).not.toHaveProperty('aggregated_totals')
  })
})

describe('what cannot be answered', () => {
  test('is refused: windows, and days of a product reported for its whole flight', async () => {
    expect(await refusal({ time_granularity: 'hourly' })).toMatchObject({
      code: 'UNSUPPORTED_GRANULARITY',
      field: 'time_granularity',
    })
    const { id } = await runningBuy(desk, buyer, {
      ...flight,
      package: { product_id: 'trail_display_run_of_site' },
    })
    const product = () => desk.db.updateTable('products').where('product_id', '=', item.product_id)
    const { reporting_capabilities } = await desk.db
      .selectFrom('products')
      .select('reporting_capabilities')
      .where('product_id', '=', item.product_id)
      .executeTakeFirstOrThrow()
    await product()
      .set({
        reporting_capabilities: jsonb({
          ...(reporting_capabilities as Args),
          date_range_support: 'lifetime_only',
        }),
      })
      .execute()
    expect(await refusal({ media_buy_ids: [id], start_date: '2026-12-02' })).toMatchObject({
      code: 'UNSUPPORTED_FEATURE',
      field: 'start_date',
    })
    expect(await deliveryOf(id)).toBeDefined()
    await product()
      .set({ reporting_capabilities: jsonb(reporting_capabilities) })
      .execute()
  })

  test('is left out where AdCP lets it be: breakdowns and attribution windows nobody has', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    const answer = await deliveryOf(id, {
      reporting_dimensions: { geo: { geo_level: 'country' } },
      attribution_window: { model: 'last_touch' },
    })
    expect(answer.by_package[0]).not.toHaveProperty('by_geo')
  })
})
