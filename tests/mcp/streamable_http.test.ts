import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { aPurchase, testDesk } from '../support/desk.ts'
import { ask, rpcCall, type RpcAnswer } from '../support/raw_http.ts'

const desk = testDesk()
let authorization: string
beforeAll(async () => {
  authorization = `Bearer ${await desk.token()}`
})
const post = (body: unknown, headers: Record<string, string> = {}) =>
  ask(`${desk.url}/mcp`, { headers: { authorization, ...headers }, body: JSON.stringify(body) })
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const initialize = {
  jsonrpc: '2.0',
  id: 'first',
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '0' } },
}
/** The JSON-RPC messages of an event stream. */
const events = (text: string) =>
  [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? '') as RpcAnswer)

describe('a buyer without a session', () => {
  test('calls a tool as its very first request, accepting JSON alone', async () => {
    const answer = await post(rpcCall('get_adcp_capabilities', {}), { accept: 'application/json' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.json().result?.structuredContent?.['supported_protocols']).toEqual(['media_buy'])
  })

  test('lists the tools as its very first request', async () => {
    const tools = (await post(list)).json().result?.tools ?? []
    expect(tools.map(({ name }) => name)).toContain('create_media_buy')
  })

  test('is answered for itself, also when many ask at once and count their calls alike', async () => {
    const own = await Promise.all(
      ['pinnacle', 'acme_direct'].map(async (name) => {
        const buyer = await desk.buyer(name)
        const { body } = await buyer.call('create_media_buy', aPurchase())
        return { bearer: `Bearer ${await desk.token(name)}`, media_buy_id: body['media_buy_id'] }
      }),
    )
    const asked = Array.from({ length: 40 }, async (_, n) => {
      const { bearer, media_buy_id } = own[n % 2] ?? { bearer: '', media_buy_id: '' }
      const call = {
        ...rpcCall('get_media_buys', { media_buy_ids: [media_buy_id], context: { n } }),
        id: n % 3,
      }
      const answer = await post(call, { authorization: bearer })
      const { id, result } = answer.json()
      expect({ id, context: result?.structuredContent?.['context'] }).toEqual({ id: n % 3, context: { n } })
      expect(result?.structuredContent?.['media_buys']).toEqual([expect.objectContaining({ media_buy_id })])
    })
    await Promise.all(asked)
  })

  test.each([
    ['no Accept at all', {}],
    ['anything', { accept: '*/*' }],
    ['both forms', { accept: 'application/json, text/event-stream' }],
  ])('gets JSON when it accepts %s', async (_what, headers) => {
    const answer = await post(list, headers)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.json()).toMatchObject({ jsonrpc: '2.0', id: 1 })
  })

  test('gets an event stream when it accepts nothing else', async () => {
    const answer = await post(rpcCall('get_adcp_capabilities', {}), { accept: 'text/event-stream' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toContain('text/event-stream')
    expect(events(answer.text)).toHaveLength(1)
    expect(events(answer.text)[0]?.result?.isError).toBeUndefined()
  })

  test('gets an event stream for a call with a progress token, and JSON if it does not accept streams', async () => {
    const call = rpcCall('get_products', { buying_mode: 'wholesale' }, { progressToken: 'p1' })
    const streamed = await post(call, { accept: 'application/json, text/event-stream' })
    expect(streamed.headers['content-type']).toContain('text/event-stream')
    expect(events(streamed.text).at(-1)?.id).toBe(call.id)
    const plain = await post(call, { accept: 'application/json' })
    expect(plain.json().id).toBe(call.id)
  })

  test('is told the newest release of MCP that both speak, and never given a session', async () => {
    const answer = await post(initialize)
    expect(answer.json()).toMatchObject({ id: 'first', result: { protocolVersion: '2025-06-18' } })
    expect(answer.headers['mcp-session-id']).toBeUndefined()
    const future = { ...initialize, params: { ...initialize.params, protocolVersion: '2099-01-01' } }
    expect((await post(future)).json().result?.protocolVersion).toBe('2025-11-25')
  })

  test('may name a session of a server that was restarted: it is ignored', async () => {
    const answer = await post(list, { 'mcp-session-id': 'b6a2c1de-of-yesterday' })
    expect(answer.status).toBe(200)
  })

  test('hears which releases are spoken when it names an unknown one in MCP-Protocol-Version', async () => {
    const answer = await post(list, { 'mcp-protocol-version': '1999-01-01' })
    expect(answer.status).toBe(400)
    expect(answer.json().error?.message).toContain('2025-11-25')
  })

  test('has its notifications and answers taken with 202 and an empty body', async () => {
    for (const body of [
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
      { jsonrpc: '2.0', id: 1, result: {} },
    ]) {
      const answer = await post(body)
      expect([answer.status, answer.text]).toEqual([202, ''])
    }
  })

  test('is answered that an unknown method does not exist', async () => {
    const answer = await post({ jsonrpc: '2.0', id: 7, method: 'resources/list' })
    expect(answer.json()).toMatchObject({
      id: 7,
      error: { code: -32601, message: expect.stringContaining('not found') as string },
    })
  })

  test('is answered to a ping', async () => {
    expect((await post({ jsonrpc: '2.0', id: 'p', method: 'ping' })).json()).toEqual({
      jsonrpc: '2.0',
      id: 'p',
      result: {},
    })
  })

  test('cannot send a batch', async () => {
    const before = await desk.db.selectFrom('media_buys').select('media_buy_id').execute()
    const answer = await post([rpcCall('create_media_buy', aPurchase()), list])
    expect(answer.status).toBe(400)
    expect(answer.json().error).toMatchObject({
      code: -32600,
      data: { adcp_error: { code: 'INVALID_REQUEST' } },
    })
    expect(await desk.db.selectFrom('media_buys').select('media_buy_id').execute()).toEqual(before)
  })

  test('keeps its own id even when another buyer uses the same one at the same time', async () => {
    const other = `Bearer ${await desk.token('acme_direct')}`
    const capabilities = { ...rpcCall('get_adcp_capabilities', { context: { from: 'pinnacle' } }), id: 5 }
    const formats = { ...rpcCall('list_creative_formats', { context: { from: 'acme' } }), id: 5 }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 ? post(capabilities) : post(formats, { authorization: other }),
      ),
    )
    const from = answers.map(
      (answer) => (answer.json().result?.structuredContent?.['context'] as { from: string }).from,
    )
    expect(from).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 ? 'pinnacle' : 'acme')))
  })
})

