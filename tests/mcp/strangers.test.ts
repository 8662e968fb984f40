import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args } from '../support/desk.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { rowCounts } from '../support/row_counts.ts'

/** Two publishers on one desk. */
const desk = testDesk()
const ids = { theirs: {} as Record<string, string>, none: {} as Record<string, string> }
let authorization: string

beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  authorization = `Bearer ${await desk.token()}`
  const south = await desk.buyer('south_agency')
  const item = { product_id: 'southwind_secret_product' }
  const account = { account_id: 'acc_southwind_acme' }
  const bought = await south.call('create_media_buy', aPurchase({ account, package: item }))
  const waiting = await south.call(
    'create_media_buy',
    aPurchase({ account, package: { ...item, budget: 60_000 } }),
  )
  // somebody else at our own publisher is a stranger, too
  const acme = await desk.buyer('acme_direct')
  const neighbour = await acme.call(
    'create_media_buy',
    aPurchase({ account: { account_id: 'acc_acme_direct' } }),
  )
  const neighbourWaits = await acme.call(
    'create_media_buy',
    aPurchase({ account: { account_id: 'acc_acme_direct' }, package: { budget: 60_000 } }),
  )
  ids.theirs = {
    buy: String(bought.body['media_buy_id']),
    task: String(waiting.body['task_id']),
    neighbourBuy: String(neighbour.body['media_buy_id']),
    neighbourTask: String(neighbourWaits.body['task_id']),
  }
  for (const id of Object.values(ids.theirs)) expect(id).toMatch(/^(mb|task|wf)_/)
})

/** The body of one call as our buyer, to the byte. */
const bodyOf = async (tool: string, args: Args) => {
  const answer = await ask(`${desk.url}/mcp`, {
    headers: { authorization },
    body: JSON.stringify({ ...rpcCall(tool, args), id: 1 }),
  })
  return answer.text
}
const invented = (id: string) => id.replace(/_.{22}$/, '_AAAAAAAAAAAAAAAAAAAAAA')

