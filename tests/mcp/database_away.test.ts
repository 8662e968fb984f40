import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type TestBuyer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { listeningLog } from '../support/log_lines.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { rowCounts } from '../support/row_counts.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp_proxy.ts'

let proxy: TcpProxy
const heard = listeningLog()
const desk = testDesk(
  { CALL_DEADLINE_SECONDS: '0.8', DATABASE_CONNECTIONS: '4' },
  {
    log: heard.log,
    via: async (url) => {
      proxy = await startTcpProxy(url)
      return proxy.url
    },
  },
)
let buyer: TestBuyer
let token: string
beforeAll(async () => {
  token = await desk.token()
  buyer = await desk.buyer()
})
beforeEach(async () => {
  await proxy.restore()
  await eventually('the desk is well', async () => (await health()).status === 200)
  heard.forget()
})
afterAll(() => proxy.close())

const health = () => ask(`${desk.url}/health`, { method: 'GET' })
const post = (body: unknown) =>
  ask(`${desk.url}/mcp`, { headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) })
const calls = [
  rpcCall('get_adcp_capabilities', {}),
  rpcCall('list_authorized_properties', {}),
  rpcCall('list_creative_formats', {}),
  rpcCall('get_products', { brief: 'hiking' }),
  rpcCall('create_media_buy', aPurchase()),
  rpcCall('sync_creatives', aSync()),
  rpcCall('list_creatives', {}),
  rpcCall('get_media_buys', {}),
  rpcCall('tasks_get', { task_id: 'task_none' }),
]
/** Every tool answers that the desk is away, soon enough for any client. */
async function expectAllAway() {
  const started = Date.now()
  const answers = await Promise.all(
    calls.map((call) =>
      post({
        ...call,
        params: { ...call.params, arguments: { ...(call.params.arguments as object), context: { a: 1 } } },
      }),
    ),
  )
  expect(Date.now() - started).toBeLessThan(5000)
  for (const answer of answers) {
    expect(answer.status).toBe(200)
    const { isError, structuredContent } = answer.json().result ?? {}
    expect(isError).toBe(true)
    expect(structuredContent).toMatchObject({
      context: { a: 1 },
      adcp_error: {
        code: 'SERVICE_UNAVAILABLE',
        recovery: 'transient',
        retry_after: 5,
        suggestion: expect.stringContaining('idempotency_key') as string,
      },
    })
    expect(answer.text).not.toMatch(/ECONN|terminated|timeout|127\.0\.0\.1|postgres/i)
  }
}

describe.each([
  ['is gone', () => proxy.cut()],
  ['hangs', () => Promise.resolve(proxy.hang())],
])('while the database %s, a buyer', (_how, harm) => {
  test('is answered SERVICE_UNAVAILABLE by every tool, and nothing is stored', async () => {
    const before = await rowCounts(desk.db)
    await harm()
    await expectAllAway()
    await proxy.restore()
    await eventually('the desk is well', async () => (await health()).status === 200)
    // what hung may have arrived after all, then the same key must find it
    const purchase = calls.find(({ params }) => params.name === 'create_media_buy')
    await eventually('the purchase', async () => !(await post(purchase)).json().result?.isError)
    const key = String((calls[4]?.params.arguments as Record<string, unknown>)['idempotency_key'])
    expect(
      await desk.db.selectFrom('idempotency_keys').selectAll().where('idempotency_key', '=', key).execute(),
    ).toHaveLength(1)
    const after = await rowCounts(desk.db)
    expect((after['public.media_buys'] ?? 0) - (before['public.media_buys'] ?? 0)).toBeLessThanOrEqual(1)
    expect(after['public.media_packages']).toBe(after['public.media_buys'])
  })

  test('still gets the list of tools, an answer to ping and initialize, and its own mistakes', async () => {
    await harm()
    expect(
      (await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).json().result?.tools?.length,
    ).toBeGreaterThan(5)
    expect((await post({ jsonrpc: '2.0', id: 1, method: 'ping' })).json().result).toEqual({})
    expect((await ask(`${desk.url}/mcp`, { body: '{}' })).status).toBe(401)
    expect((await post([])).status).toBe(400)
  })

  test('gets no stream and no word into one, but hears why', async () => {
    await harm()
    const headers = { authorization: `Bearer ${token}` }
    for (const [method, path] of [
      ['GET', '/sse'],
      ['POST', '/messages?sessionId=x'],
    ] as const) {
      const answer = await ask(`${desk.url}${path}`, {
        method,
        headers,
        ...(method === 'POST' && { body: '{}' }),
      })
      expect([path, answer.status]).toEqual([path, 503])
      expect(answer.json().error).toMatchObject({
        code: -32027,
        data: { adcp_error: { code: 'SERVICE_UNAVAILABLE', retry_after: 5 } },
      })
    }
  })

  test('is served again by the same desk as soon as the database is back', async () => {
    await harm()
    await Promise.all(Array.from({ length: 12 }, () => buyer.call('get_products', { brief: 'hiking' })))
    await proxy.restore()
    await eventually(
      'a good answer',
      async () => !(await buyer.call('get_products', { brief: 'hiking' })).isError,
    )
    const request = aPurchase()
    await eventually('a purchase', async () => !(await buyer.call('create_media_buy', request)).isError)
  })

  test('leaves the operator’s watchdog knowing', async () => {
    await harm()
    const answer = await health()
    expect([answer.status, answer.text, answer.headers['retry-after']]).toEqual([
      503,
      '{"status":"database away"}',
      '5',
    ])
  })
})

