import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDesk } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { enqueue } from '../../src/jobs.ts'
import { clientAddress } from '../../src/mcp/limits/client_address.ts'
import { sharedLimit } from '../../src/mcp/limits/shared_limit.ts'
import { serveHttp } from '../../src/serve_http.ts'
import { quiet } from '../support/database.ts'
import { testDesk } from '../support/desk.ts'
import { ask, rpcCall } from '../support/raw_http.ts'

const variables = { MAX_STRANGERS_CALLS_PER_MINUTE: '5', MAX_CALLS_PER_MINUTE: '8', REQUEST_SIGNING: 'true' }
const desk = testDesk(variables)
const proxied = testDesk({ ...variables, TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' })
/** A second server of the same desk, as another process would be. */
let second: { url: string; close(): Promise<void> }
beforeAll(async () => {
  const config = readConfig({ PORT: '0', ...variables })
  const its = createDesk({ config, databaseUrl: desk.databaseUrl, log: quiet, clock: () => desk.now })
  const http = await serveHttp(its, config)
  second = { url: http.url, close: () => http.close().then(() => its.close()) }
})
afterAll(() => second.close())
beforeEach(() => {
  // each test in a minute of its own
  desk.now = new Date(Math.floor(desk.now.getTime() / 60_000) * 60_000 + 75_000)
  proxied.now = desk.now
})

const body = JSON.stringify(rpcCall('get_media_buys', {}))
const come = (token: string | undefined, { url = desk.url, path = '/mcp', headers = {} } = {}) =>
  ask(url + path, { headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers }, body })
/** The statuses of so many requests with a wrong token, one after another. */
async function comeWrongly(times: number, where = {}) {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push((await come(`sd_wrong_${i}`, where)).status)
  return statuses
}

describe('somebody nobody knows', () => {
  test('is told to wait after so many requests in a minute, and heard again in the next', async () => {
    expect(await comeWrongly(6)).toEqual([401, 401, 401, 401, 401, 429])
    const answer = await come(undefined)
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '45'])
    expect(answer.json().error?.data?.adcp_error).toMatchObject({ code: 'RATE_LIMITED', retry_after: 45 })
    desk.now = new Date(desk.now.getTime() + 45_000)
    expect(await comeWrongly(1)).toEqual([401])
  })

  test('is counted by all servers together, wherever it comes: without a token, with a wrong one, a wrong signature', async () => {
    expect((await come(undefined)).status).toBe(401)
    expect((await come('sd_wrong', { url: second.url })).status).toBe(401)
    const signed = { 'signature-input': 'sig1=("@method");keyid="nobody"', signature: 'sig1=:AAAA:' }
    expect((await come(undefined, { path: '/mcp-strict', headers: signed })).status).toBe(401)
    expect((await come('a.b.c', { path: '/messages' })).status).toBe(401)
    expect(await comeWrongly(2, { url: second.url })).toEqual([401, 429])
  })

  test('does not keep a buyer out that comes from the same address, nor cost it anything', async () => {
    const token = await desk.token()
    expect((await come(token)).status).toBe(200)
    await comeWrongly(10)
    expect((await come(token)).status).toBe(200)
    expect((await come(`${token}x`)).status).toBe(429)
  })

  test('cannot keep a token that was revoked meanwhile alive', async () => {
    const token = await desk.token()
    await come(token)
    await comeWrongly(6)
    await desk.db.updateTable('principal_tokens').set({ revoked_at: desk.now }).execute()
    expect([(await come(token)).status, (await come(token)).status]).toEqual([429, 429])
  })

  test('leaves one row, which a job forgets', async () => {
    await comeWrongly(20)
    const rows = () =>
      desk.db
        .selectFrom('call_counts')
        .select(['subject', 'calls'])
        .where('subject', 'like', 'address %')
        .execute()
    expect(await rows()).toEqual([{ subject: 'address 127.0.0.1', calls: 5 }])
    desk.now = new Date(desk.now.getTime() + 6 * 60_000)
    await desk.db.transaction().execute((trx) => enqueue(trx, 'forget_call_counts', {}))
    await desk.runJobs()
    expect(await rows()).toEqual([])
  })

  test('says nothing of where it comes from that is believed, unless a proxy of ours says it', async () => {
    for (let i = 0; i < 5; i++) await come('sd_wrong', { headers: { 'x-forwarded-for': `192.0.2.${i}` } })
    expect((await come('sd_wrong', { headers: { 'x-forwarded-for': '192.0.2.9' } })).status).toBe(429)

    const via = (forwarded: string) =>
      comeWrongly(1, { url: proxied.url, headers: { 'x-forwarded-for': forwarded } })
    for (let i = 0; i < 5; i++) expect(await via(`198.51.100.${i}, 192.0.2.1, 10.1.2.3`)).toEqual([401])
    expect(await via('198.51.100.99, 192.0.2.1')).toEqual([429])
    expect(await via('192.0.2.2')).toEqual([401])
  })
})

