import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { everyItem } from '../support/pages.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const desk = testDesk({ COMPLY_TEST_CONTROLLER: 'true', WEBHOOK_ALLOW_LOOPBACK: 'true' })
const receiver = webhookReceiver()
const closed = testDesk()
let buyer: TestBuyer
let other: TestBuyer
let serial = 0

/** A sandbox buyer that has done nothing yet. */
async function newBuyer(): Promise<TestBuyer> {
  const principal_id = `sandbox_${++serial}`
  await desk.db
    .insertInto('principals')
    .values({ principal_id, tenant_id: 'northwind', name: principal_id, sandbox: true })
    .execute()
  return desk.buyer(principal_id)
}
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
})
beforeEach(async () => {
  buyer = await newBuyer()
  other = await newBuyer()
})

const play = async (scenario: string, params?: Args, as = buyer, rest: Args = {}) =>
  (await as.call('comply_test_controller', { scenario, ...(params && { params }), ...rest })).body
const seedProduct = (product_id: string, fixture: Args = {}, as = buyer) =>
  play(
    'seed_product',
    { product_id, fixture: { format_ids: [{ id: 'display_300x250_image' }], ...fixture } },
    as,
  )
const listed = (as: TestBuyer) =>
  everyItem<{ product_id: string; pricing_options: { pricing_option_id: string }[] }>(
    as,
    'get_products',
    'products',
    { buying_mode: 'wholesale' },
  )
const bought = async (overrides: Args & { package?: Args } = {}, as = buyer) => {
  const { body, texts } = await as.call('create_media_buy', aPurchase(overrides, desk.now))
  if (typeof body['media_buy_id'] !== 'string') throw new Error(texts.join('\n'))
  return body['media_buy_id']
}
const statusOf = async (media_buy_id: string, as = buyer) => {
  const { body } = await as.call('get_media_buys', { media_buy_ids: [media_buy_id] })
  return (body['media_buys'] as { status: string }[])[0]?.status
}

describe('it exists', () => {
  const toolsOf = async ({ client }: TestBuyer) => (await client.listTools()).tools.map(({ name }) => name)

  test('for a sandbox buyer: listed, advertised and answering', async () => {
    expect(await toolsOf(buyer)).toContain('comply_test_controller')
    const { body } = await buyer.call('get_adcp_capabilities')
    expect(body['compliance_testing']).toEqual({
      scenarios: [
        'force_creative_status',
        'force_account_status',
        'force_media_buy_status',
        'simulate_delivery',
        'simulate_budget_spend',
      ],
    })
    const { scenarios } = await play('list_scenarios')
    expect(scenarios).toHaveLength(12)
    const { tools } = await buyer.client.listTools()
    const schema = tools.find(({ name }) => name === 'comply_test_controller')?.inputSchema
    expect(Object.keys(schema?.properties ?? {})).toEqual(
      expect.arrayContaining(['scenario', 'params', 'account', 'context', 'ext']),
    )
    expect(schema?.required).toEqual(['scenario'])
    expect(JSON.stringify(schema)).not.toMatch(/\$ref|oneOf|anyOf|"const"|pattern/)
  })

  test.each<[string, () => Promise<TestBuyer>]>([
    ['one that buys for real', () => desk.buyer('pinnacle')],
    ['a sandbox buyer where the desk is not told to have it', () => closed.buyer('sandbox_agent')],
  ])('for nobody else: %s sees another unknown tool', async (_who, connect) => {
    const stranger = await connect()
    expect(await toolsOf(stranger)).not.toContain('comply_test_controller')
    expect((await stranger.call('get_adcp_capabilities')).body).not.toHaveProperty('compliance_testing')
    const call = (name: string) =>
      stranger.client.callTool({ name, arguments: { scenario: 'list_scenarios', context: { a: 1 } } })
    expect(await call('comply_test_controller')).toEqual(await call('no_such_tool'))
  })
})

