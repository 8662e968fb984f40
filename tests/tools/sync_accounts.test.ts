import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let pinnacle: TestBuyer
let direct: TestBuyer
let sandbox: TestBuyer
let before: Record<string, number>
let serial = 0

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  pinnacle = await desk.buyer('pinnacle')
  direct = await desk.buyer('acme_direct')
  sandbox = await desk.buyer('sandbox_agent')
})
beforeEach(async () => {
  before = await rowCounts(desk.db)
})

interface Item extends Args {
  action: string
  status: string
  account_id?: string
  errors?: { code: string; field: string }[]
}
const anAccount = (domain: string, rest: Args = {}) => ({
  brand: { domain },
  operator: 'agency.example',
  billing: 'operator',
  ...rest,
})
const request = (accounts: Args[], rest: Args = {}) => ({
  idempotency_key: `test-sync-accounts-${++serial}`,
  accounts,
  ...rest,
})
const send = (args: Args, as = pinnacle) => as.call('sync_accounts', args)
async function sync(accounts: Args[], rest: Args = {}, as = pinnacle): Promise<Item[]> {
  const { isError, body } = await send(request(accounts, rest), as)
  expect([isError, body.errors]).toEqual([false, undefined])
  return body['accounts'] as Item[]
}
const listed = async (as = pinnacle, args: Args = {}) =>
  (await as.call('list_accounts', args)).body['accounts'] as Item[]
const nothingStored = async () => expect(await rowCounts(desk.db)).toEqual(before)
const opensAccounts = (opens_accounts: boolean) =>
  desk.db.updateTable('tenants').set({ opens_accounts }).where('tenant_id', '=', 'northwind').execute()

describe('a declared account', () => {
  test('is opened at once where the publisher opens accounts, and can be bought on', async () => {
    const [item] = await sync([
      anAccount('nova.example', { brand: { domain: 'nova.example', brand_id: 'spark' } }),
    ])
    expect(item).toEqual({
      account_id: expect.stringMatching(/^acc_.{22}$/),
      name: 'nova.example by agency.example',
      brand: { domain: 'nova.example', brand_id: 'spark' },
      operator: 'agency.example',
      billing: 'operator',
      account_scope: 'operator_brand',
      action: 'created',
      status: 'active',
    })
    const account = { account_id: item?.account_id }
    const bought = await pinnacle.call('create_media_buy', aPurchase({ account }, desk.now))
    expect(bought.body['account']).toMatchObject(account)
  })

  test('waits for a person where the publisher does not, and buys nothing until then', async () => {
    await opensAccounts(false)
    const [item] = await sync([anAccount('waits.example', { payment_terms: 'net_60' })])
    expect(item).toMatchObject({
      action: 'created',
      status: 'pending_approval',
      payment_terms: 'net_60',
      setup: { message: expect.stringContaining('approve') },
    })
    const account = { account_id: item?.account_id }
    const refused = await pinnacle.call('create_media_buy', aPurchase({ account }, desk.now))
    expect(refused.body.adcp_error?.code).toBe('ACCOUNT_SETUP_REQUIRED')
    const [stranger] = await sync([anAccount('waits.example')], {}, direct)
    expect(stranger).toMatchObject({ action: 'failed', errors: [{ code: 'ACCOUNT_NOT_FOUND' }] })
    await opensAccounts(true)
    const [still] = await sync([anAccount('waits.example')], {}, direct)
    expect(still).toEqual(stranger)
  })

  test('is unchanged when declared again, and is not opened twice', async () => {
    const [first] = await sync([anAccount('again.example')])
    const [second] = await sync([anAccount('again.example')])
    expect(second).toEqual({ ...first, action: 'unchanged' })
  })

  test('that the publisher named is the buyer’s own, with the terms the publisher gave it', async () => {
    const [item] = await sync([
      { brand: { domain: 'lumencoffee.example' }, operator: 'pinnacle-agency.example', billing: 'operator' },
    ])
    expect(item).toMatchObject({
      account_id: 'acc_lumen_pinnacle',
      action: 'unchanged',
      status: 'active',
      payment_terms: 'net_45',
    })
  })

  test('that the publisher gave terms to another buyer is not entered', async () => {
    const theirs = {
      brand: { domain: 'lumencoffee.example' },
      operator: 'pinnacle-agency.example',
      billing: 'operator',
    }
    const [item] = await sync([theirs], {}, direct)
    expect(item).toMatchObject({
      action: 'failed',
      status: 'rejected',
      errors: [{ code: 'ACCOUNT_NOT_FOUND' }],
    })
    expect(JSON.stringify(item)).not.toMatch(/acc_|net_45/)
    expect((await listed(direct)).map(({ account_id }) => account_id)).not.toContain('acc_lumen_pinnacle')
  })

  test('of a sandbox buyer is a sandbox account, whose terms bill nobody and keep nobody out', async () => {
    const account = anAccount('try.example', { payment_terms: 'net_30', sandbox: true })
    const warnings = ['Sandbox accounts bill nobody: payment_terms are not kept.']
    const [first] = await sync([account], {}, sandbox)
    expect(first).toMatchObject({ action: 'created', sandbox: true, warnings })
    const [second] = await sync([account], {}, sandbox)
    expect(second).toEqual({ ...first, action: 'unchanged' })
    expect(second).not.toHaveProperty('payment_terms')
  })
})