test('an operator reads in the log that the database is away, not a stack trace for each buyer', async () => {
  await proxy.cut()
  await buyer.call('get_products', { brief: 'hiking' })
  expect(heard.lines().filter(({ msg }) => msg === 'the database is away')).toHaveLength(1)
  expect(heard.lines().filter(({ level }) => Number(level) >= 50)).toEqual([])
})

test('connections that hang for ever, as behind a firewall that forgot them, do not keep the desk away once others work', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      buyer.call(i % 2 ? 'get_products' : 'create_media_buy', i % 2 ? { brief: 'hiking' } : aPurchase()),
    ),
  )
  const before = proxy.connections()
  await Promise.all(Array.from({ length: 8 }, () => buyer.call('get_products', { brief: 'hiking' })))
  expect(proxy.connections()).toBe(before) // so every connection is one that will hang
  proxy.hang()
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      buyer.call(i % 2 ? 'get_products' : 'create_media_buy', i % 2 ? { brief: 'hiking' } : aPurchase()),
    ),
  )
  await proxy.restore({ lose: true })
  await eventually(
    'a good answer',
    async () => !(await buyer.call('get_products', { brief: 'hiking' })).isError,
    25_000,
  )
  await eventually(
    'a purchase',
    async () => !(await buyer.call('create_media_buy', aPurchase())).isError,
    25_000,
  )
})

test('a database that goes away in the middle of a purchase leaves all of it or nothing, and the same key tells which', async () => {
  const outcomes = new Set<string>()
  // cut later and later, until a purchase is answered before it comes to that
  for (let messages = 1; !outcomes.has('answered, stored'); messages += 2) {
    expect(messages).toBeLessThan(200)
    const request = aPurchase({
      account: { brand: { domain: `brand-${messages}.example` }, operator: 'agency.example' },
    })
    await buyer.call('create_media_buy', aPurchase()) // so that connections are open
    proxy.cutAfterMessages(messages)
    const first = await buyer.call('create_media_buy', request)
    await proxy.restore()
    await eventually('the desk is well', async () => (await health()).status === 200)
    const stored = await desk.db
      .selectFrom('idempotency_keys')
      .select('response')
      .where('idempotency_key', '=', String(request['idempotency_key']))
      .execute()
    expect(stored.every(({ response }) => response !== null)).toBe(true)
    const again = await eventually('the same request is answered', async () => {
      const answer = await buyer.call('create_media_buy', request)
      return answer.isError ? undefined : answer
    })
    expect(again.body['replayed']).toBe(stored.length === 1)
    outcomes.add(`${first.isError ? 'failed' : 'answered'}, ${stored.length === 1 ? 'stored' : 'not stored'}`)
    if (!first.isError) expect(again.body['media_buy_id']).toBe(first.body['media_buy_id'])
    else expect(first.body.adcp_error?.code).toBe('SERVICE_UNAVAILABLE')
  }
  expect(outcomes).toContain('failed, not stored')
  expect(outcomes).not.toContain('answered, not stored')
  const buys = await desk.db
    .selectFrom('media_buys as b')
    .select('b.media_buy_id')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('media_packages as p')
            .select('p.package_id')
            .whereRef('p.media_buy_id', '=', 'b.media_buy_id'),
        ),
      ),
    )
    .execute()
  expect(buys).toEqual([])
}, 120_000)
