import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { aPurchase, testDesk } from '../support/desk.ts'
import { listeningLog } from '../support/log_lines.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { rowCounts } from '../support/row_counts.ts'

const heard = listeningLog()
const desk = testDesk({}, { log: heard.log })
beforeEach(() => heard.forget())

const names = [
  'get_adcp_capabilities',
  'sync_accounts',
  'list_accounts',
  'get_account_financials',
  'list_authorized_properties',
  'list_creative_formats',
  'get_products',
  'create_media_buy',
  'sync_creatives',
  'list_creatives',
  'get_media_buys',
  'update_media_buy',
  'get_media_buy_delivery',
  'tasks_get',
  'tasks_list',
  'provide_performance_feedback',
]

describe('what a buyer is told about an error', () => {
  test('stands in text and structured content alike, with what to do about it', async () => {
    const buyer = await desk.buyer()
    const { isError, body, texts } = await buyer.call(
      'create_media_buy',
      aPurchase({ package: { product_id: 'no_such_product' } }),
    )
    expect(isError).toBe(true)
    expect(body.adcp_error).toEqual({
      code: 'PRODUCT_NOT_FOUND',
      message: expect.any(String) as string,
      recovery: 'correctable',
      field: 'packages[0].product_id',
      suggestion: expect.stringContaining('get_products') as string,
    })
    expect(body.errors?.[0]).toEqual(body.adcp_error)
    expect(JSON.parse(texts[0] ?? '')).toEqual(body)
    expect(texts[1]).toBe(
      `PRODUCT_NOT_FOUND at packages[0].product_id: ${body.adcp_error?.message} ${body.adcp_error?.suggestion}`,
    )
  })

  test('tells everything that is wrong at once, each with its place', async () => {
    const buyer = await desk.buyer()
    const request = { ...aPurchase({ package: { budget: -5, pacing: 'fast' } }), idempotency_key: 'short' }
    const { body } = await buyer.call('create_media_buy', request)
    const issues = (
      body.adcp_error as unknown as { issues: { pointer: string; keyword: string; message: string }[] }
    ).issues
    expect(issues.map(({ pointer }) => pointer).sort()).toEqual([
      '/idempotency_key',
      '/packages/0/budget',
      '/packages/0/pacing',
    ])
    for (const issue of issues)
      expect(issue).toEqual({
        pointer: expect.any(String) as string,
        keyword: expect.any(String) as string,
        message: expect.any(String) as string,
      })
  })

  test('an idempotency key used for something else gets a code and a message and nothing of the first request', async () => {
    const buyer = await desk.buyer()
    const first = aPurchase({ po_number: 'PO-4711' })
    expect((await buyer.call('create_media_buy', first)).isError).toBe(false)
    const { body, texts } = await buyer.call('create_media_buy', { ...first, po_number: 'PO-4712' })
    expect(Object.keys(body.adcp_error ?? {}).sort()).toEqual(['code', 'message'])
    expect(body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
    expect(JSON.stringify([body, texts])).not.toMatch(/PO-471|mb_|acme/)
  })

  test.each(names)('%s gives the context back as it came, with an answer or an error', async (tool) => {
    const buyer = await desk.buyer()
    const context = { trace: 'a-1', deep: { list: [1, null, { ü: '😀' }], empty: {} }, __proto__x: true }
    for (const args of [
      { context },
      { context, task_id: 'nope', media_buy_ids: ['nope'], brief: 'hiking' },
    ]) {
      const { body, texts } = await buyer.call(tool, args)
      expect(JSON.stringify(body['context'])).toBe(JSON.stringify(context))
      expect(texts[0]).toContain(JSON.stringify(context))
    }
    expect((await buyer.call(tool, {})).body).not.toHaveProperty('context')
  })

  test('an unknown tool is answered with those there are, and the context', async () => {
    const buyer = await desk.buyer()
    const { body, isError } = await buyer.call('buy_everything', { context: { a: 1 } })
    expect(isError).toBe(true)
    expect(body).toMatchObject({
      context: { a: 1 },
      adcp_error: { code: 'INVALID_REQUEST', suggestion: `Tools: ${names.join(', ')}.` },
    })
  })
})

describe('the release of AdCP', () => {
  const version = async (args: Record<string, unknown>, tool = 'get_adcp_capabilities') => {
    const buyer = await desk.buyer()
    return (await buyer.call(tool, args)).body
  }

  test.each([
    [{ adcp_version: '3.0' }, '3.0'],
    [{ adcp_version: '3.1' }, '3.1'],
    [{ adcp_version: '3.1', adcp_major_version: 3 }, '3.1'],
    [{ adcp_version: '3.2' }, '3.1'],
    [{ adcp_version: '3.17' }, '3.1'],
    [{ adcp_major_version: 3 }, undefined],
    [{}, undefined],
  ])('asked for as %j is answered in %s', async (args, expected) => {
    const body = await version(args)
    expect(body.adcp_error).toBeUndefined()
    expect(body['adcp_version']).toBe(expected)
  })

  test.each([
    { adcp_version: '2.5' },
    { adcp_version: '4.0' },
    { adcp_version: '99.0' },
    { adcp_version: '3.2-beta.5' },
    { adcp_major_version: 99 },
    { adcp_major_version: 2 },
    { adcp_version: '3.1', adcp_major_version: 2 },
    { adcp_version: '2.5', adcp_major_version: 3 },
    { adcp_major_version: '99' },
  ])('that is not spoken (%j) is refused by every tool with those that are', async (args) => {
    for (const tool of names)
      expect((await version(args, tool)).adcp_error).toMatchObject({
        code: 'VERSION_UNSUPPORTED',
        recovery: 'correctable',
        details: { supported_versions: ['3.0', '3.1'], supported_majors: [3] },
      })
  })

  test('that is not spoken is said before anything else: fields of another release mean nothing here', async () => {
    const body = await version(
      { adcp_version: '4.0', packages: 'of the fourth kind', account: 7 },
      'create_media_buy',
    )
    expect(body.adcp_error?.code).toBe('VERSION_UNSUPPORTED')
  })

  test.each([
    { adcp_version: 3.1 },
    { adcp_version: 'latest' },
    { adcp_version: '3' },
    { adcp_major_version: 0 },
    { adcp_major_version: 3.5 },
  ])('that is no release (%j) is an invalid request', async (args) => {
    expect((await version(args)).adcp_error).toMatchObject({
      code: 'INVALID_REQUEST',
      field: Object.keys(args)[0],
    })
  })
})

describe('what stays inside', () => {
  test('an error nobody foresaw gets a reference that is in the log, and none of its own words', async () => {
    const buyer = await desk.buyer()
    await sql`alter table creative_formats rename to creative_formats_of_hunter2`.execute(desk.db)
    const { body, texts } = await buyer.call('list_creative_formats', { context: { a: 1 } })
    await sql`alter table creative_formats_of_hunter2 rename to creative_formats`.execute(desk.db)

    expect(body).toMatchObject({
      context: { a: 1 },
      adcp_error: { code: 'SERVICE_UNAVAILABLE', recovery: 'transient', retry_after: 5 },
    })
    const reference = /err_[\w-]{22}/.exec(body.adcp_error?.message ?? '')?.[0]
    expect(texts.join()).not.toMatch(/creative_formats_|relation|select|42P01|\.ts:/)
    const lines = heard.lines().filter((line) => line['reference'] === reference)
    expect(lines).toHaveLength(1)
    expect(JSON.stringify(lines)).toContain('does not exist')
    expect((await buyer.call('list_creative_formats')).isError).toBe(false)
  })

  test('the same on the way to a tool: a token that cannot be looked up', async () => {
    const authorization = `Bearer ${await desk.token()}`
    await sql`alter table principal_tokens rename to principal_tokens_of_hunter2`.execute(desk.db)
    const answer = await ask(`${desk.url}/mcp`, {
      headers: { authorization },
      body: JSON.stringify(rpcCall('get_products')),
    })
    await sql`alter table principal_tokens_of_hunter2 rename to principal_tokens`.execute(desk.db)
    expect(answer.status).toBe(503)
    const reference = /err_[\w-]{22}/.exec(answer.json().error?.message ?? '')?.[0]
    expect(answer.text).not.toMatch(/principal_tokens|relation/)
    expect(heard.lines().filter((line) => line['reference'] === reference)).toHaveLength(1)
  })

  test('an error in the middle of a purchase leaves nothing of it', async () => {
    const buyer = await desk.buyer()
    const request = aPurchase({
      account: { brand: { domain: 'never-seen-before.example' }, operator: 'never-seen-before.example' },
    })
    const before = await rowCounts(desk.db)
    await sql`alter table audit_log rename to audit_log_away`.execute(desk.db)
    const { body } = await buyer.call('create_media_buy', request)
    await sql`alter table audit_log_away rename to audit_log`.execute(desk.db)
    expect(body.adcp_error?.code).toBe('SERVICE_UNAVAILABLE')
    expect(await rowCounts(desk.db)).toEqual(before)
    expect((await buyer.call('create_media_buy', request)).body).toMatchObject({ replayed: false })
  })

  test('no token and no credential of a buyer is ever handed to the log, whatever it calls and however wrongly', async () => {
    const token = await desk.token()
    const wrong = 'sd_a-wrong-token-nobody-has'
    const credentials = 'buyer-webhook-signing-secret-0123456789'
    const webhook = {
      url: 'https://buyer.example/hook',
      token: credentials,
      authentication: { schemes: ['HMAC-SHA256'], credentials },
    }
    const purchase = aPurchase({ push_notification_config: webhook })
    const send = (authorization: string, body: unknown) =>
      ask(`${desk.url}/mcp`, { headers: { authorization }, body: JSON.stringify(body) })

    for (const name of [...names, 'tasks/get', credentials]) {
      await send(`Bearer ${token}`, rpcCall(name, { push_notification_config: webhook }))
      await send(`Bearer ${wrong}`, rpcCall(name, {}))
      await send(token, rpcCall(name, {}))
    }
    const bought = await send(`Bearer ${token}`, rpcCall('create_media_buy', purchase))
    expect(bought.json().result?.structuredContent).toHaveProperty('media_buy_id')
    await send(`Bearer ${token}`, rpcCall('create_media_buy', { ...purchase, packages: [] }))
    await sql`alter table media_packages rename to media_packages_away`.execute(desk.db)
    await send(
      `Bearer ${token}`,
      rpcCall('create_media_buy', { ...purchase, idempotency_key: 'another-key-for-the-log' }),
    )
    await sql`alter table media_packages_away rename to media_packages`.execute(desk.db)
    await sql`alter table principal_tokens rename to principal_tokens_away`.execute(desk.db)
    await send(`Bearer ${token}`, rpcCall('get_products', {}))
    await sql`alter table principal_tokens_away rename to principal_tokens`.execute(desk.db)

    expect(heard.lines().length).toBeGreaterThan(12)
    for (const secret of [token, wrong, credentials]) expect(heard.text()).not.toContain(secret)
    expect(heard.text()).not.toMatch(/Bearer/)
    const stored = await sql<{
      all: string
    }>`select json_agg(b)::text || (select json_agg(k)::text from idempotency_keys k) as all from media_buys b`.execute(
      desk.db,
    )
    expect(stored.rows[0]?.all).toContain('buyer.example/hook')
    expect(stored.rows[0]?.all).not.toContain(credentials)
  })
})
