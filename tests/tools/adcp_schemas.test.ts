import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { beforeAll, describe, expect, test } from 'vitest'
import { webhookBody } from '../../src/adcp/webhook_payload.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer, type ToolAnswer } from '../support/desk.ts'

// the official JSON Schemas, as @adcp/sdk ships them; ADCP_SCHEMAS may name another release's folder
const shipped = join(
  dirname(createRequire(import.meta.url).resolve('@adcp/sdk/package.json')),
  'dist/lib/schemas-data/3.0',
)
const folder = process.env['ADCP_SCHEMAS'] ?? shipped
const release = process.env['ADCP_RELEASE'] ?? '3.0'
const desk = testDesk()
let buyer: TestBuyer
let sandbox: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  sandbox = await desk.buyer('sandbox_agent')
})

const ajv = new Ajv({ strict: false, allErrors: true })
;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
let root = ''
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.json') || file.startsWith('bundled')) continue
  const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { $id?: string }
  if (!schema.$id?.startsWith('/schemas/')) continue
  root = schema.$id.split('/').slice(0, 3).join('/')
  if (!ajv.getSchema(schema.$id)) ajv.addSchema(schema)
}
const schemaOf = (path: string) => ajv.getSchema(`${root}/${path}.json`) as ValidateFunction

/** The answer, after making sure that the official schema accepts it as it stands. */
async function valid(tool: string, path: string, args: Args, as = buyer): Promise<ToolAnswer> {
  const answer = await as.call(tool, release === '3.1' ? { adcp_version: '3.1', ...args } : args)
  const validate = schemaOf(path)
  const accepted = validate(answer.body)
  expect(
    accepted
      ? []
      : validate.errors?.map(({ instancePath, message, params }) => ({ instancePath, message, params })),
  ).toEqual([])
  return answer
}

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
const create = 'media-buy/create-media-buy-response'
const versions = release === '3.1' ? [{ adcp_version: '3.1' }] : [{}, { adcp_version: '3.0' }]

