import { beforeAll, describe, expect, test } from 'vitest'
import { webhookBody } from '../../src/adcp/webhook_payload.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { deliver, runningBuy } from '../support/delivery.ts'
import { mustBeOfficial, mustBeOfficialWebhook } from '../support/official_answer.ts'
import { aPurchase, testDesk, type Args, type TestBuyer, type ToolAnswer } from '../support/desk.ts'
import { everyItem } from '../support/pages.ts'

const desk = testDesk()
let buyer: TestBuyer
let sandbox: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  sandbox = await desk.buyer('sandbox_agent')
})

const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
const anItem = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}

/** A release as a buyer asks for it. buyer.call itself holds every answer against the official schemas of that release. */
const releases = [{}, { adcp_version: '3.0' }, { adcp_version: '3.1' }]

describe.each(releases)('what the official schemas accept, asked for %o', (version) => {
  const release = version.adcp_version ?? 'none'
  const valid = (tool: string, args: Args, as = buyer): Promise<ToolAnswer> =>
    as.call(tool, { ...version, ...args })

  test('get_adcp_capabilities', async () => {
    await valid('get_adcp_capabilities', {})
    await valid('get_adcp_capabilities', { protocols: ['media_buy'], context: { a: 1 } }, sandbox)
  })

  test('every product, with and without a brief, page by page', async () => {
    const all = await everyItem(buyer, 'get_products', 'products', { ...version, buying_mode: 'wholesale' })
    expect(all.length).toBeGreaterThan(50)
    await valid('get_products', {
      buying_mode: 'brief',
      brief: 'outdoor video',
      pagination: { max_results: 2 },
    })
    await valid('get_products', {
      buying_mode: 'brief',
      brief: 'video',
      filters: { channels: ['cinema'] },
    })
  })

  test('every creative format', async () => {
    const all = await everyItem(buyer, 'list_creative_formats', 'formats', version)
    expect(all.length).toBeGreaterThan(15)
  })

  test('a purchase accepted at once, and its replay', async () => {
    const args = aPurchase(
      {
        ...version,
        package: { targeting_overlay: { geo_countries: ['DE'] }, context: { line: '1' } },
        context: { a: 1 },
      },
      desk.now,
    )
    expect((await valid('create_media_buy', args)).isError).toBe(false)
    expect((await valid('create_media_buy', args)).body['replayed']).toBe(true)
    expect((await valid('create_media_buy', { ...args, po_number: 'other' })).isError).toBe(true)
  })

  test('a purchase with terms, creatives and an invoice of its own', async () => {
    const args = aPurchase(
      {
        ...version,
        account: { account_id: 'acc_acme_pinnacle' },
        invoice_recipient: {
          legal_name: 'Pinnacle Media GmbH',
          contacts: [{ role: 'billing', email: 'billing@pinnacle.example' }],
          bank: { account_holder: 'Pinnacle Media GmbH', iban: 'DE89370400440532013000' },
        },
        agency_estimate_number: 'EST-1',
        packages: [
          { ...anItem, creatives: [aBanner('schema_inline')] },
          {
            product_id: 'trail_video_preroll',
            pricing_option_id: 'cpm_eur_auction',
            budget: 4000,
            bid_price: 12,
            targeting_overlay: {
              property_list: { agent_url: 'https://lists.example', list_id: 'p', auth_token: 'x' },
              collection_list: { agent_url: 'https://lists.example', list_id: 'c' },
            },
            measurement_terms: {
              billing_measurement: { vendor: { domain: 'countwell.example' }, max_variance_percent: 12 },
            },
            performance_standards: [
              { metric: 'ivt', threshold: 0.03, vendor: { domain: 'countwell.example' } },
            ],
          },
        ],
      },
      desk.now,
    )
    const { isError, body } = await valid('create_media_buy', args)
    expect(isError).toBe(false)
    await valid('get_media_buys', {
      media_buy_ids: [body['media_buy_id']],
    })
  })

  test('a purchase that a person must approve, its task and what becomes of it', async () => {
    for (const decision of ['approved', 'rejected'] as const) {
      const { body } = await valid(
        'create_media_buy',
        aPurchase({ ...version, package: guaranteed }, desk.now),
      )
      const task_id = String(body['task_id'])
      await valid('tasks_get', { task_id, ...version })
      await decideApproval(desk.db, {
        tenant_id: 'northwind',
        id: task_id,
        decision,
        decided_by: 'Kim',
        now: desk.now,
        reason: 'Because.',
      })
      const { body: after } = await valid('tasks_get', { task_id, ...version })
      expect(after['status']).toBe(decision === 'approved' ? 'completed' : 'rejected')
    }
  })

  test('each webhook about a purchase', async () => {
    const push_notification_config = { url: 'https://buyer.example/hook', token: 'sixteen-or-more-letters' }
    const purchase = { ...version, push_notification_config, context: { a: 1 } }
    const buy = (item: Args) => buyer.call('create_media_buy', aPurchase({ ...purchase, ...item }, desk.now))
    await buy({})
    for (const decision of ['approved', 'rejected'] as const) {
      const { body } = await buy({ package: guaranteed })
      const id = String(body['task_id'])
      await decideApproval(desk.db, {
        tenant_id: 'northwind',
        id,
        decision,
        decided_by: 'Kim',
        now: desk.now,
        reason: 'Because.',
      })
    }
    const events = await desk.db.selectFrom('webhook_events').select('payload').execute()
    expect(events.length).toBeGreaterThanOrEqual(3)
    for (const { payload } of events) {
      mustBeOfficialWebhook(JSON.parse(webhookBody(payload, push_notification_config.token)) as Args)
    }
  })

  test('a sandbox purchase', async () => {
    const { body } = await valid(
      'create_media_buy',
      aPurchase({ account: { account_id: 'acc_sandbox' } }, desk.now),
      sandbox,
    )
    expect(body['sandbox']).toBe(true)
  })

  test('accounts declared, tried out and listed, and what they have left', async () => {
    const item = (domain: string, rest: Args = {}) => ({
      brand: { domain },
      operator: 'agency.example',
      billing: 'operator',
      ...rest,
    })
    const accounts = [
      item(`schema-a.${release}.example`),
      item(`schema-b.${release}.example`, { billing: 'agent' }),
    ]
    const args = { idempotency_key: `schema-accounts-${release}`, accounts }
    await valid('sync_accounts', { ...args, dry_run: true })
    const { body } = await valid('sync_accounts', args)
    expect(body['accounts']).toMatchObject([{ action: 'created' }, { action: 'failed' }])
    await valid('sync_accounts', args)
    const fewer = { accounts: [], delete_missing: true, idempotency_key: `schema-fewer-${release}` }
    expect((await valid('sync_accounts', fewer)).body['accounts']).toMatchObject([{ status: 'closed' }])
    expect((await valid('sync_accounts', { ...args, accounts: [] })).isError).toBe(true)
    await valid('list_accounts', {})
    await valid('list_accounts', { sandbox: true }, sandbox)
    for (const account_id of ['acc_acme_pinnacle', 'acc_lumen_pinnacle', 'acc_nobody'])
      await valid('get_account_financials', { account: { account_id } })
    const account = { brand: { domain: 'acmeoutdoor.example' }, operator: 'pinnacle-agency.example' }
    const period = { start: '2026-11-01', end: '2026-11-30' }
    expect((await valid('get_account_financials', { account, period })).isError).toBe(false)
  })

  test('all tasks, and feedback', async () => {
    const { body: tasks } = await valid('tasks_list', {
      pagination: { max_results: 1 },
      filters: { protocol: 'media-buy' },
    })
    expect(tasks['tasks']).toHaveLength(1)
    const { body: bought } = await buyer.call('create_media_buy', aPurchase({}, desk.now))
    const feedback = {
      idempotency_key: `schema-feedback-${release}`,
      media_buy_id: bought['media_buy_id'],
      measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' },
      performance_index: 1,
    }
    expect((await valid('provide_performance_feedback', feedback)).isError).toBe(false)
    const unknown = { ...feedback, media_buy_id: 'mb_nobody' }
    expect((await valid('provide_performance_feedback', unknown)).isError).toBe(true)
  })

  test.each([
    ['get_products', { buying_mode: 'refine' }],
    ['get_media_buys', { media_buy_ids: ['mb_nobody'] }],
    ['get_media_buy_delivery', { media_buy_ids: ['mb_nobody'] }],
    ['get_media_buy_delivery', { time_granularity: 'daily' }],
    ['tasks_get', { task_id: 'task_nobody' }],
    ['list_authorized_properties', { publisher_domains: ['nobody.example'] }],
    ['no_such_tool', {}],
  ])('each error of a refused %s', async (tool, args) => {
    expect((await valid(tool, args)).isError).toBe(true)
  })

  test('creatives synced, in part, in a dry run, refused, assigned and archived; the library they are in', async () => {
    const args = aPurchase({ packages: [{ ...anItem }, { ...anItem }] }, desk.now)
    const { body: bought } = await buyer.call('create_media_buy', args)
    const [first] = bought['packages'] as { package_id: string }[]
    const creatives = [
      aBanner(`a-${release}`, { tags: ['spring'] }),
      aBanner(`b-${release}`),
      aBanner(`c-${release}`, { assets: {} }),
    ]
    const assignments = [
      { creative_id: `a-${release}`, package_id: first?.package_id, weight: 30 },
      { creative_id: `b-${release}`, package_id: 'pkg_nobody' },
      { creative_id: 'nobody', package_id: first?.package_id },
    ]
    const lenient = { creatives, assignments, validation_mode: 'lenient' }
    expect((await valid('sync_creatives', aSync({ ...lenient, dry_run: true }))).isError).toBe(false)
    const sync = aSync(lenient)
    const { body } = await valid('sync_creatives', sync)
    expect((body['creatives'] as Args[]).map(({ action }) => action)).toEqual([
      'created',
      'created',
      'failed',
      'failed',
    ])
    await valid('sync_creatives', sync)
    await valid(
      'sync_creatives',
      aSync({ creatives: [aBanner(`b-${release}`, { name: 'B' })], delete_missing: true }),
    )
    expect((await valid('sync_creatives', aSync({ creatives }))).isError).toBe(true)
    await valid('sync_creatives', aSync({ account: { account_id: 'acc_sandbox' } }), sandbox)
    await valid('list_creatives', { pagination: { max_results: 1 }, include_snapshot: true })
    await valid('list_creatives', { filters: { statuses: ['approved'], unassigned: false } })
    await valid('list_creatives', {}, sandbox)
    const packages = [{ ...anItem, creative_assignments: [{ creative_id: `a-${release}`, weight: 1 }] }]
    await valid('create_media_buy', aPurchase({ packages }, desk.now))
  })

  test('a purchase refused for many reasons', async () => {
    const { body } = await valid(
      'create_media_buy',
      aPurchase(
        { package: { bid_price: 1, product_id: 'x' }, plan_id: 'p', end_time: '2026-12-16T00:00:00Z' },
        desk.now,
      ),
    )
    expect(body.errors?.length).toBeGreaterThan(2)
    await valid('create_media_buy', { idempotency_key: 'short' })
  })

  test.each([{}, { adcp_version: '3.0' }, { adcp_version: '3.1' }])(
    'what was delivered: nothing yet, late, running, final and corrected (%o)',
    async (version) => {
      const flight = { start_time: '2026-12-16T00:00:00Z', end_time: '2026-12-20T00:00:00Z' }
      const born = desk.now
      const { id } = await runningBuy(desk, buyer, { ...flight, packages: [anItem, anItem] })
      const args = { media_buy_ids: [id], include_package_daily_breakdown: true, ...version }
      await valid('get_media_buy_delivery', args)
      desk.now = new Date('2026-12-18T00:00:00Z')
      await valid('get_media_buy_delivery', args)
      const figures = { impressions: 100, spend: 1.23, clicks: 0, views: 9, completed_views: 3, q1_views: 5 }
      const more = {
        conversions: 2,
        conversion_value: 70,
        measurable_impressions: 0,
        viewable_impressions: 0,
      }
      await deliver(desk, id, { day: '2026-12-16', figures, final: true })
      await deliver(desk, id, { day: '2026-12-17', figures: { ...figures, ...more } })
      await valid('get_media_buy_delivery', args)
      await valid('get_media_buy_delivery', { ...args, end_date: '2026-12-16' })
      await valid('get_media_buy_delivery', { ...version, status_filter: 'rejected' })
      await valid('get_media_buy_delivery', version)
      desk.now = born
    },
  )

  test('what was bought, with everything one can ask for', async () => {
    const all = [
      'pending_creatives',
      'pending_start',
      'active',
      'paused',
      'completed',
      'rejected',
      'canceled',
    ]
    const extras = { include_snapshot: true, include_history: 10, include_webhook_activity: true }
    const { body } = await valid('get_media_buys', {
      status_filter: all,
      ...extras,
    })
    expect((body['media_buys'] as unknown[]).length).toBeGreaterThan(1)
    await valid('get_media_buys', {})
  })
})

