import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, describe, expect, test } from 'vitest'
import { createDesk } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { authenticate } from '../../src/mcp/authenticate.ts'
import { serveStdio } from '../../src/mcp/stdio.ts'
import { aPurchase, callTool, testDesk, type Args } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { listeningLog } from '../support/log_lines.ts'
import { main } from '../support/processes.ts'
import { startSalesdesk } from '../support/stdio_process.ts'
import { rpcCall, type RpcAnswer } from '../support/raw_http.ts'

const desk = testDesk()
const environment = async (more: Record<string, string> = {}) => ({
  DATABASE_URL: desk.databaseUrl,
  SALESDESK_TOKEN: await desk.token(),
  ...more,
})
const hello = {
  jsonrpc: '2.0',
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '0' } },
}
const line = (message: unknown) => `${JSON.stringify(message)}\n`

// each test starts a process, and a busy machine takes its time
describe('a buyer on stdin and stdout', { timeout: 90_000 }, () => {
  test('lists and buys with the official client, and the process ends with it', async () => {
    const client = new Client({ name: 'desktop', version: '0' })
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [main, 'stdio'],
      env: await environment(),
      stderr: 'pipe',
    })
    await client.connect(transport)
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('create_media_buy')
    const { body } = await callTool(client, 'create_media_buy', aPurchase())
    expect(body['media_buy_id']).toMatch(/^mb_/)
    const { body: mine } = await callTool(client, 'get_media_buys', { media_buy_ids: [body['media_buy_id']] })
    expect(mine['media_buys']).toHaveLength(1)
    const wrong = await callTool(client, 'create_media_buy', {})
    expect(wrong.body.adcp_error?.code).toBe('INVALID_REQUEST')
    const { pid } = transport
    await client.close()
    await eventually('the process is gone', () => !isAlive(pid ?? 0))
  })

  test('has everything it asked answered before the process ends at the end of stdin, the last line without line feed too', async () => {
    // one for each, since who waits two seconds for a connection is told to come back
    const running = startSalesdesk(
      'stdio',
      await environment({ LOG_LEVEL: 'debug', DATABASE_CONNECTIONS: '14' }),
    )
    const purchases = Array.from({ length: 12 }, () => rpcCall('create_media_buy', aPurchase()))
    const { stdin } = running.process
    stdin.write(line(hello) + line({ jsonrpc: '2.0', method: 'notifications/initialized' }))
    for (const purchase of purchases) stdin.write(line(purchase))
    stdin.write(line(rpcCall('no_such_tool', { context: { a: 1 } })))
    const last = rpcCall('get_adcp_capabilities', {})
    stdin.end(JSON.stringify(last))
    expect(await running.ended).toBe(0)

    const answers = rpcLines(running.stdout())
    const answered = new Map(answers.map((answer) => [answer.id, answer]))
    for (const { id } of purchases)
      expect(answered.get(id)?.result?.structuredContent).toHaveProperty('media_buy_id')
    expect(answered.get(last.id)?.result?.structuredContent).toHaveProperty('supported_protocols')
    expect(answers).toHaveLength(purchases.length + 3)
    expect(running.stderr()).toContain('"msg":"tool call"')
    expect(running.stderr()).not.toContain('sd_')
  })

  test('hears that a line is malformed, and the next one is answered', async () => {
    const running = startSalesdesk('stdio', await environment())
    const good = rpcCall('get_adcp_capabilities', {})
    running.process.stdin.end(
      [
        '{"jsonrpc":',
        'hello?',
        line([good]).trim(),
        '{"jsonrpc":"1.0","id":1,"method":"ping"}',
        '['.repeat(100_000),
        '',
        JSON.stringify(good),
        '',
      ].join('\n'),
    )
    expect(await running.ended).toBe(0)
    const answers = rpcLines(running.stdout())
    const errors = answers.filter(({ error }) => error)
    expect(errors).toHaveLength(6)
    for (const { id, error } of errors) expect([id, error?.code]).toEqual([null, -32700])
    expect(answers.find(({ id }) => id === good.id)?.result?.isError).toBeUndefined()
  })

  test('that sends a line without end is cut off instead of filling the memory or waiting for ever', async () => {
    const running = startSalesdesk('stdio', await environment())
    const chunk = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < 12; i++) running.process.stdin.write(chunk)
    expect(await running.ended).toBe(0)
    expect(rpcLines(running.stdout())).toMatchObject([{ id: null, error: { code: -32700 } }])
  })

  test('that stops reading ends the process quietly', async () => {
    const running = startSalesdesk('stdio', await environment())
    running.process.stdin.write(line(hello))
    await eventually('the desk is up', () => running.stdout())
    running.process.stdout.destroy()
    running.process.stdin.write(
      line(rpcCall('get_products', { buying_mode: 'wholesale' })) + line(rpcCall('get_media_buys', {})),
    )
    expect(await running.ended).toBe(0)
    expect(running.stderr()).not.toMatch(/EPIPE|Error|at /)
  })

  test('that stops reading has what it asked done before the desk closes', async () => {
    const heard = listeningLog()
    const { databaseUrl } = desk
    const its = createDesk({ config: readConfig({}), databaseUrl, log: heard.log })
    const principal = await authenticate(its.readDb, await desk.token(), new Date())
    if (!principal) throw new Error('the token is not valid')
    const [stdin, stdout] = [new PassThrough(), new PassThrough()]
    let over = false
    const served = serveStdio(its, () => principal, stdin, stdout).then(() => (over = true))
    const holder = await desk.pool.connect()
    await holder.query('begin; lock table products in access exclusive mode')
    stdin.write(line(rpcCall('get_products', { buying_mode: 'wholesale' })))
    await eventually('it waits', async () => {
      const waiting = await holder.query(
        "select from pg_locks where not granted and relation = 'products'::regclass",
      )
      return waiting.rowCount
    })
    stdout.destroy()
    await once(stdout, 'close')
    await holder.query('select')
    const early = over
    await holder.query('commit')
    holder.release()
    expect(early).toBe(false)
    await served
    await its.close()
    expect(heard.lines().map(({ msg, tool, error }) => [msg, tool, error])).toEqual([
      ['tool call', 'get_products', undefined],
    ])
  })

  test.each([
    ['without a token', '', /SALESDESK_TOKEN is not set.*salesdesk token/],
    [
      'with a wrong token',
      'sd_wrong-and-secret',
      /SALESDESK_TOKEN is not valid in the desk of DATABASE_URL.*salesdesk token/,
    ],
  ])('%s is told so on stderr, and the process ends with 1', async (_how, token, words) => {
    const running = startSalesdesk('stdio', await environment({ SALESDESK_TOKEN: token }))
    expect(await running.ended).toBe(1)
    expect(running.stdout()).toBe('')
    expect(running.stderr()).toMatch(words)
    expect(running.stderr()).not.toMatch(/sd_wrong|at .*\.js/)
  })

  test('whose publisher’s database is not there is told so on stderr, and the process ends with 1', async () => {
    const running = startSalesdesk(
      'stdio',
      await environment({ DATABASE_URL: 'postgres://postgres:hunter2@127.0.0.1:1/none' }),
    )
    running.process.stdin.end()
    expect(await running.ended).toBe(1)
    expect(running.stdout()).toBe('')
    expect(running.stderr()).toContain('DATABASE_URL')
    expect(running.stderr()).not.toMatch(/hunter2|at .*\.js/)
  })
})