describe('terms', () => {
  test.each<[string, Args, string, string]>([
    ['a party the publisher does not bill', { billing: 'agent' }, 'BILLING_NOT_SUPPORTED', 'billing'],
    [
      'payment terms nobody agreed',
      { payment_terms: 'net_90' },
      'PAYMENT_TERMS_NOT_SUPPORTED',
      'payment_terms',
    ],
    [
      'details of who pays',
      { billing_entity: { legal_name: 'Acme' } },
      'UNSUPPORTED_FEATURE',
      'billing_entity',
    ],
    [
      'webhooks',
      { notification_configs: [{ subscriber_id: 'a' }] },
      'UNSUPPORTED_FEATURE',
      'notification_configs',
    ],
    ['a sandbox, with a live token', { sandbox: true }, 'PERMISSION_DENIED', 'sandbox'],
  ])('with %s fail that account and no other', async (_what, change, code, field) => {
    const results = await sync([anAccount(`good-${++serial}.example`), anAccount('bad.example', change)])
    expect(results).toMatchObject([
      { action: 'created', status: 'active' },
      { action: 'failed', status: 'rejected', errors: [{ code, field: `accounts[1].${field}` }] },
    ])
    expect(results[1]).not.toHaveProperty('account_id')
    const stored = await desk.db
      .selectFrom('accounts')
      .where('brand_domain', '=', 'bad.example')
      .selectAll()
      .execute()
    expect(stored).toEqual([])
  })

  test('of an account are never changed by asking for others', async () => {
    const mine = { brand: { domain: 'lumencoffee.example' }, operator: 'pinnacle-agency.example' }
    const [billed] = await sync([{ ...mine, billing: 'advertiser' }])
    const [terms] = await sync([{ ...mine, billing: 'operator', payment_terms: 'net_90' }])
    const [same] = await sync([{ ...mine, billing: 'operator', payment_terms: 'net_45' }])
    expect(billed).toMatchObject({ action: 'failed', status: 'active' })
    expect(terms).toMatchObject({ action: 'failed', status: 'active' })
    expect(same).toMatchObject({ action: 'unchanged', billing: 'operator', payment_terms: 'net_45' })
  })
})

