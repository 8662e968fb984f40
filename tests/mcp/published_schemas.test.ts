import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { publishedSchema, type PlainSchema } from '../../src/mcp/input_schema.ts'
import { sandboxTools, tools as registered } from '../../src/tools/index.ts'
import { testDesk } from '../support/desk.ts'
import { ask } from '../support/raw_http.ts'

/**
 * Every top-level request field of AdCP 3.0.26 and 3.1.19 (schemas/<release>/…-request.json, version envelope included).
 * Buyers built on @adcp/sdk silently drop each argument that tools/list does not name, so leaving one out loses it.
 */
const writes = [
  'create_media_buy',
  'update_media_buy',
  'sync_accounts',
  'sync_creatives',
  'provide_performance_feedback',
]
const destroys = ['create_media_buy', 'update_media_buy', 'sync_accounts', 'sync_creatives']
const envelope = 'adcp_version adcp_major_version context ext'
const official: Record<string, string> = {
  get_adcp_capabilities: 'protocols',
  sync_accounts: 'idempotency_key accounts delete_missing dry_run push_notification_config',
  list_accounts: 'account status sandbox pagination',
  get_account_financials: 'account period',
  list_authorized_properties: 'publisher_domains',
  list_creative_formats:
    'format_ids asset_types max_width max_height min_width min_height is_responsive name_search publisher_domain property_id wcag_level disclosure_positions disclosure_persistence output_format_ids input_format_ids pagination',
  get_products:
    'buying_mode brief refine brand catalog account preferred_delivery_types filters property_list fields time_budget push_notification_config pagination if_wholesale_feed_version if_pricing_version required_policies',
  create_media_buy:
    'idempotency_key plan_id account proposal_id total_budget packages brand advertiser_industry invoice_recipient io_acceptance po_number agency_estimate_number start_time end_time paused push_notification_config reporting_webhook artifact_webhook',
  update_media_buy:
    'account media_buy_id revision paused canceled cancellation_reason start_time end_time packages invoice_recipient new_packages reporting_webhook push_notification_config idempotency_key',
  get_media_buys:
    'account media_buy_ids status_filter include_snapshot include_history include_webhook_activity webhook_activity_limit pagination',
  get_media_buy_delivery:
    'account media_buy_ids status_filter start_date end_date include_package_daily_breakdown time_granularity include_window_breakdown attribution_window reporting_dimensions',
  sync_creatives:
    'idempotency_key account creatives creative_ids assignments delete_missing dry_run validation_mode push_notification_config',
  list_creatives:
    'filters sort pagination include_assignments include_snapshot include_items include_variables include_pricing include_purged include_webhook_activity webhook_activity_limit account fields',
  tasks_get: 'task_id account include_history include_result',
  tasks_list: 'account filters sort pagination include_history',
  provide_performance_feedback:
    'media_buy_id idempotency_key measurement_period performance_index package_id creative_id metric_type feedback_source',
}

