import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AccountStatus } from '../../src/db/schema.ts'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let pinnacle: TestBuyer
let direct: TestBuyer
let sandbox: TestBuyer
let before: Record<string, number>

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  pinnacle = await desk.buyer('pinnacle')
  direct = await desk.buyer('acme_direct')
  sandbox = await desk.buyer('sandbox_agent')
})
beforeEach(async () => {
  before = await rowCounts(desk.db)
})

const buy = (buyer: TestBuyer, account: unknown, rest: Args = {}) =>
  buyer.call('create_media_buy', aPurchase({ account, ...rest }, desk.now))
const by = (domain: string, operator: string, rest: Args = {}) => ({ brand: { domain }, operator, ...rest })

async function refusal(buyer: TestBuyer, account: unknown, rest: Args = {}) {
  const { isError, body } = await buy(buyer, account, rest)
  expect(isError).toBe(true)
  expect(await rowCounts(desk.db)).toEqual(before)
  return body.adcp_error
}

describe('an account', () => {
  test('is found by its id and by its brand and operator', async () => {
    const byId = await buy(pinnacle, { account_id: 'acc_lumen_pinnacle' })
    const byNature = await buy(pinnacle, by('lumencoffee.example', 'pinnacle-agency.example'))
    const expected = { account_id: 'acc_lumen_pinnacle', name: 'Lumen Coffee, by Pinnacle', status: 'active' }
    expect(byId.body['account']).toEqual(expected)
    expect(byNature.body['account']).toEqual(expected)
  })

  test('of another buyer looks like one that does not exist', async () => {
    const theirs = await refusal(pinnacle, { account_id: 'acc_acme_direct' })
    expect(theirs).toMatchObject({ code: 'ACCOUNT_NOT_FOUND', field: 'account', recovery: 'terminal' })
    expect(await refusal(pinnacle, { account_id: 'acc_nobody' })).toEqual(theirs)
  })

  test('with terms the publisher set is not opened to whoever names its brand and operator', async () => {
    const known = by('acmeoutdoor.example', 'pinnacle-agency.example')
    expect(await refusal(direct, known)).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' })
    await setStatus('acc_acme_pinnacle', 'suspended')
    expect(await refusal(direct, known)).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' })
    expect(await refusal(pinnacle, known)).toMatchObject({ code: 'ACCOUNT_SUSPENDED' })
    await setStatus('acc_acme_pinnacle', 'active')
  })

  test('is opened for a brand and operator seen for the first time, once', async () => {
    const account = by('new-brand.example', 'new-agency.example')
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => buy(pinnacle, account)))
    const ids = answers.map(({ body }) => (body['account'] as { account_id: string }).account_id)
    expect(new Set(ids).size).toBe(1)
    expect((await buy(direct, account)).body['account']).toMatchObject({ account_id: ids[0] })
    const other = await buy(pinnacle, { ...account, brand: { domain: 'new-brand.example', brand_id: 'sub' } })
    expect(other.body['account']).not.toMatchObject({ account_id: ids[0] })
  })

  test('is not opened by a purchase that is refused', async () => {
    const account = by('refused-brand.example', 'new-agency.example')
    expect(await refusal(pinnacle, account, { end_time: '2026-12-16T00:00:00Z' })).toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })

  test('is not opened by a desk that opens none', async () => {
    await desk.db.updateTable('tenants').set({ opens_accounts: false }).execute()
    try {
      expect(await refusal(pinnacle, by('third-brand.example', 'new-agency.example'))).toMatchObject({
        code: 'ACCOUNT_NOT_FOUND',
      })
      expect(await refusal(direct, by('lumencoffee.example', 'pinnacle-agency.example'))).toMatchObject({
        code: 'ACCOUNT_NOT_FOUND',
      })
      expect((await buy(pinnacle, by('lumencoffee.example', 'pinnacle-agency.example'))).isError).toBe(false)
    } finally {
      await desk.db.updateTable('tenants').set({ opens_accounts: true }).execute()
    }
  })

  test.each([
    ['neither form', {}],
    [
      'both forms',
      { account_id: 'acc_lumen_pinnacle', ...by('lumencoffee.example', 'pinnacle-agency.example') },
    ],
    ['a brand without operator', { brand: { domain: 'lumencoffee.example' } }],
    ['an operator without brand', { operator: 'pinnacle-agency.example' }],
    ['an id and an operator', { account_id: 'acc_lumen_pinnacle', operator: 'pinnacle-agency.example' }],
    ['a name instead of a domain', by('Lumen Coffee', 'pinnacle-agency.example')],
    ['text', 'acc_lumen_pinnacle'],
    ['nothing', undefined],
  ])('given as %s is refused', async (_form, account) => {
    const error = await refusal(pinnacle, account)
    expect(error?.code).toBe('INVALID_REQUEST')
    expect(error?.field).toMatch(/^account/)
  })

  test.each<[AccountStatus, string, string]>([
    ['suspended', 'ACCOUNT_SUSPENDED', 'terminal'],
    ['payment_required', 'ACCOUNT_PAYMENT_REQUIRED', 'terminal'],
    ['pending_approval', 'ACCOUNT_SETUP_REQUIRED', 'correctable'],
    ['closed', 'ACCOUNT_NOT_FOUND', 'terminal'],
    ['rejected', 'ACCOUNT_NOT_FOUND', 'terminal'],
  ])('that is %s buys nothing', async (status, code, recovery) => {
    await setStatus('acc_lumen_pinnacle', status)
    const error = await refusal(pinnacle, { account_id: 'acc_lumen_pinnacle' })
    await setStatus('acc_lumen_pinnacle', 'active')
    expect(error).toMatchObject({ code, recovery, field: 'account' })
  })
})