describe('what it refuses', () => {
  test.each<[string, string, Args | undefined, string]>([
    ['a scenario there is not', 'force_the_weather', {}, 'UNKNOWN_SCENARIO'],
    ['one without its params', 'force_creative_status', {}, 'INVALID_PARAMS'],
    [
      'a status there is not',
      'force_media_buy_status',
      { media_buy_id: 'x', status: 'lost' },
      'INVALID_PARAMS',
    ],
    ['a creative nobody has', 'force_creative_status', { creative_id: 'x', status: 'approved' }, 'NOT_FOUND'],
    [
      'a media buy nobody has',
      'force_media_buy_status',
      { media_buy_id: 'x', status: 'active' },
      'NOT_FOUND',
    ],
    ['an account nobody has', 'force_account_status', { account_id: 'x', status: 'active' }, 'NOT_FOUND'],
    [
      'a task nobody has',
      'force_task_completion',
      { task_id: 'x', result: { media_buy_id: 'm', packages: [] } },
      'NOT_FOUND',
    ],
    ['delivery of nothing', 'simulate_delivery', { media_buy_id: 'x' }, 'NOT_FOUND'],
    [
      'a price of no product',
      'seed_pricing_option',
      { product_id: 'x', pricing_option_id: 'y' },
      'INVALID_PARAMS',
    ],
    [
      'a price of a product that is not seeded',
      'seed_pricing_option',
      { product_id: 'news_billboard', pricing_option_id: 'y' },
      'INVALID_PARAMS',
    ],
    [
      'a media buy of no product',
      'seed_media_buy',
      { media_buy_id: 'x', fixture: { packages: [{ product_id: 'y' }] } },
      'INVALID_PARAMS',
    ],
  ])('%s', async (_what, scenario, params, error) => {
    const { success, ...answer } = await play(scenario, params)
    expect(success).toBe(false)
    expect(answer).toMatchObject({ error, error_detail: expect.any(String) })
    expect(String(answer['error_detail'])).not.toMatch(/\bx\b/)
  })

  test('an account that is not for the sandbox', async () => {
    const account = { brand: { domain: 'a.example' }, operator: 'b.example', sandbox: false }
    expect(await play('seed_creative', { creative_id: 'c' }, buyer, { account })).toMatchObject({
      success: false,
      error: 'FORBIDDEN',
    })
  })

  test('what belongs to another sandbox buyer, as if it did not exist', async () => {
    const media_buy_id = await bought({}, other)
    const unknown = await play('force_media_buy_status', { media_buy_id: 'mb_none', status: 'active' })
    expect(await play('force_media_buy_status', { media_buy_id, status: 'active' })).toEqual(unknown)
    expect(await statusOf(media_buy_id, other)).toBe('pending_creatives')
  })
})

describe('a media buy', () => {
  test('goes where its lifecycle leads and no further; the same again is no move', async () => {
    const media_buy_id = await bought()
    const force = (status: string) => play('force_media_buy_status', { media_buy_id, status })
    expect(await force('active')).toMatchObject({
      previous_state: 'pending_creatives',
      current_state: 'active',
    })
    expect(await force('active')).toMatchObject({ previous_state: 'active', current_state: 'active' })
    expect(await force('rejected')).toMatchObject({ error: 'INVALID_TRANSITION', current_state: 'active' })
    expect(await force('completed')).toMatchObject({ success: true })
    expect(await force('active')).toMatchObject({ error: 'INVALID_TRANSITION', current_state: 'completed' })
    expect(await statusOf(media_buy_id)).toBe('completed')
  })

  test('that is rejected says why, and its buyer is told by webhook', async () => {
    const media_buy_id = await bought({ push_notification_config: { url: `${receiver.url}/hook` } })
    await play('force_media_buy_status', { media_buy_id, status: 'rejected', rejection_reason: 'Bad taste' })
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [media_buy_id] })
    expect(body['media_buys']).toMatchObject([{ status: 'rejected', rejection_reason: 'Bad taste' }])
    await desk.runJobs()
    expect(receiver.heard('/hook').at(-1)?.body).toMatchObject({ status: 'rejected' })
  })

  test('never reaches an ad server, and each thing done is in the audit log', async () => {
    const media_buy_id = await bought()
    await play('force_media_buy_status', { media_buy_id, status: 'active' })
    await desk.runJobs()
    expect(
      await desk.db.selectFrom('fulfilments').selectAll().where('media_buy_id', '=', media_buy_id).execute(),
    ).toEqual([])
    const lines = await desk.db
      .selectFrom('audit_log')
      .select(['action', 'detail'])
      .where('action', '=', 'force_media_buy_status')
      .orderBy('audit_id', 'desc')
      .limit(1)
      .execute()
    expect(lines).toEqual([{ action: 'force_media_buy_status', detail: { media_buy_id, status: 'active' } }])
  })
})