describe('GET and DELETE', () => {
  test.each(['GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'])(
    '%s /mcp is refused with what is allowed',
    async (method) => {
      const answer = await ask(`${desk.url}/mcp`, {
        method,
        headers: { authorization, accept: 'text/event-stream' },
      })
      expect(answer.status).toBe(405)
      expect(answer.headers.allow).toBe('POST')
      expect(answer.json().error?.data?.adcp_error.code).toBe('INVALID_REQUEST')
    },
  )

  test('the official client connects, lists, buys and disconnects all the same', async () => {
    const client = new Client({ name: 'official', version: '0' })
    const transport = new StreamableHTTPClientTransport(new URL(`${desk.url}/mcp`), {
      requestInit: { headers: { authorization } },
    })
    await client.connect(transport)
    expect(client.getInstructions()).toContain('idempotency_key')
    expect((await client.listTools()).tools.length).toBeGreaterThan(0)
    const bought = await client.callTool({ name: 'create_media_buy', arguments: aPurchase() })
    expect(bought.structuredContent).toMatchObject({ media_buy_id: expect.stringMatching(/^mb_/) as string })
    await transport.terminateSession()
    await client.close()
  })
})

test('an operator’s watchdog gets the health of the desk without a token', async () => {
  const answer = await ask(`${desk.url}/health`, { method: 'GET' })
  expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}'])
})

test.each([
  '/',
  '/nothing',
  '/mcp/',
  '/mcp/extra',
  '/.well-known/oauth-protected-resource',
  '//',
  '//evil.example/mcp',
  '/%zz',
])('a stranger who asks for %s is told in JSON that nothing is served there', async (path) => {
  for (const method of ['GET', 'POST']) {
    const answer = await ask(`${desk.url}${path}`, { method })
    expect([path, answer.status]).toEqual([path, 404])
    expect(answer.json().error?.data?.adcp_error).toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      suggestion: expect.any(String) as string,
    })
  }
})