describe('the folder Claude Desktop is told of', { timeout: 90_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'salesdesk-stdio-'))
  const started = join(home, 'started')
  const key = join(started, '.salesdesk', 'encryption-key')
  mkdirSync(dirname(key), { recursive: true })
  writeFileSync(key, '')
  mkdirSync(join(home, 'data', 'postgres'), { recursive: true })
  writeFileSync(join(home, 'data', 'postgres', 'PG_VERSION'), '18')
  afterAll(() => rmSync(home, { recursive: true }))

  test.each([
    ['is empty', 'elsewhere', /There is no desk in \S+elsewhere, so nothing .* made\. .*DATABASE_URL/],
    [
      'is the one a desk was started in',
      'started',
      /There is no desk .* SALESDESK_DATA_DIR to \S+started\/\.salesdesk,/,
    ],
    [
      'is the database itself',
      'data/postgres',
      /is the database itself\. Set SALESDESK_DATA_DIR .* \S+data\.$/,
    ],
  ])('%s: the host is answered with what to do, and no desk is made', async (_how, folder, words) => {
    const before = readdirSync(home, { recursive: true }).sort()
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [main, 'stdio'],
      env: { SALESDESK_DATA_DIR: join(home, folder), SALESDESK_TOKEN: await desk.token() },
      stderr: 'ignore',
    })
    await expect(new Client({ name: 'desktop', version: '0' }).connect(transport)).rejects.toThrow(words)
    expect(readdirSync(home, { recursive: true }).sort()).toEqual(before)
  })
})

/** Every line of stdout must be one JSON-RPC message. */
function rpcLines(stdout: string): RpcAnswer[] {
  expect(stdout.endsWith('\n')).toBe(true)
  return stdout
    .trimEnd()
    .split('\n')
    .map((text) => {
      const message = JSON.parse(text) as RpcAnswer & Args
      expect(message.jsonrpc).toBe('2.0')
      return message
    })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