test('an account that is suspended buys nothing until it is active again', async () => {
  const account = { account_id: 'my_account' }
  await bought({ account })
  const force = (status: string) => play('force_account_status', { ...account, status })
  expect(await force('suspended')).toMatchObject({ previous_state: 'active', current_state: 'suspended' })
  const refused = await buyer.call('create_media_buy', aPurchase({ account }, desk.now))
  expect(refused.body.adcp_error).toMatchObject({ code: 'ACCOUNT_SUSPENDED' })
  expect(await force('active')).toMatchObject({ success: true })
  await bought({ account })
  await force('closed')
  expect(await force('active')).toMatchObject({ error: 'INVALID_TRANSITION', current_state: 'closed' })
})

test('a creative goes along its lifecycle and no further', async () => {
  await play('seed_creative', {
    creative_id: 'banner',
    fixture: { status: 'pending_review', format_id: { id: 'display_300x250_image' } },
  })
  const force = (status: string) => play('force_creative_status', { creative_id: 'banner', status })
  expect(await force('archived')).toMatchObject({
    error: 'INVALID_TRANSITION',
    current_state: 'pending_review',
  })
  expect(await force('approved')).toMatchObject({
    previous_state: 'pending_review',
    current_state: 'approved',
  })
  expect(await force('archived')).toMatchObject({ success: true })
  expect(await force('processing')).toMatchObject({ error: 'INVALID_TRANSITION', current_state: 'archived' })
})

describe('the next purchase', () => {
  test('is submitted under the task_id that was asked for, once, and ends with the result that was asked for', async () => {
    const task_id = 'task_io_signature'
    expect(
      await play('force_create_media_buy_arm', { arm: 'submitted', task_id, message: 'Sign first.' }),
    ).toMatchObject({
      success: true,
      forced: { arm: 'submitted', task_id },
    })
    const request = aPurchase({ push_notification_config: { url: `${receiver.url}/hook` } }, desk.now)
    const first = await buyer.call('create_media_buy', request)
    expect(first.body).toMatchObject({ status: 'submitted', task_id, message: 'Sign first.' })
    expect((await buyer.call('create_media_buy', request)).body).toMatchObject({ task_id, replayed: true })
    expect(await bought()).toMatch(/^mb_/)
    expect((await buyer.call('tasks_get', { task_id })).body).toMatchObject({ task_id, status: 'submitted' })

    const result = { media_buy_id: 'mb_as_i_say', packages: [{ package_id: 'p1' }] }
    expect(await play('force_task_completion', { task_id, result })).toMatchObject({
      previous_state: 'submitted',
      current_state: 'completed',
    })
    expect((await buyer.call('tasks_get', { task_id })).body).toMatchObject({ status: 'completed', result })
    await desk.runJobs()
    expect(receiver.heard('/hook').at(-1)?.body).toMatchObject({ task_id, status: 'completed', result })
    expect(await play('force_task_completion', { task_id, result })).toMatchObject({
      error: 'INVALID_TRANSITION',
    })
  })

  test('is answered with a question, once', async () => {
    await play('force_create_media_buy_arm', { arm: 'input-required', message: 'Which brand?' })
    const request = aPurchase({}, desk.now)
    const { body, isError } = await buyer.call('create_media_buy', request)
    expect({ isError, ...body }).toMatchObject({
      isError: false,
      status: 'input-required',
      message: 'Which brand?',
    })
    expect((await buyer.call('create_media_buy', request)).body).toHaveProperty('media_buy_id')
  })

  test('of another buyer is not meant; two buyers may ask for the same task_id', async () => {
    const task_id = 'task_of_mine'
    await play('force_create_media_buy_arm', { arm: 'submitted', task_id })
    await bought({}, other)
    await play('force_create_media_buy_arm', { arm: 'submitted', task_id }, other)
    for (const one of [buyer, other])
      expect((await one.call('create_media_buy', aPurchase({}, desk.now))).body).toMatchObject({ task_id })
  })
})

