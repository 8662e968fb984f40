import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { afterEach, describe, expect, test } from 'vitest'
import { createLegacySse } from '../../src/mcp/legacy_sse.ts'
import { createMcpServers } from '../../src/mcp/server.ts'
import { aPurchase, callTool, testDesk } from '../support/desk.ts'
import { quiet } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { ask, rpcCall, type RpcAnswer } from '../support/raw_http.ts'

// the heartbeat comes as often as streams may be idle, at most every 15 seconds; the desk's clock stands still until a test moves it
const desk = testDesk({ SSE_IDLE_SECONDS: '0.03' })
const open: { destroy(): void }[] = []
afterEach(() => {
  for (const stream of open.splice(0)) stream.destroy()
})

interface Stream {
  endpoint: string
  text(): string
  answers(): RpcAnswer[]
  ended(): boolean
  post(body: unknown, token?: string): ReturnType<typeof ask>
}
/** An event stream held by hand. */
async function listen(url: string, token: string): Promise<Stream> {
  let text = ''
  let ended = false
  const sent = httpRequest(`${url}/sse`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
  })
  open.push(sent)
  sent.on('error', () => (ended = true)).end()
  const response = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve))
  expect(response.headers['content-type']).toContain('text/event-stream')
  response
    .on('data', (data: Buffer) => (text += data.toString()))
    .on('close', () => (ended = true))
    .on('error', () => {})
  const endpoint = await eventually(
    'the endpoint event',
    () => /event: endpoint\ndata: (.+)\n/.exec(text)?.[1],
  )
  return {
    endpoint,
    text: () => text,
    ended: () => ended,
    answers: () =>
      [...text.matchAll(/^event: message\ndata: (.+)$/gm)].map(
        ([, data]) => JSON.parse(data ?? '') as RpcAnswer,
      ),
    post: (body, other = token) =>
      ask(`${url}${endpoint}`, {
        headers: { authorization: `Bearer ${other}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

describe('a buyer whose client is from 2024', () => {
  test('lists and buys over GET /sse with the official client', async () => {
    const headers = { authorization: `Bearer ${await desk.token()}` }
    const client = new Client({ name: 'old', version: '0' })
    const transport = new SSEClientTransport(new URL(`${desk.url}/sse`), { requestInit: { headers } })
    await client.connect(transport)
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('create_media_buy')
    const bought = await callTool(client, 'create_media_buy', aPurchase())
    expect(bought.body['media_buy_id']).toMatch(/^mb_/)
    const wrong = await callTool(client, 'tasks_get', { task_id: 'task_none' })
    expect(wrong.body.adcp_error?.code).toBe('REFERENCE_NOT_FOUND')
    await client.close()
  })

  test('is kept alive while it is quiet, as long as the idle time is not over', async () => {
    const stream = await listen(desk.url, await desk.token())
    await eventually('three heartbeats', () => stream.text().split(': still here\n\n').length > 3)
    expect(stream.ended()).toBe(false)
    await stream.post(rpcCall('get_adcp_capabilities', {}))
    await eventually(
      'the answer',
      () => stream.answers()[0]?.result?.structuredContent?.['supported_protocols'],
    )
  })

  test('has its stream closed after the idle time, counted from its last message', async () => {
    const token = await desk.token()
    const [quietOne, busyOne] = [await listen(desk.url, token), await listen(desk.url, token)]
    desk.now = new Date(desk.now.getTime() + 20)
    expect((await busyOne.post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202)
    desk.now = new Date(desk.now.getTime() + 20)
    await eventually('the quiet stream ends', quietOne.ended)
    expect(busyOne.ended()).toBe(false)
    expect((await quietOne.post(rpcCall('get_adcp_capabilities', {}))).status).toBe(404)
    desk.now = new Date(desk.now.getTime() + 60)
    await eventually('the other one ends, too', busyOne.ended)
  })

  test('without a valid token gets no stream and no message through', async () => {
    const stream = await listen(desk.url, await desk.token())
    for (const authorization of [undefined, 'Bearer sd_wrong']) {
      const headers = authorization === undefined ? {} : { authorization }
      expect((await ask(`${desk.url}/sse`, { method: 'GET', headers })).status).toBe(401)
      expect(
        (
          await ask(`${desk.url}${stream.endpoint}`, {
            headers,
            body: JSON.stringify(rpcCall('get_products')),
          })
        ).status,
      ).toBe(401)
    }
    expect(stream.answers()).toEqual([])
  })

  test('cannot speak into a stranger’s stream, nor learn that it exists', async () => {
    const stream = await listen(desk.url, await desk.token())
    const stranger = await desk.token('acme_direct')
    const stolen = await stream.post(rpcCall('create_media_buy', aPurchase()), stranger)
    const invented = await ask(`${desk.url}/messages?sessionId=00000000-0000-4000-8000-000000000000`, {
      headers: { authorization: `Bearer ${stranger}` },
      body: JSON.stringify(rpcCall('create_media_buy', aPurchase())),
    })
    const none = await ask(`${desk.url}/messages`, {
      headers: { authorization: `Bearer ${stranger}` },
      body: '{}',
    })
    expect([stolen.status, stolen.text]).toEqual([404, invented.text])
    expect([none.status, none.text]).toEqual([404, invented.text])
    expect(stream.answers()).toEqual([])
    // the same principal may use another of its tokens
    expect((await stream.post(rpcCall('get_adcp_capabilities', {}), await desk.token())).status).toBe(202)
  })

  test('is told when its message is none', async () => {
    const stream = await listen(desk.url, await desk.token())
    for (const body of ['{"jsonrpc":', '{}', '42', '[]', JSON.stringify([rpcCall('get_products')])]) {
      const answer = await stream.post(body)
      expect([body, answer.status]).toEqual([body, 400])
      expect(answer.json().error?.data?.adcp_error.code).toBe('INVALID_REQUEST')
    }
    expect(stream.ended()).toBe(false)
  })

  test('sees at its next message what the publisher lets it see by now, not what it was when the stream began', async () => {
    const stream = await listen(desk.url, await desk.token('acme_direct'))
    const products = async () => {
      const call = rpcCall('get_products', { buying_mode: 'wholesale', fields: ['name'] })
      await stream.post(call)
      const answer = await eventually('the answer', () => stream.answers().find(({ id }) => id === call.id))
      return (answer.result?.structuredContent?.['products'] as unknown[]).length
    }
    expect(await products()).toBe(10)
    await desk.db
      .updateTable('principals')
      .set({ allowed_product_ids: ['gridwatt_display'] })
      .where('principal_id', '=', 'acme_direct')
      .execute()
    expect(await products()).toBe(1)
    await desk.db
      .updateTable('principals')
      .set({ allowed_product_ids: null })
      .where('principal_id', '=', 'acme_direct')
      .execute()
  })
})

test('a thousand buyers that hang up before their stream opens take nobody’s place', async () => {
  let now = 0
  const never = () => expect.unreachable('no tool is called here')
  const principal = {
    principal_id: 'p',
    tenant_id: 't',
    name: 'P',
    sandbox: false,
    allowed_product_ids: null,
    max_calls_per_minute: null,
  }
  const clock = () => new Date(now)
  const desk = {
    tools: [],
    sandboxTools: [],
    db: never as never,
    readDb: never as never,
    log: quiet,
    clock,
    callDeadlineMs: 1,
  }
  const sse = createLegacySse({ createMcpServer: createMcpServers(desk), idleMs: 20, clock })
  const server = createServer((request, response) => {
    const ready = request.headers['x-hang-up']
      ? new Promise((resolve) => response.destroy().once('close', resolve))
      : Promise.resolve()
    void ready.then(() => sse.open(response, () => principal))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (let i = 0; i < 1001; i++)
    await ask(`${url}/sse`, { method: 'GET', headers: { 'x-hang-up': '1', connection: 'close' } }).catch(
      () => {},
    )
  now = 1000
  const stream = await listen(url, 'any')
  expect(stream.endpoint).toContain('/messages?sessionId=')
  await sse.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