test('what the schema of AdCP 2.5.3 accepts: list_authorized_properties', async () => {
  expect((await buyer.call('list_authorized_properties')).isError).toBe(false)
})

test('an answer AdCP does not allow fails the test that gets it', async () => {
  const { structuredContent } = await buyer.client.callTool({ name: 'get_media_buys', arguments: {} })
  const body = structuredContent as Args
  const judge = (changed: Args, isError = false) =>
    mustBeOfficial(
      'get_media_buys',
      {},
      {
        isError,
        structuredContent: changed,
        content: [{ text: JSON.stringify(changed) }],
      },
    )
  judge(body)
  expect(() => judge({ ...body, media_buys: 'none' })).toThrow('/media_buys must be array')
  expect(() => judge({ ...body, status: undefined })).toThrow('no status')
  expect(() => judge({ ...body, adcp_version: '3.1' })).toThrow('adcp_version is 3.1')
  expect(() => judge(body, true)).toThrow('a refusal without adcp_error and errors')
  const refusal = { status: 'failed', adcp_error: { code: 'A' }, errors: [{ code: 'A' }] }
  expect(() => judge(refusal, true)).toThrow("must have required property 'message'")
  expect(() => mustBeOfficialWebhook({ task_type: 'create_media_buy' })).toThrow('mcp-webhook-payload')
})