describe(`what AdCP's own schemas (${release}) accept`, () => {
  test('get_adcp_capabilities', async () => {
    await valid('get_adcp_capabilities', 'protocol/get-adcp-capabilities-response', {})
    await valid(
      'get_adcp_capabilities',
      'protocol/get-adcp-capabilities-response',
      { protocols: ['media_buy'], context: { a: 1 } },
      sandbox,
    )
  })

  test('every product, with and without a brief, page by page', async () => {
    const path = 'media-buy/get-products-response'
    const { body } = await valid('get_products', path, {
      buying_mode: 'wholesale',
      pagination: { max_results: 100 },
    })
    expect((body['products'] as unknown[]).length).toBeGreaterThan(50)
    await valid('get_products', path, {
      buying_mode: 'brief',
      brief: 'outdoor video',
      pagination: { max_results: 2 },
    })
    await valid('get_products', path, {
      buying_mode: 'brief',
      brief: 'video',
      filters: { channels: ['cinema'] },
    })
  })

  test('every creative format', async () => {
    const { body } = await valid('list_creative_formats', 'media-buy/list-creative-formats-response', {
      pagination: { max_results: 100 },
    })
    expect((body['formats'] as unknown[]).length).toBeGreaterThan(15)
  })

  test.each(versions)('a purchase accepted at once, and its replay (%o)', async (version) => {
    const args = aPurchase(
      {
        ...version,
        package: { targeting_overlay: { geo_countries: ['DE'] }, context: { line: '1' } },
        context: { a: 1 },
      },
      desk.now,
    )
    expect((await valid('create_media_buy', create, args)).isError).toBe(false)
    expect((await valid('create_media_buy', create, args)).body['replayed']).toBe(true)
    expect((await valid('create_media_buy', create, { ...args, po_number: 'other' })).isError).toBe(true)
  })

  test.each(versions)('a purchase with terms, creatives and an invoice of its own (%o)', async (version) => {
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
    const { isError, body } = await valid('create_media_buy', create, args)
    expect(isError).toBe(false)
    await valid('get_media_buys', 'media-buy/get-media-buys-response', {
      media_buy_ids: [body['media_buy_id']],
    })
  })

  test.each(versions)(
    'a purchase that a person must approve, its task and what becomes of it (%o)',
    async (version) => {
      const tasks = 'core/tasks-get-response'
      for (const decision of ['approved', 'rejected'] as const) {
        const { body } = await valid(
          'create_media_buy',
          create,
          aPurchase({ ...version, package: guaranteed }, desk.now),
        )
        const task_id = String(body['task_id'])
        await valid('tasks_get', tasks, { task_id, ...version })
        await decideApproval(desk.db, {
          tenant_id: 'northwind',
          id: task_id,
          decision,
          decided_by: 'Kim',
          now: desk.now,
          reason: 'Because.',
        })
        const { body: after } = await valid('tasks_get', tasks, { task_id, ...version })
        expect(after['status']).toBe(decision === 'approved' ? 'completed' : 'rejected')
      }
    },
  )

  test.each(versions)('each webhook about a purchase (%o)', async (version) => {
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
    const validate = schemaOf('core/mcp-webhook-payload')
    for (const { payload } of events) {
      const body: unknown = JSON.parse(webhookBody(payload, push_notification_config.token))
      expect(validate(body) ? [] : validate.errors).toEqual([])
    }
  })

  test('a sandbox purchase', async () => {
    const { body } = await valid(
      'create_media_buy',
      create,
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
    const accounts = [item('schema-a.example'), item('schema-b.example', { billing: 'agent' })]
    const args = { idempotency_key: `schema-accounts-${release}`, accounts }
    const path = 'account/sync-accounts-response'
    await valid('sync_accounts', path, { ...args, dry_run: true })
    const { body } = await valid('sync_accounts', path, args)
    expect(body['accounts']).toMatchObject([{ action: 'created' }, { action: 'failed' }])
    await valid('sync_accounts', path, args)
    const fewer = { accounts: [], delete_missing: true, idempotency_key: `schema-fewer-${release}` }
    expect((await valid('sync_accounts', path, fewer)).body['accounts']).toMatchObject([{ status: 'closed' }])
    expect((await valid('sync_accounts', path, { ...args, accounts: [] })).isError).toBe(true)
    await valid('list_accounts', 'account/list-accounts-response', {})
    await valid('list_accounts', 'account/list-accounts-response', { sandbox: true }, sandbox)
    const financials = 'account/get-account-financials-response'
    for (const account_id of ['acc_acme_pinnacle', 'acc_lumen_pinnacle', 'acc_nobody'])
      await valid('get_account_financials', financials, { account: { account_id } })
    const account = { brand: { domain: 'acmeoutdoor.example' }, operator: 'pinnacle-agency.example' }
    const period = { start: '2026-11-01', end: '2026-11-30' }
    expect((await valid('get_account_financials', financials, { account, period })).isError).toBe(false)
  })

  test('all tasks, and feedback', async () => {
    const { body: tasks } = await valid('tasks_list', 'core/tasks-list-response', {
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
    const path = 'media-buy/provide-performance-feedback-response'
    expect((await valid('provide_performance_feedback', path, feedback)).isError).toBe(false)
    const unknown = { ...feedback, media_buy_id: 'mb_nobody' }
    expect((await valid('provide_performance_feedback', path, unknown)).isError).toBe(true)
  })

  test.each([
    ['get_products', { buying_mode: 'refine' }],
    ['get_media_buys', { media_buy_ids: ['mb_nobody'] }],
    ['tasks_get', { task_id: 'task_nobody' }],
    ['list_authorized_properties', { publisher_domains: ['nobody.example'] }],
    ['no_such_tool', {}],
  ])('each error of a refused %s', async (tool, args) => {
    const { isError, body } = await buyer.call(tool, args)
    expect(isError).toBe(true)
    const validate = schemaOf('core/error')
    for (const error of [body.adcp_error, ...(body.errors ?? [])])
      expect(validate(error) ? [] : validate.errors).toEqual([])
  })

  test('creatives synced, in part, in a dry run, refused, assigned and archived; the library they are in', async () => {
    const path = 'creative/sync-creatives-response'
    const args = aPurchase({ packages: [{ ...anItem }, { ...anItem }] }, desk.now)
    const { body: bought } = await buyer.call('create_media_buy', args)
    const [first] = bought['packages'] as { package_id: string }[]
    const creatives = [aBanner('a', { tags: ['spring'] }), aBanner('b'), aBanner('c', { assets: {} })]
    const assignments = [
      { creative_id: 'a', package_id: first?.package_id, weight: 30 },
      { creative_id: 'b', package_id: 'pkg_nobody' },
      { creative_id: 'nobody', package_id: first?.package_id },
    ]
    const lenient = { creatives, assignments, validation_mode: 'lenient' }
    expect((await valid('sync_creatives', path, aSync({ ...lenient, dry_run: true }))).isError).toBe(false)
    const sync = aSync(lenient)
    const { body } = await valid('sync_creatives', path, sync)
    expect((body['creatives'] as Args[]).map(({ action }) => action)).toEqual([
      'created',
      'created',
      'failed',
      'failed',
    ])
    await valid('sync_creatives', path, sync)
    await valid(
      'sync_creatives',
      path,
      aSync({ creatives: [aBanner('b', { name: 'B' })], delete_missing: true }),
    )
    expect((await valid('sync_creatives', path, aSync({ creatives }))).isError).toBe(true)
    await valid('sync_creatives', path, aSync({ account: { account_id: 'acc_sandbox' } }), sandbox)

    const list = 'creative/list-creatives-response'
    await valid('list_creatives', list, { pagination: { max_results: 1 }, include_snapshot: true })
    await valid('list_creatives', list, { filters: { statuses: ['approved'], unassigned: false } })
    await valid('list_creatives', list, {}, sandbox)
    const packages = [{ ...anItem, creative_assignments: [{ creative_id: 'a', weight: 1 }] }]
    await valid('create_media_buy', create, aPurchase({ packages }, desk.now))
  })

  test('a purchase refused for many reasons', async () => {
    const { body } = await valid(
      'create_media_buy',
      create,
      aPurchase(
        { package: { bid_price: 1, product_id: 'x' }, plan_id: 'p', end_time: '2026-12-16T00:00:00Z' },
        desk.now,
      ),
    )
    expect(body.errors?.length).toBeGreaterThan(2)
    await valid('create_media_buy', create, { idempotency_key: 'short' })
  })

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
    const { body } = await valid('get_media_buys', 'media-buy/get-media-buys-response', {
      status_filter: all,
      ...extras,
    })
    expect((body['media_buys'] as unknown[]).length).toBeGreaterThan(1)
    await valid('get_media_buys', 'media-buy/get-media-buys-response', {})
  })
})

test.skipIf(release === '3.1')(
  'what the schema of AdCP 2.5.3 accepts: list_authorized_properties',
  async () => {
    const old = new Ajv({ strict: false, allErrors: true })
    ;(addFormats as unknown as (ajv: Ajv) => void)(old)
    const dir = join(shipped, '../v2.5')
    for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.json') || file.startsWith('bundled')) continue
      const schema = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { $id?: string }
      if (schema.$id && !old.getSchema(schema.$id)) old.addSchema(schema)
    }
    const id =
      Object.keys(old.schemas).find((one) => one.endsWith('list-authorized-properties-response.json')) ?? ''
    const validate = old.getSchema(id)
    const { body } = await buyer.call('list_authorized_properties')
    expect(validate?.(body) ? [] : validate?.errors).toEqual([])
  },
)
