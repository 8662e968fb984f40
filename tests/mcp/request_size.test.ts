import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDesk } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createHttpServer } from '../../src/mcp/http.ts'
import { listen } from '../../src/serve_http.ts'
import { testDesk } from '../support/desk.ts'
import { listeningLog } from '../support/log_lines.ts'
import { ask } from '../support/raw_http.ts'

const heard = listeningLog()
const desk = testDesk({}, { log: heard.log })
let headers: { authorization: string }
beforeAll(async () => {
  headers = { authorization: `Bearer ${await desk.token()}` }
})
const post = (body: string) => ask(`${desk.url}/mcp`, { headers, body })
const call = (args: string, tool = 'get_products') =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const wide = (items: number, item = '0') => `[${Array<string>(items).fill(item).join(',')}]`
const keys = (count: number, value = '0') =>
  `{${Array.from({ length: count }, (_none, n) => `"k${n}":${value}`).join(',')}}`

describe('a request that is too large in one way only', () => {
  test.each([
    ['100 levels', nested(98), nested(99), 'nested deeper than 100 levels'],
    ['10,000 items of a list', wide(10_000), wide(10_001), 'more than 10000 items'],
    ['10,000 fields of an object', keys(10_000), keys(10_001), 'more than 10000 items'],
    [
      'a million characters of a text',
      `"${'x'.repeat(1e6)}"`,
      `"${'x'.repeat(1e6 + 1)}"`,
      'more than 1000000 characters',
    ],
    [
      '500 characters of a name',
      `{"${'x'.repeat(500)}":0}`,
      `{"${'x'.repeat(501)}":0}`,
      'a longer name than 500',
    ],
    ['200,000 values', wide(19, wide(9_999)), wide(21, wide(9_999)), 'has 200000 values at the most'],
  ])('%s are taken, more are refused by name of the field', async (_what, most, more, why) => {
    const taken = await post(call(`{"context":{"x":${most}}}`, 'get_adcp_capabilities'))
    expect(taken.json().result?.isError).toBeUndefined()
    const { adcp_error } = (await post(call(`{"context":{"x":${more}}}`, 'get_adcp_capabilities'))).json()
      .result?.structuredContent as { adcp_error: { code: string; message: string; field: string } }
    expect(adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'context' })
    expect(adcp_error.message).toContain(why)
  })
})

test('a body that would unpack to more is not unpacked', async () => {
  const packed = gzipSync(call(`{"brief":"${' '.repeat(900_000)}"}`))
  const answer = await ask(`${desk.url}/mcp`, {
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: packed,
  })
  expect([answer.status, answer.json().error?.code]).toEqual([400, -32700])
})

