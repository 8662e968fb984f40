import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hashToken, newToken } from '../../src/tokens.ts'
import { createToken } from '../../src/commands/create_token.ts'
import { aPurchase, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { listeningLog } from '../support/log_lines.ts'
import { listenToQueries } from '../support/queries_sent.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { rowCounts } from '../support/row_counts.ts'

const heard = listeningLog()
const { heard: sent, end } = listenToQueries()
const desk = testDesk(
  {
    PUBLIC_URL: 'https://Desk.northwind.example/',
    ALLOWED_HOSTS: 'sales.northwind.example, Backup.northwind.example',
    ALLOWED_ORIGINS: 'https://console.northwind.example, https://Admin.northwind.example/',
  },
  { log: heard.log },
)
const elsewhere = testDesk({ HOST: '127.0.0.2' })
afterAll(end)
let token: string
let address: string
beforeAll(async () => {
  token = await desk.token()
  // with a PUBLIC_URL the desk names that; these tests need the socket
  address = `http://127.0.0.1:${desk.port}`
})
beforeEach(() => heard.forget())
const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
/** What only somebody known may ask. */
const ownBuys = JSON.stringify({ ...rpcCall('get_media_buys', {}), id: 1 })
const post = (headers: Record<string, string>, body: string | Buffer | readonly Buffer[] = list) =>
  ask(`${address}/mcp`, { headers: { authorization: `Bearer ${token}`, ...headers }, body })

describe('Host and Origin', () => {
  test.each([
    'evil.example',
    'evil.example:8787',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'sales.northwind.example.evil.example',
    '[::2]:80',
    '0.0.0.0:8787',
  ])('a page whose name was rebound (Host %j) is refused before anything is read', async (host) => {
    const answer = await post({ host })
    expect(answer.status).toBe(403)
    expect(answer.json().error?.data?.adcp_error).toMatchObject({
      code: 'PERMISSION_DENIED',
      suggestion: expect.stringContaining('ALLOWED_HOSTS') as string,
    })
  })

  test.each([
    'localhost',
    'LOCALHOST:1234',
    '127.0.0.1:8787',
    '[::1]:8787',
    '[::1]',
    'sales.northwind.example',
    'SALES.northwind.example:443',
    'backup.northwind.example',
    'desk.northwind.example',
  ])('a buyer that calls the desk by a name it has (Host %s) is answered', async (host) => {
    expect((await post({ host })).status).toBe(200)
  })

  test.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'https://console.northwind.example.evil.example',
    'http://console.northwind.example',
    'https://console.northwind.example:8443',
    'null',
    'file://',
    '',
  ])('a web page of another origin (%j) is refused', async (origin) => {
    const answer = await post({ origin })
    expect(answer.status).toBe(403)
    expect(answer.json().error?.data?.adcp_error).toMatchObject({
      code: 'PERMISSION_DENIED',
      suggestion: expect.stringContaining('ALLOWED_ORIGINS') as string,
    })
  })

  test.each([
    'https://console.northwind.example',
    'https://admin.northwind.example',
    'https://desk.northwind.example',
    'http://localhost:6274',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('a web page the operator lets in, or one of this machine (%s), is answered', async (origin) => {
    expect((await post({ origin })).status).toBe(200)
  })

  test('guards every path, health included', async () => {
    for (const [method, path] of [
      ['GET', '/health'],
      ['GET', '/sse'],
      ['POST', '/messages'],
      ['GET', '/nothing'],
    ]) {
      const answer = await ask(`${address}${path}`, {
        method: method ?? '',
        headers: { host: 'evil.example' },
      })
      expect([path, answer.status]).toEqual([path, 403])
    }
  })

  test('an operator who binds the desk to one address can use the URL it prints', async () => {
    expect(elsewhere.url).toMatch(/^http:\/\/127\.0\.0\.2:/)
    const headers = { authorization: `Bearer ${await elsewhere.token()}` }
    expect((await ask(`${elsewhere.url}/mcp`, { headers, body: list })).status).toBe(200)
  })
})

test.each([
  ['/health', 'tenants'],
  ['/.well-known/jwks.json', 'webhook_signing_keys'],
])(
  '%s, which anybody may ask, takes one connection to PostgreSQL, however many ask at once',
  async (path, table) => {
    const holder = await desk.pool.connect()
    await holder.query(`begin; lock table ${table} in access exclusive mode`)
    const asking = Array.from({ length: 50 }, () =>
      ask(`${address}${path}`, { method: 'GET', headers: { host: 'localhost' } }),
    )
    const waiting = () =>
      holder.query<{ n: number }>(
        `select count(*)::int as n from pg_locks where not granted and relation = '${table}'::regclass`,
      )
    await eventually('one of them waits', async () => (await waiting()).rows[0]?.n)
    // whoever else came by now would wait beside it
    await ask(`${address}/nothing`, { method: 'GET', headers: { host: 'localhost' } })
    expect((await waiting()).rows).toEqual([{ n: 1 }])
    await holder.query('commit')
    holder.release()
    expect(new Set((await Promise.all(asking)).map(({ status }) => status))).toEqual(new Set([200]))
  },
)

describe('tokens', () => {
  test('a caller without one is asked for one, without being called wrong', async () => {
    const answer = await ask(`${address}/mcp`, { body: ownBuys })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="salesdesk"')
    expect(answer.json()).toMatchObject({
      id: null,
      error: { code: -32028, data: { adcp_error: { code: 'AUTH_REQUIRED', recovery: 'correctable' } } },
    })
  })

  test.each([
    'Bearer sd_nobody-has-this-one',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Basic cGlubmFjbGU6eA==',
    'sd_naked',
  ])('a caller with a wrong one (%s) is told that it is wrong', async (authorization) => {
    const answer = await post({ authorization })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="salesdesk", error="invalid_token"')
  })

  test('the scheme may be written in any case', async () => {
    expect((await post({ authorization: `bearer ${token}` })).status).toBe(200)
  })

  test('unknown, expired and revoked tokens and those of an archived principal are answered alike, byte for byte', async () => {
    const expired = await createToken(desk.db, 'pinnacle', {
      by: { kind: 'operator', name: 'test' },
      expires_at: new Date(desk.now.getTime() + 60_000),
    })
    const revoked = await desk.token()
    const archived = await desk.token('acme_direct')
    for (const good of [expired, revoked, archived])
      expect((await post({ authorization: `Bearer ${good}` })).status).toBe(200)

    const until = desk.now
    desk.now = new Date(until.getTime() + 60_000)
    await desk.db
      .updateTable('principal_tokens')
      .set({ revoked_at: desk.now })
      .where('token_hash', '=', hashToken(revoked))
      .execute()
    await desk.db
      .updateTable('principals')
      .set({ archived_at: desk.now })
      .where('principal_id', '=', 'acme_direct')
      .execute()
    const answers = await Promise.all(
      [expired, revoked, archived, 'sd_unknown'].map((bad) => post({ authorization: `Bearer ${bad}` })),
    )
    desk.now = until
    expect(
      new Set(answers.map(({ status, text, headers }) => `${status} ${headers['www-authenticate']} ${text}`))
        .size,
    ).toBe(1)
    expect(answers[0]?.status).toBe(401)
  })

  describe('how long their look-up takes', () => {
    /** What PostgreSQL is asked for one call with a token; nothing of the token is in it. */
    async function asked(given: string) {
      sent.length = 0
      const { status } = await post({ authorization: `Bearer ${given}` }, ownBuys)
      const heard = [...sent]
      const said = heard.flatMap(({ text, values }) => [text, ...values.map(written)]).join('\n')
      const secret = given.replace(/^sd_/, '')
      for (let from = 0; from + 8 <= secret.length; from += 1)
        expect(said).not.toContain(secret.slice(from, from + 8))
      const [lookup] = heard
      return { status, lookup, statements: heard.map(({ text }) => text) }
    }
    const written = (value: unknown) =>
      Buffer.isBuffer(value)
        ? [value.toString('latin1'), value.toString('base64url')].join('\n')
        : JSON.stringify(value)

    test('tells nothing of them: a good one and every bad one are the same statement with a hash in it, and all bad ones the same work', async () => {
      const by = { kind: 'operator', name: 'test' } as const
      const expires_at = new Date(desk.now.getTime() + 60_000)
      const expired = await createToken(desk.db, 'pinnacle', { by, expires_at })
      const [revoked, good] = [await desk.token(), await desk.token()]
      await desk.db
        .updateTable('principal_tokens')
        .set({ revoked_at: desk.now })
        .where('token_hash', '=', hashToken(revoked))
        .execute()
      const until = desk.now
      desk.now = expires_at
      const unknown = await asked(newToken('sd_'))
      const right = await asked(good)
      expect([right.status, right.lookup]).toEqual([
        200,
        { text: unknown.lookup?.text, values: [hashToken(good), desk.now] },
      ])
      const almost = `${good.slice(0, -1)}${good.endsWith('A') ? 'E' : 'A'}`
      for (const bad of [newToken('sd_'), almost, good.slice(0, 20), `${good}A`, revoked, expired]) {
        const { status, lookup, statements } = await asked(bad)
        expect([bad, status, statements]).toEqual([bad, 401, unknown.statements])
        expect(lookup?.values).toEqual([hashToken(bad), desk.now])
      }
      expect(unknown.statements.length).toBeGreaterThan(0)
      desk.now = until
    })
  })

  test('a token in the address is not taken: addresses end up in logs', async () => {
    for (const query of [`token=${token}`, `access_token=${token}`])
      expect((await ask(`${address}/mcp?${query}`, { body: ownBuys })).status).toBe(401)
    expect(heard.text()).not.toContain(token)
  })

  test('what the database keeps does not open the door', async () => {
    const row = await desk.db
      .selectFrom('principal_tokens')
      .selectAll()
      .where('token_hash', '=', hashToken(token))
      .executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(token)
    for (const kept of [row.prefix, row.token_hash.toString('hex'), row.token_hash.toString('base64url')])
      expect((await post({ authorization: `Bearer ${kept}` })).status).toBe(401)
  })
})

describe('bodies', () => {
  const limit = 4 * 1024 * 1024
  const padded = (size: number) => {
    // no text alone may be so long
    const call = JSON.stringify(rpcCall('get_adcp_capabilities', { context: { pad: ['', '', '', '', ''] } }))
    const [missing, full] = [size - call.length, 900_000]
    const texts = Array.from({ length: 5 }, (_none, n) =>
      'x'.repeat(Math.min(full, Math.max(0, missing - n * full))),
    )
    return call.replace('["","","","",""]', JSON.stringify(texts))
  }

  test('a request of exactly 4 MB is answered', async () => {
    const answer = await post({}, padded(limit))
    expect(answer.json().result?.isError).toBeUndefined()
  })

  test('a larger one is refused as JSON, with its length given up front', async () => {
    const body = padded(limit + 1)
    const answer = await post({ 'content-length': String(body.length) }, body)
    expect(answer.status).toBe(413)
    expect(answer.json().error?.data?.adcp_error).toMatchObject({
      code: 'INVALID_REQUEST',
      suggestion: expect.stringContaining('Split') as string,
    })
  })

  test.each([
    ['in chunks without end', 'Transfer-Encoding: chunked'],
    ['with a length it has not sent yet', 'Content-Length: 50000000'],
  ])(
    'a buyer that is still sending (%s) hears the refusal and nothing breaks under it',
    async (_what, length) => {
      const heardBack = await new Promise<string>((resolve, reject) => {
        const socket = connect(desk.port, '127.0.0.1')
        let text = ''
        socket.on('error', reject).on('data', (data) => {
          text += data.toString()
          if (!text.endsWith('}')) return
          resolve(text)
          socket.destroy()
        })
        socket.write(
          `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${length}\r\n\r\n`,
        )
        const chunk = 'x'.repeat(1024 * 1024)
        for (let i = 0; i < 6; i++)
          socket.write(length.includes('chunked') ? `100000\r\n${chunk}\r\n` : chunk)
      })
      expect(heardBack).toMatch(/^HTTP\/1\.1 413 /)
      expect(heardBack).toContain('"code":"INVALID_REQUEST"')
    },
  )

  test('a larger one is refused as JSON, sent in chunks that say no length', async () => {
    const parts = Array.from({ length: 12 }, () => Buffer.alloc(512 * 1024, 'x'))
    const answer = await post({}, parts)
    expect(answer.status).toBe(413)
    expect(answer.json().error?.data?.adcp_error.message).toContain('4 MB')
  })

  test.each([
    ['empty', ''],
    ['half', '{"jsonrpc":"2.0","id":1,'],
    ['a form', 'method=tools/list&id=1'],
    ['NaN', '{"jsonrpc":"2.0","id":NaN}'],
    ['two requests on two lines', `${list}\n${list}`],
  ])('a body that is no JSON (%s) is refused with 400', async (_what, body) => {
    const answer = await post({}, body)
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      id: null,
      error: { code: -32700, data: { adcp_error: { code: 'INVALID_REQUEST' } } },
    })
  })

  test('a body that is not UTF-8 is refused instead of being stored as question marks', async () => {
    const call = JSON.stringify(rpcCall('create_media_buy', aPurchase({ po_number: 'Müller' })))
    const answer = await post({}, Buffer.from(call, 'latin1'))
    expect(answer.status).toBe(400)
    expect(answer.json().error?.data?.adcp_error.suggestion).toContain('UTF-8')
    expect(await desk.db.selectFrom('media_buys').select('media_buy_id').execute()).toEqual([])
  })

  test('a byte order mark in front does no harm', async () => {
    expect((await post({}, `\ufeff${list}`)).status).toBe(200)
  })

  test.each([
    ['null', 'null'],
    ['a number', '42'],
    ['text', '"tools/list"'],
    ['an empty object', '{}'],
    ['JSON-RPC 1.0', '{"jsonrpc":"1.0","id":1,"method":"tools/list"}'],
    ['an id that is null', '{"jsonrpc":"2.0","id":null,"method":"tools/list"}'],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"tools/list"}'],
    ['params that are text', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"x"}'],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":1}'],
  ])('JSON that is not JSON-RPC (%s) is refused with 400', async (_what, body) => {
    const answer = await post({}, body)
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code: expect.any(Number) as number },
    })
    expect(answer.text).not.toMatch(/zod|at Object|node_modules/i)
  })

  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  test.each([
    ['the body itself', nested(100_000)],
    ['params', `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${nested(100_000)}}`],
    [
      'the arguments',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_products","arguments":${nested(100_000)}}}`,
    ],
    [
      'an unknown argument',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_products","arguments":{"x":${nested(100_000)}}}}`,
    ],
    [
      'the context',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_products","arguments":{"context":{"x":${nested(100_000)}}}}}`,
    ],
    [
      'a list sent as text',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_media_buys","arguments":{"media_buy_ids":"${nested(100_000)}"}}}`,
    ],
    ['four megabytes of it', nested(2_000_000)],
  ])('a hundred thousand lists within each other as %s are refused and harm nobody', async (_what, body) => {
    const answer = await post({}, body)
    expect(answer.text).not.toMatch(/stack|RangeError/i)
    const { error, result } = answer.json()
    expect(error ?? result?.structuredContent?.adcp_error).toBeTruthy()
    expect(result?.structuredContent?.adcp_error?.code ?? 'INVALID_REQUEST').toBe('INVALID_REQUEST')
    expect((await post({})).status).toBe(200)
    expect(heard.lines().filter(({ level }) => Number(level) >= 40)).toEqual([])
  })

  test.each([50, 500, 1000, 3000, 6000])(
    'a purchase whose context is %i levels deep is either made and answered, or not made',
    async (depth) => {
      const before = await rowCounts(desk.db)
      const call = JSON.stringify(rpcCall('create_media_buy', aPurchase({ context: { x: 1 } })))
      const answer = await post({}, call.replace('{"x":1}', `{"x":${nested(depth)}}`))
      const body = answer.json().result?.structuredContent
      if (body?.['media_buy_id'])
        return expect(JSON.stringify(body['context'])).toBe(`{"x":${nested(depth)}}`)
      expect(body?.adcp_error?.code).toBe('INVALID_REQUEST')
      expect(await rowCounts(desk.db)).toEqual(before)
    },
  )

  test('a buyer that hangs up in the middle of its request is not mistaken for a database that is away', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(desk.port, '127.0.0.1', () => {
        socket.write(
          `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\n{"json`,
        )
      })
      socket.on('close', () => resolve())
      void eventually('the desk looks the token up', async () => {
        const { rows } = await desk.pool.query(
          `select from pg_stat_activity where application_name = 'salesdesk reads' and query like '%principal_tokens%'`,
        )
        return rows.length > 0
      }).then(() => socket.destroy())
    })
    expect((await post({})).status).toBe(200)
    expect(heard.lines().filter(({ level }) => Number(level) >= 40)).toEqual([])
  })
})