test('simulated delivery adds up; simulated spend takes the place of the last one and shows in the finances', async () => {
  const account = { account_id: 'spender' }
  const media_buy_id = await bought({ account })
  const deliver = (amount: number) =>
    play('simulate_delivery', {
      media_buy_id,
      impressions: 1000,
      clicks: 7,
      reported_spend: { amount, currency: 'EUR' },
    })
  await deliver(10)
  expect(await deliver(15)).toMatchObject({
    simulated: { impressions: 1000, clicks: 7, reported_spend: { amount: 15, currency: 'EUR' } },
    cumulative: { impressions: 2000, clicks: 14, reported_spend: { amount: 25, currency: 'EUR' } },
  })
  expect(
    await play('simulate_delivery', { media_buy_id, reported_spend: { amount: 1, currency: 'USD' } }),
  ).toMatchObject({ error: 'INVALID_PARAMS' })
  const { body } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [media_buy_id] })
  expect(body['media_buy_deliveries']).toMatchObject([
    { media_buy_id, totals: { impressions: 2000, spend: 25 } },
  ])

  await play('simulate_budget_spend', { media_buy_id, spend_percentage: 50 })
  expect(await play('simulate_budget_spend', { media_buy_id, spend_percentage: 95 })).toMatchObject({
    simulated: {
      spend_percentage: 95,
      computed_spend: { amount: 3800, currency: 'EUR' },
      budget: { amount: 4000, currency: 'EUR' },
    },
  })
  const finances = await buyer.call('get_account_financials', { account })
  expect(finances.body).toMatchObject({ account, spend: { total_spend: 3800 } })
})

describe('a seeded product', () => {
  test('is on sale to its buyer under its own id and to nobody else, live or sandbox', async () => {
    await seedProduct('test-product', { delivery_type: 'guaranteed', channels: ['video'] })
    await play('seed_pricing_option', {
      product_id: 'test-product',
      pricing_option_id: 'cpm_mine',
      fixture: { pricing_model: 'cpm', currency: 'EUR', fixed_price: 8 },
    })
    const mine = (await listed(buyer)).filter(({ product_id }) => product_id === 'test-product')
    expect(mine).toMatchObject([{ channels: ['olv'], pricing_options: [{ pricing_option_id: 'cpm_mine' }] }])
    const item = { product_id: 'test-product', pricing_option_id: 'cpm_mine', bid_price: undefined }
    const media_buy_id = await bought({ package: item })
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [media_buy_id] })
    expect(body['media_buys']).toMatchObject([{ packages: [{ product_id: 'test-product' }] }])
    for (const stranger of [other, await desk.buyer('pinnacle')]) {
      expect((await listed(stranger)).map(({ product_id }) => product_id)).not.toContain('test-product')
      const refused = await stranger.call('create_media_buy', aPurchase({ package: item }, desk.now))
      expect(refused.body.adcp_error).toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
    }
  })

  test('may be called what another buyer’s is called, and what the publisher’s is called', async () => {
    for (const [one, name] of [
      [buyer, 'Mine'],
      [other, 'Theirs'],
    ] as const) {
      await seedProduct('same_name', { name }, one)
      await seedProduct('news_billboard', { name }, one)
      const named = (await listed(one)).filter(({ product_id }) =>
        ['same_name', 'news_billboard'].includes(product_id),
      )
      expect(named).toMatchObject([{ name }, { name }])
    }
  })

  test('can be seeded again just so, and not otherwise', async () => {
    expect(await seedProduct('twice', { name: 'A' })).toMatchObject({ success: true })
    expect(await seedProduct('twice', { name: 'A' })).toMatchObject({
      success: true,
      previous_state: 'existing',
    })
    expect(await seedProduct('twice', { name: 'B' })).toMatchObject({
      error: 'INVALID_PARAMS',
      error_detail: expect.stringContaining('name'),
    })
  })

  test('is one product, however many equal seeds come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => seedProduct('at_once')))
    expect(answers.filter(({ success }) => success === true)).toHaveLength(6)
  })

  test('stays when the publisher loads its file again', async () => {
    await seedProduct('stays')
    const { savePublisher } = await import('../../src/seed/save_publisher.ts')
    const { readPublisherFile } = await import('../../src/seed/publisher_file.ts')
    const { examplePublisher } = await import('../../src/cli/seed.ts')
    const file = await readPublisherFile(examplePublisher)
    const principals = await desk.db
      .selectFrom('principals')
      .select(['principal_id', 'name'])
      .where('sandbox', '=', true)
      .execute()
    const kept = principals
      .filter(({ principal_id }) => principal_id !== 'sandbox_agent')
      .map((row) => ({ ...row, sandbox: true, platform_mappings: {} }))
    await savePublisher(desk.db, { ...file, principals: [...file.principals, ...kept] })
    expect((await listed(buyer)).map(({ product_id }) => product_id)).toContain('stays')
  })
})