describe('a buyer without a limit of its own', () => {
  test('may call as often as the desk allows anybody, over all servers', async () => {
    const token = await desk.token('acme_direct')
    const codes: unknown[] = []
    for (let i = 0; i < 10; i++) {
      const answer = await come(token, { url: i % 2 ? second.url : desk.url })
      codes.push(answer.json().result?.structuredContent?.adcp_error?.code)
    }
    expect(codes).toEqual([...Array<undefined>(8).fill(undefined), 'RATE_LIMITED', 'RATE_LIMITED'])
  })
})

describe('counting', () => {
  /** Its statements are put into `asked`. */
  const limit = (most: number, asked: unknown[]) => {
    const db = desk.db.withPlugin({
      transformQuery: ({ node }) => (asked.push(node), node),
      transformResult: ({ result }) => Promise.resolve(result),
    })
    return sharedLimit({ db, clock: () => desk.now, log: quiet }, most)
  }

  test('costs PostgreSQL nothing for who comes seldom, ten writes for who comes as often as it may, and none after', async () => {
    const asked: unknown[] = []
    const { count, full } = limit(300, asked)
    for (let i = 0; i < 29; i++) expect(await count('address a')).toBeUndefined()
    expect(asked).toEqual([])
    for (let i = 29; i < 300; i++) expect(await count('address a')).toBeUndefined()
    expect(asked.length).toBe(10)
    expect(full('address a')).toBeGreaterThan(0)
    for (let i = 0; i < 2000; i++) expect(await count('address a')).toBeGreaterThan(0)
    const rows = await desk.db
      .selectFrom('call_counts')
      .select('calls')
      .where('subject', '=', 'address a')
      .execute()
    expect(rows).toEqual([{ calls: 330 }])
    expect(asked.length).toBe(11)
  })

  test('tells a great many addresses from each other, and keeps no more than that in mind', async () => {
    const { count, full } = limit(50, [])
    for (let i = 0; i < 10_100; i++) await count(`address ${i}`)
    expect(full('address 1')).toBeUndefined()
    expect(full('address of one more')).toBeGreaterThan(0)
  })
})

describe('the address a request comes from', () => {
  const from = (remoteAddress: string, forwarded?: string, proxies: string[] = []) =>
    clientAddress(proxies)({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as unknown as IncomingMessage)

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8::5', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', 'unknown'],
  ])('%s counts as %s', (address, counted) => expect(from(address)).toBe(counted))

  test('is the same for all of one /64, and another for the next', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16))
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.array(group, { minLength: 4, maxLength: 4 }),
        (all, other) => {
          const start = all.slice(0, 4)
          expect(from([...start, ...other].join(':'))).toBe(from(all.join(':')))
          const next = [...start.slice(0, 3), ((parseInt(start[3] ?? '', 16) + 1) % 65_536).toString(16)]
          expect(from([...next, ...other].join(':'))).not.toBe(from(all.join(':')))
        },
      ),
    )
  })

  test('is the last that no trusted proxy wrote about itself, whatever else stands there', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.string()), { maxLength: 5 }), (made_up) => {
        const said = [...made_up.map((one) => one.replaceAll(',', ' ')), '192.0.2.7', '10.0.0.9'].join(', ')
        expect(from('10.0.0.1', said, ['10.0.0.0/8'])).toBe('192.0.2.7')
        expect(from('203.0.113.1', said, ['10.0.0.0/8'])).toBe('203.0.113.1')
      }),
    )
    expect(from('10.0.0.1', 'nonsense', ['10.0.0.0/8'])).toBe('10.0.0.1')
    expect(from('10.0.0.1', undefined, ['10.0.0.1'])).toBe('10.0.0.1')
  })
})
