import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const DAY = 86_400_000
let buyer: TestBuyer
let before: Record<string, number>

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})
beforeEach(async () => {
  before = await rowCounts(desk.db)
})

const inDays = (days: number) => new Date(desk.now.getTime() + days * DAY).toISOString()
const purchase = (overrides: Args & { package?: Args } = {}) => aPurchase(overrides, desk.now)
const of = (product_id: string, pricing_option_id: string, rest: Args = {}) => ({
  package: { product_id, pricing_option_id, bid_price: undefined, ...rest },
})

/** What is wrong with a purchase, after making sure that asking left nothing behind. */
async function problemsOf(args: Args) {
  const { isError, body } = await buyer.call('create_media_buy', args)
  expect({ isError, answered: body['media_buy_id'] ?? body['task_id'] }).toEqual({
    isError: true,
    answered: undefined,
  })
  expect(body.adcp_error).toEqual(body.errors?.[0])
  expect(await rowCounts(desk.db)).toEqual(before)
  return (body.errors ?? []).map(({ code, field }) => [code, field])
}

describe('one thing wrong', () => {
  const at = 'packages[0]'
  test.each<[string, Args, string, string]>([
    ['a product nobody sells', of('no_such_product', 'x'), 'PRODUCT_NOT_FOUND', `${at}.product_id`],
    [
      'a pricing option of another product',
      { package: { pricing_option_id: 'cpm_gbp_fixed' } },
      'INVALID_REQUEST',
      `${at}.pricing_option_id`,
    ],
    [
      'no bid where there is an auction',
      { package: { bid_price: undefined } },
      'INVALID_REQUEST',
      `${at}.bid_price`,
    ],
    ['a bid below the floor', { package: { bid_price: 2.99 } }, 'INVALID_REQUEST', `${at}.bid_price`],
    [
      'a bid finer than prices are',
      { package: { bid_price: 5.00001 } },
      'INVALID_REQUEST',
      `${at}.bid_price`,
    ],
    [
      'a bid of next to nothing where there is no floor',
      of('harbour_quiet_audio', 'cpm_eur_auction', { bid_price: 0.00001 }),
      'INVALID_REQUEST',
      `${at}.bid_price`,
    ],
    [
      'a bid larger than the database holds',
      { package: { bid_price: 1e12 } },
      'INVALID_REQUEST',
      `${at}.bid_price`,
    ],
    [
      'a format of another product',
      { package: { format_ids: [{ id: 'map_pin' }] } },
      'INVALID_REQUEST',
      `${at}.format_ids[0]`,
    ],
    [
      'a format by another agent',
      { package: { format_ids: [{ agent_url: 'https://other.example', id: 'display_300x250_image' }] } },
      'INVALID_REQUEST',
      `${at}.format_ids[0]`,
    ],
    [
      'targeting the ad server cannot do',
      { package: { targeting_overlay: { keyword_targets: [{}] } } },
      'UNSUPPORTED_FEATURE',
      `${at}.targeting_overlay.keyword_targets`,
    ],
    [
      'targeting nobody knows',
      { package: { targeting_overlay: { moon_phase: 'full' } } },
      'UNSUPPORTED_FEATURE',
      `${at}.targeting_overlay.moon_phase`,
    ],
    [
      'countries the product does not run in',
      { package: { targeting_overlay: { geo_countries: ['JP'] } } },
      'INVALID_REQUEST',
      `${at}.targeting_overlay.geo_countries`,
    ],
    [
      'a country that is no code',
      { package: { targeting_overlay: { geo_countries: ['Germany'] } } },
      'INVALID_REQUEST',
      `${at}.targeting_overlay.geo_countries[0]`,
    ],
    [
      'less than the minimum spend',
      of('news_billboard', 'cpm_gbp_fixed', { budget: 2499.99 }),
      'BUDGET_TOO_LOW',
      `${at}.budget`,
    ],
    [
      'less than the flat price',
      of('news_homepage_takeover', 'flat_rate_gbp_fixed', { budget: 14_499 }),
      'BUDGET_TOO_LOW',
      `${at}.budget`,
    ],
    [
      'two weeks for a week and a day',
      {
        start_time: inDaysFixed(20),
        end_time: inDaysFixed(28),
        ...of('trail_gear_guide_sponsor', 'time_eur_fixed', { budget: 9599.99 }),
      },
      'BUDGET_TOO_LOW',
      `${at}.budget`,
    ],
    [
      'more hours than are sold at once',
      {
        start_time: inDaysFixed(20),
        end_time: inDaysFixed(20, 4),
        ...of('screens_city_hour', 'time_eur_fixed', { budget: 100_000 }),
      },
      'INVALID_REQUEST',
      `${at}.end_time`,
    ],
    [
      'fewer weeks than are sold at once',
      {
        start_time: inDaysFixed(20),
        end_time: inDaysFixed(27),
        ...of('harbour_breakfast_sponsor', 'time_gbp_fixed', { budget: 5400 }),
      },
      'INVALID_REQUEST',
      `${at}.end_time`,
    ],
    [
      'more days than are sold at once',
      {
        start_time: inDaysFixed(20),
        end_time: inDaysFixed(26),
        ...of('gridwatt_roadblock', 'time_eur_fixed', { budget: 20_400 }),
      },
      'INVALID_REQUEST',
      `${at}.end_time`,
    ],
    [
      'a budget with fractions of a cent',
      { package: { budget: 4000.001 } },
      'INVALID_REQUEST',
      `${at}.budget`,
    ],
    [
      'a budget that rounds to nothing',
      { package: { budget: 0.0000005 } },
      'INVALID_REQUEST',
      `${at}.budget`,
    ],
    ['a budget of nothing', { package: { budget: 0 } }, 'INVALID_REQUEST', `${at}.budget`],
    ['a budget below nothing', { package: { budget: -5 } }, 'INVALID_REQUEST', `${at}.budget`],
    [
      'no impressions at all',
      of('news_billboard', 'cpm_gbp_fixed', { budget: 3200, impressions: 0 }),
      'INVALID_REQUEST',
      `${at}.impressions`,
    ],
    [
      'more impressions than the money pays for',
      of('news_billboard', 'cpm_gbp_fixed', { budget: 3200, impressions: 200_001 }),
      'INVALID_REQUEST',
      `${at}.impressions`,
    ],
    [
      'more for a package than is allowed',
      { package: { budget: 500_001 } },
      'BUDGET_EXCEEDED',
      `${at}.budget`,
    ],
    [
      'a total in another currency',
      { total_budget: { amount: 4000, currency: 'USD' } },
      'INVALID_REQUEST',
      'total_budget.currency',
    ],
    [
      'a total that does not add up',
      { total_budget: { amount: 4000.01, currency: 'EUR' } },
      'INVALID_REQUEST',
      'total_budget.amount',
    ],
    ['a start in the past', { start_time: inDaysFixed(-1) }, 'INVALID_REQUEST', 'start_time'],
    ['an end before the start', { end_time: inDaysFixed(13) }, 'INVALID_REQUEST', 'end_time'],
    [
      'an end at the start',
      { start_time: inDaysFixed(14), end_time: inDaysFixed(14) },
      'INVALID_REQUEST',
      'end_time',
    ],
    ['a flight of over a year', { end_time: inDaysFixed(14 + 367) }, 'INVALID_REQUEST', 'end_time'],
    ['an end before now', { start_time: 'asap', end_time: inDaysFixed(-1) }, 'INVALID_REQUEST', 'end_time'],
    [
      'a package before the buy',
      { package: { start_time: inDaysFixed(13) } },
      'INVALID_REQUEST',
      `${at}.start_time`,
    ],
    [
      'a package after the buy',
      { package: { end_time: inDaysFixed(36) } },
      'INVALID_REQUEST',
      `${at}.start_time`,
    ],
    [
      'a package that ends before it starts',
      { package: { start_time: inDaysFixed(30), end_time: inDaysFixed(29) } },
      'INVALID_REQUEST',
      `${at}.end_time`,
    ],
    [
      'too short a flight',
      { start_time: inDaysFixed(14), end_time: inDaysFixed(16), ...of('news_billboard', 'cpm_gbp_fixed') },
      'INVALID_REQUEST',
      `${at}.end_time`,
    ],
    [
      'too little time before the start',
      { start_time: inDaysFixed(1), ...of('news_billboard', 'cpm_gbp_fixed') },
      'INVALID_REQUEST',
      `${at}.start_time`,
    ],
    [
      'as soon as possible what needs lead time',
      { start_time: 'asap', ...of('news_billboard', 'cpm_gbp_fixed') },
      'INVALID_REQUEST',
      `${at}.start_time`,
    ],
    [
      'a flight before the season',
      {
        start_time: '2027-04-20T00:00:00Z',
        end_time: '2027-05-20T00:00:00Z',
        ...of('thyme_summer_grill', 'cpm_gbp_fixed'),
      },
      'PRODUCT_UNAVAILABLE',
      `${at}.product_id`,
    ],
    [
      'a flight that outlasts the season',
      {
        start_time: '2027-08-10T00:00:00Z',
        end_time: '2027-09-01T00:00:01Z',
        ...of('thyme_summer_grill', 'cpm_gbp_fixed'),
      },
      'PRODUCT_UNAVAILABLE',
      `${at}.product_id`,
    ],
    ['nothing', { packages: undefined }, 'INVALID_REQUEST', 'packages'],
    ['an empty list of packages', { packages: [] }, 'INVALID_REQUEST', 'packages'],
    [
      'more than 200 packages',
      {
        packages: Array.from({ length: 201 }, () => ({ product_id: 'p', pricing_option_id: 'o', budget: 1 })),
      },
      'INVALID_REQUEST',
      'packages',
    ],
    ['no idempotency key', { idempotency_key: undefined }, 'INVALID_REQUEST', 'idempotency_key'],
    ['too short an idempotency key', { idempotency_key: 'short' }, 'INVALID_REQUEST', 'idempotency_key'],
    ['a time without zone', { start_time: '2027-04-01T00:00:00' }, 'INVALID_REQUEST', 'start_time'],
    ['a day that does not exist', { end_time: '2027-02-30T00:00:00Z' }, 'INVALID_REQUEST', 'end_time'],
    ['a brand that is no domain', { brand: { domain: 'ACME Inc.' } }, 'INVALID_REQUEST', 'brand.domain'],
    [
      'a creative that is not in the library',
      { package: { creative_assignments: [{ creative_id: 'c' }] } },
      'CREATIVE_NOT_FOUND',
      `${at}.creative_assignments[0].creative_id`,
    ],
    ...[
      'catalogs',
      'optimization_goals',
      'committed_metrics',
      'format_option_refs',
      'format_kind',
      'params',
    ].map((name): [string, Args, string, string] => [
      name,
      { package: { [name]: {} } },
      'UNSUPPORTED_FEATURE',
      `${at}.${name}`,
    ]),
    [
      'a proposal nobody made',
      { packages: undefined, proposal_id: 'x', total_budget: { amount: 1, currency: 'EUR' } },
      'PROPOSAL_NOT_FOUND',
      'proposal_id',
    ],
    [
      'a proposal without a budget',
      { packages: undefined, proposal_id: 'x' },
      'INVALID_REQUEST',
      'total_budget',
    ],
    [
      'a proposal and packages',
      { proposal_id: 'x', total_budget: { amount: 4000, currency: 'EUR' } },
      'INVALID_REQUEST',
      'packages',
    ],
    [
      'an insertion order without a proposal',
      { io_acceptance: { io_id: 'x', accepted_at: '2026-12-15T15:30:00Z', signatory: 'a' } },
      'INVALID_REQUEST',
      'io_acceptance',
    ],
    ...['plan_id'].map((name): [string, Args, string, string] => [
      name,
      { [name]: 'x' },
      'UNSUPPORTED_FEATURE',
      name,
    ]),
    ...['artifact_webhook'].map((name): [string, Args, string, string] => [
      name,
      { [name]: {} },
      'UNSUPPORTED_FEATURE',
      name,
    ]),
  ])('%s is refused with its field, and leaves nothing behind', async (_what, overrides, code, field) => {
    expect(await problemsOf(purchase(overrides))).toEqual([[code, field]])
  })

  test('a product of the publisher that this buyer may not buy looks like one nobody sells', async () => {
    const stranger = await desk.buyer('brightwater_energy')
    const account = { account_id: 'acc_brightwater' }
    const answers = ['trail_display_run_of_site', 'no_such_product'].map((product_id) =>
      stranger.call('create_media_buy', purchase({ account, package: { product_id } })),
    )
    const [theirs, nobodys] = await Promise.all(answers)
    expect(theirs?.body).toEqual(nobodys?.body)
    expect(theirs?.body.adcp_error).toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
  })

  test('a product that was archived is no longer sold', async () => {
    await setProduct('trail_display_run_of_site', { archived_at: desk.now })
    expect(await problemsOf(purchase())).toEqual([['PRODUCT_UNAVAILABLE', 'packages[0].product_id']])
  })

  test('a product whose season is over has expired', async () => {
    await setProduct('trail_display_run_of_site', { available_until: new Date(inDays(-1)) })
    expect(await problemsOf(purchase())).toEqual([['PRODUCT_EXPIRED', 'packages[0].product_id']])
  })

  test('what an ad server cannot do is refused before it is asked', async () => {
    const { capabilities } = await desk.db
      .selectFrom('adapter_configs')
      .select('capabilities')
      .where('connection_id', '=', 'house')
      .executeTakeFirstOrThrow()
    const able = {
      ...(capabilities as object),
      pricing_models: ['cpc'],
      bids: false,
      pacing: ['asap'],
      targeting: [],
      package_flights: false,
    }
    await setConnection(JSON.stringify(able))
    try {
      const args = purchase({ package: { targeting_overlay: { language: ['de'] }, start_time: inDays(15) } })
      expect(await problemsOf(args)).toEqual([
        ['UNSUPPORTED_FEATURE', 'packages[0].pricing_option_id'],
        ['UNSUPPORTED_FEATURE', 'packages[0].pricing_option_id'],
        ['UNSUPPORTED_FEATURE', 'packages[0].pacing'],
        ['UNSUPPORTED_FEATURE', 'packages[0].start_time'],
        ['UNSUPPORTED_FEATURE', 'packages[0].targeting_overlay.language'],
      ])
      await setConnection(null)
      expect(await problemsOf(purchase())).toEqual([['SERVICE_UNAVAILABLE', 'packages[0].product_id']])
    } finally {
      await setConnection(JSON.stringify(capabilities))
    }
  })

  test('two currencies in one buy are refused at each package that differs from the first', async () => {
    const price = (currency: string) => ({
      product_id: 'trail_display_run_of_site',
      pricing_option_id: `cpm_${currency}_auction`,
      budget: 1000,
      bid_price: 5,
    })
    const packages = ['eur', 'usd', 'eur', 'gbp'].map(price)
    expect(await problemsOf(purchase({ packages }))).toEqual([
      ['INVALID_REQUEST', 'packages[1].pricing_option_id'],
      ['INVALID_REQUEST', 'packages[3].pricing_option_id'],
    ])
  })

  test('packages that cost more together than one buy may', async () => {
    const [item] = purchase()['packages'] as Args[]
    const packages = Array.from({ length: 4 }, () => ({ ...item, budget: 375_000.01 }))
    expect(await problemsOf(purchase({ packages }))).toEqual([['BUDGET_EXCEEDED', 'packages']])
  })

  test.each([
    ['a NUL character', 'PO\u0000-1'],
    ['half a character', 'PO-\ud800'],
  ])('%s, which PostgreSQL cannot keep, is the buyer’s to correct', async (_what, text) => {
    for (const overrides of [{ po_number: text }, { context: { note: text } }, { ext: { [text]: 1 } }]) {
      const { body } = await buyer.call('create_media_buy', purchase(overrides))
      expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST' })
    }
    const { body } = await buyer.call('tasks_get', { task_id: text })
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST' })
  })
})

