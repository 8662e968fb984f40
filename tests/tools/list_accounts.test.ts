import { beforeAll, expect, test } from 'vitest'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let pinnacle: TestBuyer

beforeAll(async () => {
  pinnacle = await desk.buyer('pinnacle')
})
const list = async (args: Args = {}, as = pinnacle) => (await as.call('list_accounts', args)).body
const ids = async (args: Args = {}, as = pinnacle) =>
  ((await list(args, as))['accounts'] as { account_id: string }[]).map(({ account_id }) => account_id)

test('a buyer sees its accounts and their terms, and nobody else’s', async () => {
  expect(await list()).toEqual({
    status: 'completed',
    accounts: [
      {
        account_id: 'acc_acme_pinnacle',
        name: 'Acme Outdoor, by Pinnacle',
        status: 'active',
        brand: { domain: 'acmeoutdoor.example' },
        operator: 'pinnacle-agency.example',
        billing: 'operator',
        account_scope: 'operator_brand',
        payment_terms: 'net_45',
        credit_limit: { amount: 250_000, currency: 'EUR' },
      },
      expect.objectContaining({ account_id: 'acc_lumen_pinnacle' }),
    ],
    pagination: { has_more: false, total_count: 2 },
  })
  expect(await ids({}, await desk.buyer('acme_direct'))).toEqual(['acc_acme_direct'])
})

test('page by page it sees each account once', async () => {
  const first = await list({ pagination: { max_results: 1 }, context: { page: 1 } })
  expect(first['pagination']).toMatchObject({ has_more: true, total_count: 2 })
  const { cursor } = first['pagination'] as { cursor: string }
  const second = await list({ pagination: { max_results: 1, cursor } })
  expect(second).toMatchObject({ accounts: [{ account_id: 'acc_lumen_pinnacle' }] })
  expect(second['pagination']).toEqual({ has_more: false, total_count: 2 })
  const other = await pinnacle.call('list_accounts', { status: 'active', pagination: { cursor } })
  expect(other.body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'pagination.cursor' })
})

test.each<[string, Args, string[]]>([
  ['a status', { status: 'active' }, ['acc_acme_pinnacle', 'acc_lumen_pinnacle']],
  ['a status none has', { status: 'suspended' }, []],
  ['an account', { account: { account_id: 'acc_lumen_pinnacle' } }, ['acc_lumen_pinnacle']],
  [
    'a brand and operator',
    { account: { brand: { domain: 'acmeoutdoor.example' }, operator: 'pinnacle-agency.example' } },
    ['acc_acme_pinnacle'],
  ],
  ['sandboxes', { sandbox: true }, []],
  ['live accounts', { sandbox: false }, ['acc_acme_pinnacle', 'acc_lumen_pinnacle']],
])('it can ask for %s only', async (_what, args, expected) => {
  expect(await ids(args)).toEqual(expected)
})

test('a sandbox buyer sees sandbox accounts', async () => {
  const { accounts } = await list({ sandbox: true }, await desk.buyer('sandbox_agent'))
  expect(accounts).toMatchObject([{ account_id: 'acc_sandbox', sandbox: true }])
})

test('a foreign account and one that does not exist look the same', async () => {
  const theirs = await list({ account: { account_id: 'acc_acme_direct' } })
  expect(theirs).toEqual(await list({ account: { account_id: 'acc_acme_nobody' } }))
})