interface Listed {
  name: string
  title: string
  description: string
  inputSchema: PlainSchema & Record<string, unknown>
  annotations: Record<string, unknown>
}
const desk = testDesk()
let text: string
let tools: Listed[]
const list = async (principalId?: string) => {
  const headers = { authorization: `Bearer ${await desk.token(principalId)}` }
  return (await ask(`${desk.url}/mcp`, { headers, body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' }))
    .text
}
beforeAll(async () => {
  text = await list()
  tools = (JSON.parse(text) as { result: { tools: Listed[] } }).result.tools
})
const each = registered.map(({ name }) => name)
const listed = (name: string) =>
  tools.find((tool) => tool.name === name) ?? expect.unreachable(`${name} is not listed`)

/** Every schema within a schema, with where it stands and how deep. */
function* within(
  schema: PlainSchema,
  path = '',
  depth = 0,
): Generator<{ path: string; depth: number; schema: PlainSchema }> {
  yield { path, depth, schema }
  for (const [key, property] of Object.entries(schema.properties ?? {}))
    yield* within(property, `${path}/${key}`, depth + 1)
  if (schema.items) yield* within(schema.items, `${path}[]`, depth)
}

describe('tools/list', () => {
  test('is the same to the byte for every buyer, every time', async () => {
    for (const principal of ['pinnacle', 'acme_direct', 'sandbox_agent', 'brightwater_energy'])
      expect(await list(principal)).toBe(text)
  })

  test('is made once, not for each request', async () => {
    const hash = createHash('sha256').update(text).digest('hex')
    const [tool] = registered
    const { description } = tool
    try {
      Object.assign(tool, { description: 'changed after the start' })
      expect(
        createHash('sha256')
          .update(await list())
          .digest('hex'),
      ).toBe(hash)
    } finally {
      Object.assign(tool, { description })
    }
  })

  test('names every file of src/tools, by the name of the file', () => {
    const files = readdirSync(new URL('../../src/tools/', import.meta.url), { withFileTypes: true })
      .filter((file) => file.isFile() && !['index.ts', 'define-tool.ts'].includes(file.name))
      .map((file) => file.name.replace(/\.ts$/, ''))
      .filter((name) => !sandboxTools.some((tool) => tool.name === name)) // listed for sandbox buyers only
    expect(tools.map(({ name }) => name).sort()).toEqual(files.sort())
    expect(Object.keys(official).sort()).toEqual(files.sort())
  })

  test('fits into an LLM’s context: 10,000 tokens in all, 700 a tool, at most 16 tools', () => {
    const tokens = (value: unknown) => Math.ceil(JSON.stringify(value).length / 4)
    const rows = tools.map((tool) => `${String(tokens(tool)).padStart(6)}  ${tool.name}`)
    process.stdout.write(
      `${['tokens  tool', ...rows, `${String(tokens(tools)).padStart(6)}  in all`].join('\n')}\n`,
    )
    expect(tools.length).toBeLessThanOrEqual(16)
    expect(tokens(tools)).toBeLessThanOrEqual(10_000)
    expect(tokens(tools) / tools.length).toBeLessThanOrEqual(700)
  })

  test('uses names every host takes', () => {
    for (const { name } of tools) expect(name).toMatch(/^[a-z0-9_]{1,40}$/)
  })
})

describe.each(each)('%s', (name) => {
  test('looks as it did when somebody last looked at it', async () => {
    const surface = `${JSON.stringify(listed(name), null, 2)}\n`
    await expect(surface).toMatchFileSnapshot(`./__surface__/${name}.json`)
  })

  test('says what it is for, and whether it spends money', () => {
    const { title, description, annotations } = listed(name)
    expect(title.length).toBeGreaterThan(5)
    expect(description.length).toBeGreaterThan(40)
    expect(annotations).toEqual({
      title,
      readOnlyHint: !writes.includes(name) && name !== 'get_products', // finalize writes
      destructiveHint: destroys.includes(name),
      idempotentHint: true,
      openWorldHint: writes.includes(name),
    })
  })

  test('publishes an object with properties, and none of the words that some hosts choke on', () => {
    const { inputSchema } = listed(name)
    expect(inputSchema.type).toBe('object')
    expect(Object.keys(inputSchema.properties ?? {}).length).toBeGreaterThan(0)
    const allowed = [
      'type',
      'description',
      'enum',
      'items',
      'properties',
      'required',
      'minimum',
      'maximum',
      'minItems',
      'maxItems',
    ]
    for (const { path, schema } of within(inputSchema)) {
      expect([path, Object.keys(schema).filter((key) => !allowed.includes(key))]).toEqual([path, []])
      expect([path, typeof schema.type]).toEqual([path, 'string'])
    }
  })

  test('gives every list a type for its items', () => {
    for (const { path, schema } of within(listed(name).inputSchema)) {
      if (schema.type !== 'array') continue
      expect([path, typeof schema.items?.type]).toEqual([path, 'string'])
    }
  })

  test('goes three levels deep at most and requires only what it names', () => {
    for (const { path, depth, schema } of within(listed(name).inputSchema)) {
      expect([path, depth]).toEqual([path, Math.min(depth, 3)])
      for (const field of schema.required ?? [])
        expect([path, Object.keys(schema.properties ?? {})]).toEqual([path, expect.arrayContaining([field])])
    }
  })

  test('names every field AdCP has for it', () => {
    const fields = `${official[name]} ${envelope}`.split(' ')
    expect(Object.keys(listed(name).inputSchema.properties ?? {})).toEqual(expect.arrayContaining(fields))
  })

  test('publishes nothing but what its own schema says', () => {
    const tool = registered.find((candidate) => candidate.name === name)
    if (tool) expect(listed(name).inputSchema).toEqual(publishedSchema(tool.input))
  })
})
