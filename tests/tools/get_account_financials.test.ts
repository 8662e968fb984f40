import { beforeAll, expect, test } from 'vitest'
import { deliver, move, runningBuy } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let pinnacle: TestBuyer
const account = { account_id: 'acc_acme_pinnacle' }

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  pinnacle = await desk.buyer()
})
const ask = (args: Args, as = pinnacle) => as.call('get_account_financials', args)
const buy = (budget: number, rest: Args = {}, as = pinnacle) =>
  as.call('create_media_buy', aPurchase({ account, package: { budget }, ...rest }, desk.now))

test('a buyer sees what its media buys spent and what it bought this month, and what credit is left, to the cent', async () => {
  await buy(1000.2)
  await buy(2500.1)
  await buy(60_000) // waits for approval: holds credit, is not bought yet
  const { body, texts } = await ask({ account })
  expect(body).toEqual({
    status: 'completed',
    account,
    currency: 'EUR',
    period: { start: '2026-12-01', end: '2026-12-31' },
    timezone: 'UTC',
    spend: { total_spend: 0, media_buy_count: 2 },
    credit: { credit_limit: 250_000, available_credit: 186_499.7, utilization_percent: 25.4 },
    payment_terms: 'net_45',
    ext: { salesdesk: { bought: { total_budget: 3500.3, media_buy_count: 2 } } },
  })
  expect(texts[1]).toContain('186499.7 of 250000 EUR')
})

test('it can ask for the days it wants, the last one included', async () => {
  const bought = desk.now
  const acme_days = { brand: { domain: 'days.example' }, operator: 'pinnacle-agency.example' }
  const flight = { start_time: '2026-12-30T00:00:00Z', end_time: '2027-01-03T00:00:00Z' }
  const { id } = await runningBuy(desk, pinnacle, { account: acme_days, ...flight })
  const dropped = await runningBuy(desk, pinnacle, { account: acme_days, ...flight })
  await move(desk, dropped.id, 'canceled')
  const days = { '2026-12-30': 1.07, '2026-12-31': 2.1, '2027-01-01': 4.2 }
  desk.now = new Date('2027-01-02T00:00:00Z')
  for (const [day, spend] of Object.entries(days))
    await deliver(desk, id, { day, figures: { impressions: 9, spend } })
  // what was shown before it was canceled costs all the same
  await deliver(desk, dropped.id, { day: '2026-12-31', figures: { impressions: 9, spend: 0.5 } })
  const total = async (start: string, end: string) => {
    const { body } = await ask({ account: acme_days, period: { start, end } })
    expect(body['period']).toEqual({ start, end })
    const { bought } = (body['ext'] as { salesdesk: Args }).salesdesk
    const { total_spend, media_buy_count } = body['spend'] as Args
    return [total_spend, media_buy_count, (bought as Args)['total_budget']]
  }
  expect(await total('2026-12-31', '2026-12-31')).toEqual([2.6, 1, 0])
  expect(await total('2026-12-01', '2026-12-31')).toEqual([3.67, 1, 4000])
  expect(await total('2027-01-01', '2027-01-31')).toEqual([4.2, 1, 0])
  expect(await total('2026-11-01', '2026-12-14')).toEqual([0, 0, 0])
  expect(await total('2026-12-15', '2026-12-15')).toEqual([0, 0, 4000])
  const { body } = await ask({ account, period: { start: '2026-12-02', end: '2026-12-01' } })
  expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'period' })
  desk.now = bought
})

test('brand and operator name the account as well as its id', async () => {
  const byNature = { brand: { domain: 'acmeoutdoor.example' }, operator: 'pinnacle-agency.example' }
  const { body } = await ask({ account: byNature })
  const byId = await ask({ account })
  expect(body).toEqual({ ...byId.body, account: byNature })
})

test('purchases in another currency are told apart, not added', async () => {
  const lumen = { account_id: 'acc_lumen_pinnacle' }
  await buy(500, { account: lumen })
  const item = { pricing_option_id: 'cpm_usd_auction', budget: 900 }
  await pinnacle.call('create_media_buy', aPurchase({ account: lumen, package: item }, desk.now))
  const { body } = await ask({ account: lumen })
  expect(body).toMatchObject({
    currency: 'USD',
    spend: { total_spend: 0, media_buy_count: 1 },
    ext: {
      salesdesk: {
        bought: { total_budget: 900, media_buy_count: 1 },
        other_currencies: [
          { currency: 'EUR', media_buy_count: 1, bought: { total_budget: 500, media_buy_count: 1 } },
        ],
      },
    },
  })
  expect(body).not.toHaveProperty('credit')
})

test('on an account that opened by itself a buyer sees its own purchases only', async () => {
  const opened = { brand: { domain: 'opened.example' }, operator: 'agency.example' }
  const direct = await desk.buyer('acme_direct')
  await buy(700, { account: opened })
  await buy(300, { account: opened }, direct)
  expect((await ask({ account: opened }, direct)).body).toMatchObject({
    ext: { salesdesk: { bought: { total_budget: 300, media_buy_count: 1 } } },
  })
})

test('an account the publisher does not bill to its operator has no finances here', async () => {
  const { body } = await ask({ account: { account_id: 'acc_acme_direct' } }, await desk.buyer('acme_direct'))
  expect(body.adcp_error).toMatchObject({ code: 'UNSUPPORTED_FEATURE', field: 'account' })
})

test('a foreign account and one that does not exist look the same, and asking opens none', async () => {
  const theirs = await ask({ account: { account_id: 'acc_acme_direct' } })
  expect(theirs.body.adcp_error).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' })
  expect(await ask({ account: { account_id: 'acc_acme_nobody' } })).toEqual(theirs)
  const unseen = { brand: { domain: 'never-seen.example' }, operator: 'agency.example' }
  expect(await ask({ account: unseen })).toEqual(theirs)
})