describe('what belongs to another publisher, or to another buyer of the same one, looks as if it did not exist', () => {
  test.each(['buy', 'neighbourBuy'])('get_media_buys of a stranger’s media buy (%s)', async (whose) => {
    const id = ids.theirs[whose] ?? ''
    for (const args of [
      {},
      { include_history: 5 },
      { status_filter: ['active', 'pending_creatives'] },
      { include_snapshot: true },
    ]) {
      const theirs = await bodyOf('get_media_buys', { media_buy_ids: [id], ...args })
      expect(theirs).toBe(await bodyOf('get_media_buys', { media_buy_ids: [invented(id)], ...args }))
      expect(theirs).not.toContain('"packages"')
    }
  })

  test.each(['buy', 'neighbourBuy'])(
    'get_media_buy_delivery of a stranger’s media buy (%s)',
    async (whose) => {
      const id = ids.theirs[whose] ?? ''
      for (const args of [
        {},
        { include_package_daily_breakdown: true },
        { start_date: '2026-12-01', end_date: '2026-12-02' },
        { status_filter: ['active', 'pending_creatives'], end_date: '2026-12-02' },
      ]) {
        const theirs = await bodyOf('get_media_buy_delivery', { media_buy_ids: [id], ...args })
        expect(theirs).toBe(
          await bodyOf('get_media_buy_delivery', { media_buy_ids: [invented(id)], ...args }),
        )
        expect(theirs).not.toContain('by_package')
      }
    },
  )

  test('get_media_buys never lists them, whatever is asked for', async () => {
    const all = [
      'pending_creatives',
      'pending_start',
      'active',
      'paused',
      'completed',
      'rejected',
      'canceled',
    ]
    for (const args of [
      { status_filter: all },
      { status_filter: all, account: { account_id: 'acc_southwind_acme' } },
      { status_filter: all, account: { account_id: 'acc_acme_direct' } },
    ])
      expect(await bodyOf('get_media_buys', args)).toContain('"media_buys":[]')
  })

  test.each(['task', 'neighbourTask'])('tasks_get of a stranger’s task (%s)', async (whose) => {
    const id = ids.theirs[whose] ?? ''
    for (const tool of ['tasks_get', 'tasks/get', 'get_task_status']) {
      const theirs = await bodyOf(tool, { task_id: id })
      expect(theirs).toBe(await bodyOf(tool, { task_id: invented(id) }))
      expect(theirs).toContain('REFERENCE_NOT_FOUND')
    }
  })

  test.each(['task', 'neighbourTask'])('tasks_list of a stranger’s task (%s)', async (whose) => {
    const id = ids.theirs[whose] ?? ''
    const list = (task: string) => bodyOf('tasks_list', { filters: { task_ids: [task] } })
    expect(await list(id)).toBe(await list(invented(id)))
    expect(await list(id)).toContain('"tasks":[]')
  })

  test.each(['buy', 'neighbourBuy'])('feedback on a stranger’s media buy (%s)', async (whose) => {
    const id = ids.theirs[whose] ?? ''
    const give = (media_buy_id: string) =>
      bodyOf('provide_performance_feedback', {
        idempotency_key: 'feedback-of-a-stranger',
        media_buy_id,
        measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' },
        performance_index: 1,
      })
    const before = await rowCounts(desk.db)
    expect(await give(id)).toBe(await give(invented(id)))
    expect(await give(id)).toContain('MEDIA_BUY_NOT_FOUND')
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test.each([
    ['buy', 'acc_southwind_acme'],
    ['neighbourBuy', 'acc_acme_direct'],
  ])('a change of a stranger’s media buy (%s), also for the account it is on', async (whose, theirs) => {
    const id = ids.theirs[whose] ?? ''
    const before = await rowCounts(desk.db)
    for (const account_id of [theirs, 'acc_nobody'])
      for (const args of [{ canceled: true }, { packages: [{ package_id: 'pkg_x', budget: 1 }] }, {}]) {
        const change = (media_buy_id: string) =>
          bodyOf('update_media_buy', {
            idempotency_key: 'change-of-a-stranger',
            account: { account_id },
            media_buy_id,
            ...args,
          })
        expect(await change(id)).toBe(await change(invented(id)))
        expect(await change(id)).toContain('MEDIA_BUY_NOT_FOUND')
      }
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test.each([
    ['acc_southwind_acme', 'acc_southwind_none'],
    ['acc_acme_direct', 'acc_acme_nobody'],
  ])('list_accounts and get_account_financials of %s', async (theirs, none) => {
    for (const tool of ['list_accounts', 'get_account_financials'])
      expect(await bodyOf(tool, { account: { account_id: theirs } })).toBe(
        await bodyOf(tool, { account: { account_id: none } }),
      )
    expect(await bodyOf('list_accounts', {})).not.toMatch(/southwind|acc_acme_direct/)
  })

  test.each([
    [
      'a product',
      { package: { product_id: 'southwind_secret_product' } },
      { package: { product_id: 'southwind_absent_product' } },
      'PRODUCT_NOT_FOUND',
    ],
    [
      'an account',
      { account: { account_id: 'acc_southwind_acme' } },
      { account: { account_id: 'acc_southwind_none' } },
      'ACCOUNT_NOT_FOUND',
    ],
    [
      'an account of a neighbour',
      { account: { account_id: 'acc_acme_direct' } },
      { account: { account_id: 'acc_acme_nobody' } },
      'ACCOUNT_NOT_FOUND',
    ],
  ])('create_media_buy with %s', async (_what, theirs, none, code) => {
    const before = await rowCounts(desk.db)
    const request = aPurchase()
    const [item] = request['packages'] as Args[]
    const body = (change: { package?: Args; account?: Args }) =>
      bodyOf('create_media_buy', {
        ...request,
        ...(change.account && { account: change.account }),
        packages: [{ ...item, ...change.package }],
      })
    const answer = await body(theirs)
    expect(answer).toBe(await body(none))
    expect(answer).toContain(code)
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test('creatives and packages of a stranger, in sync_creatives, list_creatives and create_media_buy', async () => {
    const acme = await desk.buyer('acme_direct')
    const account = { account_id: 'acc_acme_direct' }
    await acme.call('sync_creatives', aSync({ account, creatives: [aBanner('their_creative')] }))
    const { package_id: theirPackage } = await desk.db
      .selectFrom('media_packages')
      .select('package_id')
      .where('media_buy_id', '=', ids.theirs['neighbourBuy'] ?? '')
      .executeTakeFirstOrThrow()
    const before = await rowCounts(desk.db)
    const same = async (
      tool: string,
      args: (id: string) => Args,
      [theirs, none]: [string, string],
      code: string,
    ) => {
      const answer = await bodyOf(tool, args(theirs))
      expect(answer).toBe(await bodyOf(tool, args(none)))
      expect(answer).toContain(code)
    }
    const creatives: [string, string] = ['their_creative', 'inv_a_creative']
    const sync = aSync()
    const assigned = (creative_id: string, package_id: string) => ({
      ...sync,
      assignments: [{ creative_id, package_id }],
    })
    await same('sync_creatives', (id) => assigned(id, 'pkg_nobody'), creatives, 'CREATIVE_NOT_FOUND')
    await same(
      'sync_creatives',
      (id) => assigned('banner_1', id),
      [theirPackage, 'pkg_nobody'],
      'PACKAGE_NOT_FOUND',
    )
    await same(
      'list_creatives',
      (id) => ({ filters: { creative_ids: [id] } }),
      creatives,
      '"total_matching":0',
    )
    await same(
      'list_creatives',
      (id) => ({ filters: { assigned_to_packages: [id] } }),
      [theirPackage, 'pkg_nobody'],
      '"total_matching":0',
    )
    const purchase = aPurchase()
    const [item] = purchase['packages'] as Args[]
    const named = (creative_id: string) => ({
      ...purchase,
      packages: [{ ...item, creative_assignments: [{ creative_id }] }],
    })
    await same('create_media_buy', named, creatives, 'CREATIVE_NOT_FOUND')
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test('get_products neither finds another publisher’s product nor learns its words', async () => {
    const list = { fields: ['name'], pagination: { max_results: 100 } }
    for (const brief of ['Zyzzyva', 'zyzzyvva']) {
      const theirs = await bodyOf('get_products', { brief, ...list })
      expect(theirs).toBe(await bodyOf('get_products', { brief: brief.replace(/z/gi, 'q'), ...list }))
      expect(theirs).not.toMatch(/southwind|zyzzyva southwind/i)
    }
  })

  test('get_products, list_creative_formats, list_authorized_properties and get_adcp_capabilities give the same with and without the other publisher', async () => {
    const answers = () =>
      Promise.all(
        ['get_products', 'list_creative_formats', 'list_authorized_properties', 'get_adcp_capabilities'].map(
          (tool) =>
            bodyOf(
              tool,
              tool === 'get_products'
                ? {
                    buying_mode: 'wholesale',
                    fields: ['name', 'pricing_options'],
                    pagination: { max_results: 100 },
                  }
                : {},
            ),
        ),
      )
    const withThem = await answers()
    await desk.db.transaction().execute(async (trx) => {
      // PostgreSQL keeps an ad server on which orders stand, as it should
      await sql`set local session_replication_role = replica`.execute(trx)
      for (const table of ['products', 'creative_formats', 'adapter_configs'] as const)
        await trx
          .updateTable(table)
          .set({ archived_at: desk.now })
          .where('tenant_id', '=', 'southwind')
          .execute()
    })
    expect(await answers()).toEqual(withThem)
  })

  test('an idempotency key of a stranger is just free', async () => {
    const { idempotency_key } = await desk.db
      .selectFrom('idempotency_keys')
      .select('idempotency_key')
      .where('principal_id', '=', 'acme_direct')
      .executeTakeFirstOrThrow()
    const answer = await bodyOf('create_media_buy', { ...aPurchase(), idempotency_key })
    expect(answer).toContain('"replayed":false')
    expect(answer).not.toContain(String(ids.theirs['neighbourBuy']))
  })
})
