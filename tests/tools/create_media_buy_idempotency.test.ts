import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const HOUR = 3_600_000
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const account = { account_id: 'acc_lumen_pinnacle' }
const purchase = (overrides: Args & { package?: Args } = {}) => aPurchase({ account, ...overrides }, desk.now)
const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
const send = (args: Args, as = buyer) => as.call('create_media_buy', args)
const buys = async () => (await rowCounts(desk.db))['public.media_buys'] ?? 0

describe('the same purchase', () => {
  test('sent fifty times at once is bought once, whatever it is, and everybody gets the same answer', async () => {
    const package_ = fc.oneof(fc.constant({}), fc.constant(guaranteed))
    const newBrand = fc.option(
      fc
        .domain()
        .map((domain) => domain.toLowerCase())
        .filter((domain) => domain.length < 60),
    )
    await fc.assert(
      fc.asyncProperty(package_, newBrand, async (item, domain) => {
        const args = purchase({
          package: item,
          ...(domain !== null && { account: { brand: { domain }, operator: 'agency.example' } }),
        })
        const before = await buys()
        const answers = await Promise.all(Array.from({ length: 50 }, () => send(args)))
        expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([])
        expect(await buys()).toBe(before + 1)
        expect(answers.filter(({ body }) => body['replayed'] === false)).toHaveLength(1)
        const [first, ...others] = answers.map(({ body }) => ({ ...body, replayed: true }))
        for (const other of others) expect(other).toEqual(first)
      }),
      { numRuns: 4 },
    )
  })

  test('sent later is answered as it was then, even when it was approved meanwhile', async () => {
    const args = purchase({ package: guaranteed })
    const first = await send(args)
    await desk.db
      .updateTable('media_buys')
      .set({ status: 'rejected', rejection_reason: 'no' })
      .where('status', '=', 'pending_approval')
      .execute()
    const again = await send(args)
    expect(again.body).toEqual({ ...first.body, replayed: true })
  })

  test('with its keys in another order is the same', async () => {
    const args = purchase()
    const first = await send(args)
    const [item] = args['packages'] as Args[]
    const turned = Object.fromEntries(
      Object.entries({
        ...args,
        packages: [Object.fromEntries(Object.entries(item ?? {}).toReversed())],
      }).toReversed(),
    )
    const again = await send(turned)
    expect(again.body).toEqual({ ...first.body, replayed: true })
  })

  test('with another context is the same, and gets the context it came with', async () => {
    const args = purchase({ context: { correlation_id: 'first' } })
    const first = await send(args)
    const again = await send({ ...args, context: { correlation_id: 'second' } })
    expect(again.body).toEqual({ ...first.body, replayed: true, context: { correlation_id: 'second' } })
    const without = await send({ ...args, context: undefined })
    expect(without.body).not.toHaveProperty('context')
  })

  test('with another webhook secret is the same', async () => {
    const hook = (credentials: string) => ({
      url: 'https://b.example',
      authentication: { schemes: ['Bearer'], credentials: credentials.padEnd(32, '-') },
    })
    const args = purchase({ push_notification_config: hook('one') })
    const first = await send(args)
    const again = await send({ ...args, push_notification_config: hook('two') })
    expect(again.body).toEqual({ ...first.body, replayed: true })
  })

  test('is answered after its product was archived and its account suspended', async () => {
    const args = purchase({ package: { product_id: 'fern_display', pricing_option_id: 'cpm_eur_auction' } })
    const first = await send(args)
    await desk.db
      .updateTable('products')
      .set({ archived_at: desk.now })
      .where('product_id', '=', 'fern_display')
      .execute()
    await desk.db
      .updateTable('accounts')
      .set({ status: 'suspended' })
      .where('account_id', '=', account.account_id)
      .execute()
    const again = await send(args)
    await desk.db
      .updateTable('accounts')
      .set({ status: 'active' })
      .where('account_id', '=', account.account_id)
      .execute()
    expect(again.body).toEqual({ ...first.body, replayed: true })
  })

  test('that was refused is looked at anew', async () => {
    const args = purchase({
      package: { product_id: 'fern_video_preroll', pricing_option_id: 'cpm_gbp_auction', bid_price: 11 },
    })
    const set = (archived_at: Date | null) =>
      desk.db
        .updateTable('products')
        .set({ archived_at })
        .where('product_id', '=', 'fern_video_preroll')
        .execute()
    await set(desk.now)
    expect((await send(args)).body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
    await set(null)
    expect((await send(args)).body).toMatchObject({ replayed: false })
  })

  test('by another buyer with the same key is another purchase', async () => {
    const shared = { brand: { domain: 'shared-brand.example' }, operator: 'shared-agency.example' }
    const args = purchase({ account: shared })
    const mine = await send(args)
    const theirs = await send(args, await desk.buyer('acme_direct'))
    expect(theirs.body).toMatchObject({ replayed: false, account: mine.body['account'] })
    expect(theirs.body['media_buy_id']).not.toBe(mine.body['media_buy_id'])
  })

  test('on another account with the same key is another purchase', async () => {
    const args = purchase()
    const one = await send(args)
    const other = await send({
      ...args,
      account: { brand: { domain: 'other-brand.example' }, operator: 'agency.example' },
    })
    expect(other.body['replayed']).toBe(false)
    expect(other.body['media_buy_id']).not.toBe(one.body['media_buy_id'])
  })
})

describe('another purchase with the same key', () => {
  test.each<[string, Args]>([
    [
      'budget',
      {
        packages: [
          {
            product_id: 'trail_display_run_of_site',
            pricing_option_id: 'cpm_eur_auction',
            budget: 4001,
            bid_price: 5,
          },
        ],
      },
    ],
    ['ext', { ext: { acme: 1 } }],
    ['order number', { po_number: 'other' }],
    ['product, now refused', { packages: [{ product_id: 'none', pricing_option_id: 'none', budget: 1 }] }],
  ])('(other %s) is a conflict, of which nothing is told', async (_what, change) => {
    const args = purchase()
    await send(args)
    const before = await rowCounts(desk.db)
    const { isError, body } = await send({ ...args, ...change })
    expect(isError).toBe(true)
    expect(Object.keys(body.adcp_error ?? {}).toSorted()).toEqual(['code', 'message'])
    expect(body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
    expect(await rowCounts(desk.db)).toEqual(before)
  })
})

describe('an old key', () => {
  test('answers for a day, and then says that it is too old and buys nothing', async () => {
    const args = purchase()
    const first = await send(args)
    const born = desk.now
    desk.now = new Date(born.getTime() + 24 * HOUR + 59_999)
    expect((await send(args)).body).toEqual({ ...first.body, replayed: true })
    const before = await buys()
    for (const hours of [24 + 1 / 60, 48, 24 * 30]) {
      desk.now = new Date(born.getTime() + hours * HOUR)
      const { body } = await send(args)
      expect(body.adcp_error).toMatchObject({ code: 'IDEMPOTENCY_EXPIRED', field: 'idempotency_key' })
    }
    expect(await buys()).toBe(before)
    desk.now = born
  })
})

describe('a key somebody is still working on', () => {
  test('is answered IN_FLIGHT within seconds, and works once they are done', async () => {
    const args = purchase()
    const held = await desk.pool.connect()
    try {
      await held.query('begin')
      await held.query(
        `insert into idempotency_keys (principal_id, account_id, idempotency_key, tool, request_hash, expires_at)
         values ('pinnacle', $1, $2, 'create_media_buy', 'x', now())`,
        [account.account_id, args['idempotency_key']],
      )
      const { body } = await send(args)
      expect(body.adcp_error).toMatchObject({
        code: 'IDEMPOTENCY_IN_FLIGHT',
        recovery: 'transient',
        retry_after: 5,
      })
      await held.query('rollback')
    } finally {
      held.release()
    }
    expect((await send(args)).body).toMatchObject({ replayed: false })
  })
})