/** What costs most of each kind, up to what a body may hold. */
const awkward = fc.oneof(
  fc.integer({ min: 1, max: 1_900_000 }).map(nested),
  fc
    .integer({ min: 1, max: 900_000 })
    .map((depth) => '{"a":'.repeat(Math.min(depth, 600_000)) + '1' + '}'.repeat(Math.min(depth, 600_000))),
  fc.integer({ min: 1, max: 1_900_000 }).map((items) => wide(items)),
  fc.integer({ min: 1, max: 250_000 }).map((count) => keys(count)),
  fc.integer({ min: 1, max: 300_000 }).map((items) => wide(items, '{"a":[]}')),
  fc.integer({ min: 1, max: 3_900_000 }).map((length) => `"${'x'.repeat(length)}"`),
  fc
    .tuple(
      fc.constantFrom('\\u0000', '\\ud800', '\\\\', ' ', 'a@', '2026-', '0', '-', '\\u202e', '['),
      fc.integer({ min: 1, max: 600_000 }),
    )
    .map(([piece, times]) => `"${piece.repeat(times)}"`),
  fc.integer({ min: 1, max: 3_900_000 }).map((digits) => '9'.repeat(digits)),
  fc.constantFrom(
    '1e400',
    '-0',
    '1e-400',
    'null',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
  ),
  fc.json(),
)
/** Where in a message it may stand. */
const places = [
  (value: string) => value,
  (value: string) => `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${value}}`,
  (value: string) => `{"jsonrpc":"2.0","id":${value},"method":"tools/list"}`,
  (value: string) => `{"jsonrpc":"2.0","id":1,"method":${value}}`,
  (value: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${value}}}`,
  (value: string) => call(value),
  (value: string) => call(`{"brief":${value}}`),
  (value: string) => call(`{"filters":${value}}`),
  (value: string) => call(`{"context":${value}}`),
  (value: string) => call(`{"media_buy_ids":${value}}`, 'get_media_buys'),
  (value: string) => call(`{"packages":${value},"account":${value}}`, 'create_media_buy'),
  (value: string) => call(`{"start_time":${value},"end_time":${value}}`, 'create_media_buy'),
  (value: string) => call(`{"creatives":${value}}`, 'sync_creatives'),
]
/** Of this process, in which the server runs: other work on the machine does not count. */
const MOST_CPU_MS = 2500

test('no JSON, however deep, wide or long, takes the desk more than a moment or harms it', async () => {
  const one = fc.tuple(fc.constantFrom(...places), awkward).map(([place, value]) => place(value))
  await fc.assert(
    fc.asyncProperty(one, async (body) => {
      const before = process.cpuUsage()
      const answer = await post(body)
      const { user, system } = process.cpuUsage(before)
      expect(answer.status).toBeLessThan(500)
      expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS)
      expect(answer.text).not.toMatch(/RangeError|Maximum call stack|heap/i)
      const code = answer.json().result?.structuredContent?.adcp_error?.code
      expect(code).not.toBe('SERVICE_UNAVAILABLE')
    }),
    { numRuns: 40 },
  )
  expect((await post(call('{}', 'get_adcp_capabilities'))).json().result?.isError).toBeUndefined()
  expect(heard.lines().filter(({ level }) => Number(level) >= 50)).toEqual([])
}, 60_000)

describe('a connection that is held open and says little', () => {
  /** The same desk, in more of a hurry. */
  let port: number
  let close: () => Promise<unknown>
  beforeAll(async () => {
    const config = readConfig({ PORT: '0' })
    const its = createDesk({ config, databaseUrl: desk.databaseUrl, log: heard.log })
    const options = {
      allowed: { hosts: [], origins: [] },
      maxBodyBytes: 1e6,
      sseIdleMs: 1e5,
      publicUrl: undefined,
    }
    const patience = { headersMs: 300, requestMs: 700, checkMs: 50 }
    const http = createHttpServer(its, { ...options, requestSigning: false, mounts: {}, patience })
    port = await listen(http.server, config)
    close = () => http.close().then(() => its.close())
  })
  afterAll(() => close())

  /** Writes the head, then a byte every now and then for ever (after nothing, nothing); what is heard until the server hangs up. */
  const trickle = (head: string) =>
    new Promise<string>((resolve, reject) => {
      let said = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(head))
      const more = setInterval(() => head !== '' && socket.write('x'), 40)
      socket.on('data', (data) => (said += data.toString()))
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(more)
        resolve(said)
      })
      setTimeout(() => reject(new Error('it was never hung up on')), 10_000).unref()
    })

  test.each([
    ['in its headers', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    ['without a word', ''],
    ['in its body', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n{'],
  ])('%s is ended, and others are answered meanwhile', async (_where, head) => {
    const many = Promise.all(Array.from({ length: 20 }, () => trickle(head)))
    const answer = await ask(`http://127.0.0.1:${port}/mcp`, {
      headers,
      body: call('{}', 'get_adcp_capabilities'),
    })
    expect(answer.status).toBe(200)
    for (const said of await many) expect(said).toMatch(/^(HTTP\/1\.1 (408|400)|$)/)
  })

  test.each([
    ['one header of 20 kB', `X-Long: ${'x'.repeat(20_000)}\r\n`],
    [
      'a thousand headers',
      Array.from({ length: 1000 }, (_none, n) => `X-${n}: ${'x'.repeat(20)}\r\n`).join(''),
    ],
  ])('%s are refused with 431', async (_what, lines) => {
    expect(await trickle(`POST /mcp HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })
})
