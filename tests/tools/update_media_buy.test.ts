import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { rowCounts } from '../support/row_counts.ts'
import { aChange, updates } from '../support/updates.ts'

const desk = testDesk()
let buyer: TestBuyer
const { change, buy, see, inDays } = updates(desk, () => buyer)

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  await buyer.call('sync_creatives', aSync({ creatives: [aBanner('a'), aBanner('b')] }))
  await desk.db
    .updateTable('products')
    .set({ approval_policy: 'auto' })
    .where('product_id', '=', 'trail_video_premium')
    .execute()
})

const open = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const premium = { product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 7040 }
const codes = (body: Args) =>
  (body['errors'] as { code: string; field?: string }[]).map(({ code, field }) => [code, field])

describe('a buyer', () => {
  test('pauses, resumes and cancels', async () => {
    const { media_buy_id } = await buy()
    const paused = await change(media_buy_id, { paused: true })
    expect(paused.body).toMatchObject({
      status: 'paused',
      media_buy_status: 'paused',
      revision: 2,
      affected_packages: [],
      implementation_date: desk.now.toISOString(),
      replayed: false,
    })
    expect(paused.body['valid_actions']).toContain('resume')
    expect((await change(media_buy_id, { paused: false, adcp_version: '3.1' })).body).toMatchObject({
      status: 'completed',
      media_buy_status: 'active',
      revision: 3,
    })
    const over = await change(media_buy_id, { canceled: true, cancellation_reason: 'No money', paused: true })
    const cancellation = { canceled_at: desk.now.toISOString(), canceled_by: 'buyer', reason: 'No money' }
    expect(over.body).toMatchObject({ status: 'canceled', revision: 4, cancellation, valid_actions: [] })
    expect(await see(media_buy_id)).toMatchObject({ status: 'canceled', cancellation, valid_actions: [] })
    expect((await change(media_buy_id, { canceled: true })).body.adcp_error?.code).toBe('NOT_CANCELLABLE')
    for (const args of [{ paused: true }, { paused: false }, { end_time: inDays(40) }])
      expect((await change(media_buy_id, args)).body.adcp_error?.code).toBe('INVALID_STATE')
  })

  test('changes budget, bid, targeting and creatives of a package, and nothing else of it', async () => {
    const { media_buy_id, package_id } = await buy()
    const before = await see(media_buy_id)
    const wanted = {
      budget: 5000,
      bid_price: 6,
      targeting_overlay: { geo_countries: ['DE'] },
      creative_assignments: [{ creative_id: 'a', weight: 30 }],
    }
    const { body } = await change(media_buy_id, { revision: 1, packages: [{ package_id, ...wanted }] })
    expect(body).toMatchObject({ revision: 2, status: 'pending_start', total_budget: 5000 })
    expect(body['affected_packages']).toEqual([{ ...before.packages[0], ...wanted }])
    const after = await see(media_buy_id)
    expect(after).toMatchObject({ revision: 2, status: 'pending_start', total_budget: 5000 })
    expect(after.history.map(({ action, summary }) => [action, summary])).toEqual([
      ['creatives_assigned', 'pending_creatives → pending_start'],
      ['creatives_assigned', 'Shows a'],
      ['targeting_updated', 'Targeting changed'],
      ['updated_packages', 'Bid from 5 to 6 EUR'],
      ['updated_budget', 'Budget from 4,000 to 5,000 EUR'],
      ['created', undefined],
    ])
  })

  test('brings creatives: beside the others in 3.0, in their place in 3.1', async () => {
    const { media_buy_id, package_id } = await buy({
      package: { creative_assignments: [{ creative_id: 'a' }] },
    })
    const shows = async () => (await see(media_buy_id)).packages[0]?.['creative_assignments']
    await change(media_buy_id, { packages: [{ package_id, creatives: [aBanner('inline_1')] }] })
    expect(await shows()).toEqual([{ creative_id: 'a' }, { creative_id: 'inline_1' }])
    await change(media_buy_id, {
      adcp_version: '3.1',
      packages: [{ package_id, creatives: [aBanner('inline_2')] }],
    })
    expect(await shows()).toEqual([{ creative_id: 'inline_2' }])
    await change(media_buy_id, { packages: [{ package_id, creative_assignments: [] }] })
    expect(await shows()).toBeUndefined()
  })

  test('moves the end: packages that ended with the buy follow, one with its own dates stays', async () => {
    const { media_buy_id, package_ids } = await buy({ packages: [open, { ...open, end_time: inDays(20) }] })
    const { body } = await change(media_buy_id, { end_time: inDays(50) })
    expect(body).toMatchObject({ revision: 2, affected_packages: [] })
    const { packages, end_time } = await see(media_buy_id)
    expect([end_time, ...packages.map((item) => item['end_time'])]).toEqual([
      inDays(50),
      inDays(50),
      inDays(20),
    ])
    const early = await change(media_buy_id, { end_time: inDays(16) })
    expect(codes(early.body)).toEqual([['INVALID_REQUEST', 'end_time']])
    expect(package_ids).toHaveLength(2)
  })

  test('adds a package, pauses one and cancels one; the total follows', async () => {
    const { media_buy_id, package_ids } = await buy({ packages: [open, open] })
    const [first, second] = package_ids
    const { body } = await change(media_buy_id, {
      packages: [
        { package_id: first, paused: true },
        { package_id: second, canceled: true, cancellation_reason: 'Too dear', budget: 9999 },
      ],
      new_packages: [{ ...open, budget: 1000, paused: true }],
    })
    expect(body).toMatchObject({ revision: 2, total_budget: 5000 })
    const [one, two, three] = (await see(media_buy_id)).packages
    expect(one).toMatchObject({ paused: true, canceled: false })
    expect(two).toMatchObject({
      canceled: true,
      budget: 4000,
      cancellation: { canceled_by: 'buyer', reason: 'Too dear', canceled_at: desk.now.toISOString() },
    })
    expect(three).toMatchObject({ budget: 1000, paused: true })
    expect(body['affected_packages']).toHaveLength(3)
    const again = await change(media_buy_id, { packages: [{ package_id: second, canceled: true }] })
    expect(codes(again.body)).toEqual([['NOT_CANCELLABLE', 'packages[0].package_id']])
    const more = await change(media_buy_id, { packages: [{ package_id: second, budget: 1 }] })
    expect(codes(more.body)).toEqual([['INVALID_STATE', 'packages[0].package_id']])
    const all = [first, three?.['package_id']].map((package_id) => ({ package_id, canceled: true }))
    expect(codes((await change(media_buy_id, { packages: all })).body)).toEqual([
      ['NOT_CANCELLABLE', 'packages'],
    ])
  })

  test('is told everything that is wrong at once, and nothing is changed', async () => {
    const { media_buy_id, package_id } = await buy()
    const before = await rowCounts(desk.db)
    const { body } = await change(media_buy_id, {
      total_budget: { amount: 1, currency: 'EUR' },
      invoice_recipient: { legal_name: 'Somebody' },
      end_time: inDays(1000),
      packages: [
        { package_id: 'pkg_nobody', budget: 1 },
        { package_id, bid_price: 0.01, budget: 0, impressions: 1.5, product_id: 'other', catalogs: [{}] },
        { package_id, paused: true },
      ],
      new_packages: [{ ...open, product_id: 'nothing' }],
    })
    expect(codes(body)).toEqual(
      expect.arrayContaining([
        ['PACKAGE_NOT_FOUND', 'packages[0].package_id'],
        ['INVALID_REQUEST', 'packages[2].package_id'],
        ['INVALID_REQUEST', 'packages[1].product_id'],
        ['UNSUPPORTED_FEATURE', 'packages[1].catalogs'],
        ['UNSUPPORTED_FEATURE', 'invoice_recipient'],
        ['INVALID_REQUEST', 'total_budget'],
        ['PRODUCT_NOT_FOUND', 'new_packages[0].product_id'],
        ['INVALID_REQUEST', 'packages[1].bid_price'],
        ['BUDGET_TOO_LOW', 'packages[1].budget'],
        ['INVALID_REQUEST', 'packages[1].impressions'],
        ['INVALID_REQUEST', 'end_time'],
      ]),
    )
    expect(await rowCounts(desk.db)).toEqual(before)
    expect(codes((await change(media_buy_id, {})).body)).toEqual([['INVALID_REQUEST', undefined]])
  })

  test('that asks for what is there already changes nothing, not even the revision', async () => {
    const { media_buy_id, package_id } = await buy()
    const { body } = await change(media_buy_id, { paused: false, packages: [{ package_id, budget: 4000 }] })
    expect(body).toMatchObject({ revision: 1, status: 'pending_creatives' })
    expect((await see(media_buy_id)).history).toHaveLength(1)
  })

  test('gets one answer for one key, and CONFLICT for a revision that is gone', async () => {
    const { media_buy_id } = await buy()
    const args = aChange(media_buy_id, { paused: true, revision: 1 })
    const first = await buyer.call('update_media_buy', args)
    expect((await buyer.call('update_media_buy', args)).body).toEqual({ ...first.body, replayed: true })
    const stale = await change(media_buy_id, { paused: false, revision: 1 })
    expect(stale.body.adcp_error).toMatchObject({
      code: 'CONFLICT',
      field: 'revision',
      recovery: 'transient',
    })
    const other = await buyer.call('update_media_buy', { ...args, paused: false })
    expect(other.body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
  })

  test('may not go below what was spent, nor above what the account has left', async () => {
    const { media_buy_id, package_id } = await buy()
    await sql`insert into package_delivery
      (tenant_id, media_buy_id, package_id, day, source, impressions, spend, as_of, recorded_at)
      values ('northwind', ${media_buy_id}, ${package_id}, '2026-12-15', 'sandbox', 1, 3500.5, now(), now())`.execute(
      desk.db,
    )
    const low = await change(media_buy_id, { packages: [{ package_id, budget: 3500 }] })
    expect(codes(low.body)).toEqual([['BUDGET_TOO_LOW', 'packages[0].budget']])
    expect((await change(media_buy_id, { packages: [{ package_id, budget: 3501 }] })).isError).toBe(false)
    await sql`update accounts set credit_limit = 20000, credit_currency = 'EUR'
      where account_id = (select account_id from media_buys where media_buy_id = ${media_buy_id})`.execute(
      desk.db,
    )
    const high = await change(media_buy_id, { packages: [{ package_id, budget: 40000 }] })
    expect(codes(high.body)).toEqual([['BUDGET_EXCEEDED', 'account']])
    await sql`update accounts set credit_limit = null, credit_currency = null`.execute(desk.db)
  })

  test('adds and takes away single keywords where the ad server knows them', async () => {
    const { media_buy_id, package_id } = await buy()
    const add = { package_id, keyword_targets_add: [{ keyword: 'tent', match_type: 'exact', bid_price: 2 }] }
    expect(codes((await change(media_buy_id, { packages: [add] })).body)).toEqual([
      ['UNSUPPORTED_FEATURE', 'packages[0].targeting_overlay.keyword_targets'],
    ])
    await sql`update adapter_configs set capabilities = jsonb_set(capabilities, '{targeting}', capabilities->'targeting' || '["keyword_targets"]')`.execute(
      desk.db,
    )
    await change(media_buy_id, { packages: [add] })
    const { body } = await change(media_buy_id, {
      packages: [
        {
          package_id,
          keyword_targets_add: [{ keyword: 'boot', match_type: 'broad' }],
          keyword_targets_remove: [
            { keyword: 'tent', match_type: 'exact' },
            { keyword: 'x', match_type: 'exact' },
          ],
        },
      ],
    })
    expect((body['affected_packages'] as Args[])[0]?.['targeting_overlay']).toEqual({
      keyword_targets: [{ keyword: 'boot', match_type: 'broad' }],
    })
    const both = { ...add, targeting_overlay: { keyword_targets: [{ keyword: 'y', match_type: 'exact' }] } }
    expect(codes((await change(media_buy_id, { packages: [both] })).body)).toEqual([
      ['INVALID_REQUEST', 'packages[0].targeting_overlay.keyword_targets'],
    ])
  })

  test('cancels: impressions and creatives are free again, the creatives stay in the library', async () => {
    const { media_buy_id } = await buy({
      packages: [premium, { ...open, creative_assignments: [{ creative_id: 'b' }] }],
    })
    const holding = async () => {
      const { rows } = await sql<{ held: number; shown: number }>`select
        (select count(*)::int from reservations join media_packages using (package_id) where media_buy_id = ${media_buy_id} and released_at is null) as held,
        (select count(*)::int from creative_assignments join media_packages using (package_id) where media_buy_id = ${media_buy_id}) as shown`.execute(
        desk.db,
      )
      return rows[0]
    }
    expect(await holding()).toEqual({ held: 22, shown: 1 })
    await change(media_buy_id, { canceled: true })
    expect(await holding()).toEqual({ held: 0, shown: 0 })
    const { body } = await buyer.call('list_creatives', { filters: { creative_ids: ['b'] } })
    expect(body['creatives']).toMatchObject([{ creative_id: 'b', status: 'approved' }])
  })
})

test('a sandbox buyer changes its media buy whatever account it names; a real one only on the right account', async () => {
  const sandbox = await desk.buyer('sandbox_agent')
  const other = { brand: { domain: 'acme-outdoor.example' }, operator: 'somebody-else.example' }
  for (const [as, account, code] of [
    [sandbox, { account_id: 'acc_sandbox' }, undefined],
    [buyer, aPurchase()['account'], 'MEDIA_BUY_NOT_FOUND'],
  ] as const) {
    const { body } = await as.call('create_media_buy', aPurchase({ account }, desk.now))
    const args = { ...aChange(String(body['media_buy_id']), { paused: true }), account: other }
    expect((await as.call('update_media_buy', args)).body.adcp_error?.code).toBe(code)
  }
})

describe('a purchase that begins paused', () => {
  test('is paused once it is accepted, and active when it goes on', async () => {
    const { media_buy_id } = await buy({ paused: true, package: { paused: true } })
    expect(await see(media_buy_id)).toMatchObject({ status: 'paused', packages: [{ paused: true }] })
    expect((await change(media_buy_id, { paused: false })).body['status']).toBe('active')
    const { body } = await buyer.call(
      'create_media_buy',
      aPurchase({ paused: true, adcp_version: '3.1' }, desk.now),
    )
    expect(body).toMatchObject({ status: 'completed', media_buy_status: 'paused' })
  })
})