test('ten things wrong at once are told at once, each with its field', async () => {
  const item = (product_id: string, pricing_option_id: string, rest: Args) => ({
    product_id,
    pricing_option_id,
    budget: 4000,
    ...rest,
  })
  const args = purchase({
    packages: [
      item('no_such_product', 'x', {}),
      item('trail_display_run_of_site', 'cpm_eur_auction', {
        bid_price: 1,
        format_ids: [{ id: 'map_pin' }],
        targeting_overlay: { geo_countries: ['JP'], keyword_targets: [{}] },
        optimization_goals: [{}],
      }),
      item('news_billboard', 'cpm_gbp_fixed', { budget: 10, impressions: 1_000_000 }),
      item('news_billboard', 'no_such_option', {}),
    ],
    plan_id: 'plan',
    start_time: inDays(-400),
    end_time: inDays(30),
    total_budget: { amount: 1, currency: 'EUR' },
  })
  expect(await problemsOf(args)).toEqual([
    ['PRODUCT_NOT_FOUND', 'packages[0].product_id'],
    ['INVALID_REQUEST', 'packages[1].bid_price'],
    ['INVALID_REQUEST', 'packages[1].format_ids[0]'],
    ['INVALID_REQUEST', 'packages[1].targeting_overlay.geo_countries'],
    ['UNSUPPORTED_FEATURE', 'packages[1].targeting_overlay.keyword_targets'],
    ['BUDGET_TOO_LOW', 'packages[2].budget'],
    ['INVALID_REQUEST', 'packages[2].impressions'],
    ['INVALID_REQUEST', 'packages[3].pricing_option_id'],
    ['UNSUPPORTED_FEATURE', 'plan_id'],
    ['UNSUPPORTED_FEATURE', 'packages[1].optimization_goals'],
    ['INVALID_REQUEST', 'packages[2].pricing_option_id'],
    ['INVALID_REQUEST', 'total_budget.amount'],
    ['INVALID_REQUEST', 'start_time'],
    ['INVALID_REQUEST', 'end_time'],
    ['INVALID_REQUEST', 'packages[2].start_time'],
    ['INVALID_REQUEST', 'packages[3].start_time'],
  ])
})