describe('a sandbox', () => {
  test.each<[string, 'live' | 'sandbox', Args]>([
    ['a live token that asks for one', 'live', by('a.example', 'b.example', { sandbox: true })],
    [
      'a live token that asks for one on a live account',
      'live',
      { account_id: 'acc_lumen_pinnacle', sandbox: true },
    ],
    [
      'a sandbox token that asks for a live account',
      'sandbox',
      by('a.example', 'b.example', { sandbox: false }),
    ],
    [
      'a sandbox token that says its account is live',
      'sandbox',
      { account_id: 'acc_sandbox', sandbox: false },
    ],
  ])('is refused to %s', async (_who, mode, account) => {
    const error = await refusal(mode === 'live' ? pinnacle : sandbox, account)
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', field: 'account.sandbox' })
  })

  test('token buys nothing on a live account it was let into by mistake', async () => {
    const row = { tenant_id: 'northwind', account_id: 'acc_lumen_pinnacle', principal_id: 'sandbox_agent' }
    await desk.db.insertInto('account_principals').values(row).execute()
    before = await rowCounts(desk.db)
    expect(await refusal(sandbox, { account_id: 'acc_lumen_pinnacle' })).toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    await desk.db
      .deleteFrom('account_principals')
      .where('principal_id', '=', 'sandbox_agent')
      .where('account_id', '=', 'acc_lumen_pinnacle')
      .execute()
  })

  test('buy says so and is placed nowhere', async () => {
    for (const account of [
      { account_id: 'acc_sandbox' },
      by('a.example', 'b.example', { sandbox: true }),
      by('a.example', 'b.example'),
    ]) {
      const { body } = await buy(sandbox, account)
      expect(body).toMatchObject({
        sandbox: true,
        account: { sandbox: true },
        media_buy_status: 'pending_creatives',
      })
    }
    const placed = await desk.db
      .selectFrom('fulfilments')
      .innerJoin('media_buys', 'media_buys.media_buy_id', 'fulfilments.media_buy_id')
      .selectAll()
      .where('principal_id', '=', 'sandbox_agent')
      .execute()
    expect(placed).toEqual([])
  })

  test('account of the same brand and operator is another one than the live account', async () => {
    const live = await buy(pinnacle, by('two-sided.example', 'agency.example'))
    const tried = await buy(sandbox, by('two-sided.example', 'agency.example'))
    expect(live.body['sandbox']).toBeUndefined()
    expect(tried.body['account']).not.toMatchObject(live.body['account'] as object)
  })
})

describe('credit', () => {
  const account = { account_id: 'acc_acme_pinnacle' }
  const worth = (budget: number, pricing_option_id = 'cpm_eur_auction') => ({
    packages: [{ product_id: 'trail_display_run_of_site', pricing_option_id, budget, bid_price: 5 }],
  })
  const setLimit = async (credit_limit: string) => {
    await desk.db
      .updateTable('accounts')
      .set({ credit_limit })
      .where('account_id', '=', 'acc_acme_pinnacle')
      .execute()
  }

  test('can be spent to the last cent, and not a cent further', async () => {
    await setLimit('1000.30')
    expect((await buy(pinnacle, account, worth(1000.2))).isError).toBe(false)
    before = await rowCounts(desk.db)
    expect(await refusal(pinnacle, account, worth(0.11))).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      field: 'account',
      message: 'This account has 0.10 EUR of credit left.',
    })
    expect((await buy(pinnacle, account, worth(0.1))).isError).toBe(false)
  })

  test('in one currency buys nothing in another', async () => {
    expect(await refusal(pinnacle, account, worth(10, 'cpm_usd_auction'))).toMatchObject({
      code: 'BUDGET_EXCEEDED',
    })
  })

  test('that is enough for one of ten simultaneous purchases buys one, and nobody sees a failure', async () => {
    await setLimit('6000.30') // 1000.30 of it are spent
    const answers = await Promise.all(Array.from({ length: 10 }, () => buy(pinnacle, account, worth(3000))))
    expect(answers.filter(({ isError }) => !isError)).toHaveLength(1)
    const codes = answers.flatMap(({ body }) => body.adcp_error?.code ?? [])
    expect(new Set(codes)).toEqual(new Set(['BUDGET_EXCEEDED']))
    expect((await buy(pinnacle, account, worth(2000))).isError).toBe(false)
  })

  test('comes back when a purchase is declined', async () => {
    await setLimit('16000.30')
    const guaranteed = {
      packages: [{ product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 10_000 }],
    }
    const { body } = await buy(pinnacle, account, guaranteed)
    expect(body['status']).toBe('submitted')
    before = await rowCounts(desk.db)
    expect(await refusal(pinnacle, account, worth(1000))).toMatchObject({ code: 'BUDGET_EXCEEDED' })
    const { decideApproval } = await import('../../src/commands/decide_approval.ts')
    await decideApproval(desk.db, {
      tenant_id: 'northwind',
      id: String(body['task_id']),
      decision: 'rejected',
      decided_by: 'Kim',
      now: desk.now,
    })
    expect((await buy(pinnacle, account, worth(1000))).isError).toBe(false)
  })
})

async function setStatus(account_id: string, status: AccountStatus) {
  await desk.db.updateTable('accounts').set({ status }).where('account_id', '=', account_id).execute()
}