describe('a request', () => {
  test('sent again with its key is answered as before; with its key and other accounts it is refused', async () => {
    const args = request([anAccount('key.example')])
    const first = await send(args)
    expect(first.body).toMatchObject({ replayed: false, idempotency_key: args.idempotency_key })
    before = await rowCounts(desk.db)
    expect((await send(args)).body).toEqual({ ...first.body, replayed: true })
    const other = await send({ ...args, accounts: [anAccount('key-2.example')] })
    expect(other.body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
    await nothingStored()
  })

  test('sent twenty times at once is done once', async () => {
    const args = request([anAccount('storm-b.example'), anAccount('storm-a.example')])
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(args)))
    expect(answers.filter(({ body }) => body['replayed'] === false)).toHaveLength(1)
    for (const { body } of answers) expect(body['accounts']).toEqual(answers[0]?.body['accounts'])
  })

  test('of many buyers for the same new accounts in any order opens each once', async () => {
    const accounts = ['x', 'y', 'z'].map((name) => anAccount(`race-${name}.example`))
    const answers = await Promise.all(
      [pinnacle, direct, pinnacle, direct].map((as, i) =>
        sync(i % 2 ? accounts : [...accounts].reverse(), {}, as),
      ),
    )
    expect(new Set(answers.flat().map(({ account_id }) => account_id)).size).toBe(3)
  })

  test('has its key to itself: a purchase on an account may use the same one', async () => {
    const idempotency_key = 'one-key-for-two-tools'
    await send({ ...request([anAccount('shared-key.example')]), idempotency_key })
    const bought = await pinnacle.call('create_media_buy', aPurchase({ idempotency_key }, desk.now))
    expect(bought.body).toMatchObject({ replayed: false, idempotency_key })
    expect(bought.isError).toBe(false)
  })

  test('that only tries says what would happen and stores nothing, not even its key', async () => {
    const args = request([anAccount('dry.example'), anAccount('dry-2.example', { billing: 'agent' })], {
      dry_run: true,
    })
    const { body, texts } = await send(args)
    expect(body).toMatchObject({
      dry_run: true,
      accounts: [{ action: 'created', status: 'active' }, { action: 'failed' }],
    })
    expect((body['accounts'] as Item[])[0]).not.toHaveProperty('account_id')
    expect(texts[1]).toContain('Nothing was changed')
    await nothingStored()
    expect((await send({ ...args, dry_run: false })).body['replayed']).toBe(false)
  })

  test.each<[string, Args[], string, string]>([
    [
      'one account twice',
      [anAccount('twice.example'), anAccount('twice.example', { billing: 'agent' })],
      'INVALID_REQUEST',
      'accounts[1]',
    ],
    [
      'an account by its id',
      [anAccount('one.example'), { account: { account_id: 'acc_lumen_pinnacle' } }],
      'UNSUPPORTED_PROVISIONING',
      'accounts[1].account',
    ],
    [
      'an account without who is billed',
      [{ brand: { domain: 'no-billing.example' }, operator: 'agency.example' }],
      'INVALID_REQUEST',
      'accounts[0]',
    ],
  ])('that names %s is refused whole', async (_what, accounts, code, field) => {
    const { isError, body } = await send(request(accounts))
    expect(isError).toBe(true)
    expect(body.adcp_error).toMatchObject({ code, field })
    await nothingStored()
  })
})

describe('delete_missing', () => {
  test('closes what this buyer declared before, for it alone, until it declares it again', async () => {
    const [shared] = await sync([anAccount('shared.example')], {}, direct)
    await sync([anAccount('shared.example'), anAccount('kept.example')])
    const purchased = { brand: { domain: 'only-bought.example' }, operator: 'agency.example' }
    await pinnacle.call('create_media_buy', aPurchase({ account: purchased }, desk.now))

    const results = await sync([anAccount('kept.example')], { delete_missing: true })
    expect(results[0]).toMatchObject({ brand: { domain: 'kept.example' }, action: 'unchanged' })
    expect(results).toContainEqual(
      expect.objectContaining({ account_id: shared?.account_id, status: 'closed' }),
    )
    const closed = (await listed(pinnacle, { status: 'closed' })).map(({ account_id }) => account_id)
    expect(closed).toContain(shared?.account_id)
    expect(await listed(direct)).toContainEqual(
      expect.objectContaining({ account_id: shared?.account_id, status: 'active' }),
    )
    const open = await listed(pinnacle, { status: 'active', pagination: { max_results: 100 } })
    expect(open.map(({ brand }) => (brand as { domain: string }).domain)).toEqual(
      expect.arrayContaining(['kept.example', 'only-bought.example']),
    )

    for (const account of [
      { account_id: shared?.account_id },
      { brand: { domain: 'shared.example' }, operator: 'agency.example' },
    ]) {
      const refused = await pinnacle.call('create_media_buy', aPurchase({ account }, desk.now))
      expect(refused.body.adcp_error).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' })
    }
    const [again] = await sync([anAccount('shared.example')])
    expect(again).toMatchObject({ account_id: shared?.account_id, action: 'updated', status: 'active' })
  })
})