describe('just enough is enough', () => {
  test.each<[string, Args]>([
    ['a bid at the floor', { package: { bid_price: 3 } }],
    ['the minimum spend', of('news_billboard', 'cpm_gbp_fixed', { budget: 2500 })],
    [
      'the impressions the money pays for',
      of('news_billboard', 'cpm_gbp_fixed', { budget: 3200, impressions: 200_000 }),
    ],
    ['the flat price', of('news_homepage_takeover', 'flat_rate_gbp_fixed', { budget: 14_500 })],
    [
      'two weeks for a week and a day',
      {
        start_time: inDaysFixed(20),
        end_time: inDaysFixed(28),
        ...of('trail_gear_guide_sponsor', 'time_eur_fixed', { budget: 9600 }),
      },
    ],
    [
      'three hours',
      {
        start_time: inDaysFixed(20),
        end_time: inDaysFixed(20, 3),
        ...of('screens_city_hour', 'time_eur_fixed', { budget: 20_700 }),
      },
    ],
    [
      'a start a moment ago',
      { start_time: new Date(new Date('2026-12-15T15:30:00Z').getTime() - 30_000).toISOString() },
    ],
    ['as soon as possible', { start_time: 'asap' }],
    ['a whole year', { end_time: inDaysFixed(14 + 366) }],
    [
      'the whole season',
      {
        start_time: '2027-05-01T00:00:00Z',
        end_time: '2027-09-01T00:00:00Z',
        ...of('thyme_summer_grill', 'cpm_gbp_fixed'),
      },
    ],
    ['exactly the lead time', { start_time: inDaysFixed(2), ...of('news_billboard', 'cpm_gbp_fixed') }],
    ['the right total', { total_budget: { amount: 4000, currency: 'EUR' } }],
    [
      'one country of several',
      { package: { targeting_overlay: { geo_countries: ['JP', 'DE'], language: ['de'] } } },
    ],
    ['a format by its id alone', { package: { format_ids: [{ id: 'display_300x250_image' }] } }],
    [
      '200 packages',
      {
        packages: Array.from({ length: 200 }, () => ({
          product_id: 'trail_display_run_of_site',
          pricing_option_id: 'cpm_eur_auction',
          budget: 1,
          bid_price: 3,
        })),
      },
    ],
  ])('%s is bought', async (_what, overrides) => {
    const { body } = await buyer.call('create_media_buy', purchase(overrides))
    expect(body.errors).toBeUndefined()
    expect(body['media_buy_id'] ?? body['task_id']).toBeDefined()
  })
})

function inDaysFixed(days: number, hours = 0): string {
  return new Date(Date.parse('2026-12-15T15:30:00Z') + days * DAY + hours * 3_600_000).toISOString()
}

let undo: (() => Promise<unknown>) | undefined
async function setProduct(
  product_id: string,
  change: { archived_at?: Date | null; available_until?: Date | null },
) {
  const set = (values: typeof change) =>
    desk.db.updateTable('products').set(values).where('product_id', '=', product_id).execute()
  undo = () => set({ archived_at: null, available_until: null })
  await set(change)
}
afterEach(async () => {
  await undo?.()
  undo = undefined
})

async function setConnection(capabilities: string | null) {
  await desk.db
    .updateTable('adapter_configs')
    .set({ capabilities })
    .where('connection_id', '=', 'house')
    .execute()
}