test('seeded creatives, formats and media buys are their buyer’s own', async () => {
  for (const one of [buyer, other]) {
    await play('seed_creative_format', { format_id: 'my_format', fixture: { name: 'Mine' } }, one)
    await play('seed_creative', { creative_id: 'c1', fixture: { format_id: 'my_format' } }, one)
    await play(
      'seed_media_buy',
      { media_buy_id: 'mb_1', fixture: { status: 'active', currency: 'USD' } },
      one,
    )
  }
  await play('seed_media_buy', { media_buy_id: 'mb_2' })
  const ids = async (one: TestBuyer) => {
    const { body } = await one.call('get_media_buys', {})
    return (body['media_buys'] as { media_buy_id: string }[]).map(({ media_buy_id }) => media_buy_id).sort()
  }
  expect([await ids(buyer), await ids(other)]).toEqual([['mb_1', 'mb_2'], ['mb_1']])
  expect(await play('force_media_buy_status', { media_buy_id: 'mb_1', status: 'completed' })).toMatchObject({
    success: true,
  })
  expect([await statusOf('mb_1'), await statusOf('mb_1', other)]).toEqual(['completed', 'active'])
  const { body } = await buyer.call('list_creatives')
  expect(body['creatives']).toMatchObject([
    { creative_id: 'c1', format_id: { id: 'my_format' }, status: 'approved' },
  ])
  const formats = await buyer.call('list_creative_formats', { account: { account_id: 'any' } })
  expect(formats.body['formats']).toMatchObject([{ format_id: { id: 'my_format' } }])
  const all = await everyItem(await desk.buyer('pinnacle'), 'list_creative_formats', 'formats')
  expect(JSON.stringify(all)).not.toContain('my_format')
})

test('a creative brought for a seeded format is taken', async () => {
  await play('seed_creative_format', { format_id: 'my_format' })
  const creative = {
    creative_id: 'c2',
    name: 'C2',
    format_id: { id: 'my_format' },
    assets: { image: { asset_type: 'image', url: 'https://cdn.example/a.png', width: 1, height: 1 } },
  }
  const account = { account_id: 'any' }
  expect((await buyer.call('sync_creatives', aSync({ account, creatives: [creative] }))).body).toMatchObject({
    creatives: [{ creative_id: 'c2', action: 'created' }],
  })
  expect((await other.call('sync_creatives', aSync({ account, creatives: [creative] }))).isError).toBe(true)
})

test('no answer shows how ids are kept', async () => {
  await seedProduct('p')
  const said = [
    await play('seed_media_buy', {
      media_buy_id: 'mb',
      fixture: { packages: [{ package_id: 'pk', product_id: 'p' }] },
    }),
    (await buyer.call('get_media_buys', { media_buy_ids: ['mb'] })).texts,
    (await buyer.call('list_accounts')).texts,
    await listed(buyer),
  ]
  expect(JSON.stringify(said)).not.toMatch(/~[0-9a-f]{16}/)
})
