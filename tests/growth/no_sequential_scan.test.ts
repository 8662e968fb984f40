import { signRequest } from '@adcp/sdk/signing/client'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trustKeys } from '../../src/commands/trust_keys.ts'
import type { Tool } from '../../src/tools/define-tool.ts'
import { tools } from '../../src/tools/index.ts'
import { aBusyDay } from '../support/busy_desk.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { pagesOf } from '../support/pages_of_console.ts'
import { wholeReads } from '../support/plans.ts'
import { proposalsFor } from '../support/proposals.ts'
import { listenToQueries, type Sent } from '../support/queries_sent.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { vectorKeys } from '../support/signing_keys.ts'
import { member, type Visitor } from '../support/visitor.ts'
import { calls, type Having } from './calls.ts'
import { ageDesk } from './lived_in.ts'

const ROWS = 3000
const [ed25519] = vectorKeys()
const { _private_d_for_test_only: d, ...publicJwk } = ed25519 as NonNullable<typeof ed25519>
/** Has PostgreSQL plan as if tables were far too big to be read whole: what it then reads whole has no index that serves. */
const TOO_BIG = 'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off'
let listening: ReturnType<typeof listenToQueries>
beforeAll(() => {
  listening = listenToQueries()
})
const desk = testDesk({ REQUEST_SIGNING: 'true' })
let buyer: TestBuyer
let admin: Visitor
let having: Having
let client: pg.Client

beforeAll(async () => {
  buyer = await aBusyDay(desk)
  having = await whatItHas()
  admin = await member(desk, 'admin')
  await trustKeys(desk.db, { principal_id: 'pinnacle', jwks: { keys: [publicJwk] }, by: 'test' })
  await ageDesk(desk.db, ROWS)
  client = new pg.Client(desk.databaseUrl)
  await client.connect()
  await client.query(TOO_BIG)
}, 120_000)
afterAll(async () => {
  listening.end()
  await client.end()
})

async function whatItHas(): Promise<Having> {
  const own = await buyer.call('get_media_buys', {
    status_filter: ['active', 'pending_start', 'pending_creatives'],
  })
  const buys = own.body['media_buys'] as { media_buy_id: string; packages: { package_id: string }[] }[]
  const tasks = (await buyer.call('tasks_list')).body['tasks'] as { task_id: string }[]
  const [proposal] = await proposalsFor(buyer, 'display for hikers, 4000 EUR')
  const last = buys.find(({ media_buy_id }) => media_buy_id.startsWith('mb_'))
  return {
    now: desk.now,
    media_buy_ids: buys.map(({ media_buy_id }) => media_buy_id),
    media_buy_id: last?.media_buy_id ?? '',
    package_id: last?.packages[0]?.package_id ?? '',
    task_ids: tasks.map(({ task_id }) => task_id),
    proposal_id: proposal?.proposal_id ?? '',
  }
}

/** Everything that is sent while somebody asks, each statement once. */
async function sentDuring(ask: () => Promise<unknown>): Promise<Sent[]> {
  listening.heard.length = 0
  await ask()
  return [...new Map(listening.heard.map((sent) => [sent.text, sent])).values()]
}

/** Tables that hold little however long a desk sells and however much, and why. Reading them whole costs nothing. */
const few = new Map(
  Object.entries({
    'one or a few for each publisher': `tenants catalogues approval_policies approval_limits slack_connections slack_installations webhook_signing_keys
      adapter_configs ad_server_secrets ad_server_traffic delivery_readings creative_agents`,
    'agents a publisher lets in by hand': 'principals principal_calls oauth_issuers trusted_principals',
    'processes and versions': 'workers schema_migrations',
    'forgotten within the hour': 'sign_in_failures call_counts slack_deliveries',
    'what waits to be done; what is done leaves it': '_private_jobs _private_tasks',
    'of sandbox buyers, each on its own': 'sandbox_seeds sandbox_directives sandbox_spend',
  }).flatMap(([why, tables]) => tables.split(/\s+/).map((table) => [table, why] as const)),
)

async function smallTables(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`select relname as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and reltuples < 2000 order by 1`)
  return rows.map(({ name }) => name)
}

/** What PostgreSQL would read whole to answer these, in words. */
async function complaints(statements: Sent[]): Promise<string[]> {
  const found: string[] = []
  for (const sent of statements)
    for (const { table, plan, text, lines } of await wholeReads(client, sent))
      if (!few.has(table)) found.push(`${table} is read whole, planned ${plan}:\n${text}\n${lines}`)
  return found
}

describe('a desk that has sold for years', () => {
  it('has many rows of everything, but for what is little by its nature', async () => {
    const held = [...few.keys()].filter((name) => !name.startsWith('_')).sort()
    expect(await smallTables()).toEqual(held)
  })
})

describe('no query reads a whole table', () => {
  it.for(tools.map((tool: Tool) => tool.name))('of %s', async (name) => {
    const asked = calls[name]
    if (!asked) throw new Error(`ask ${name} something in tests/growth/calls.ts`)
    const sent = await sentDuring(async () => {
      for (const args of asked(having)) await askBothPages(name, args)
    })
    expect(sent.length).toBeGreaterThan(0)
    expect(await complaints(sent)).toEqual([])
  })

  it('of any page of the console', async () => {
    const sent = await sentDuring(async () => {
      const pages = await pagesOf(admin)
      for (const path of new Set([...pages.values()].map((one) => one.split('?')[0])))
        await admin.get(`${path}?q=summer`)
    })
    expect(await complaints(sent)).toEqual([])
  })

  it('of whoever has no token, a wrong one or a signature, and of those who watch the desk', async () => {
    const asking = [rpcCall('get_products', { brief: 'video' }), rpcCall('list_creative_formats', {})]
    const sent = await sentDuring(async () => {
      for (const call of asking)
        for (const headers of [{}, { authorization: 'Bearer wrong' }, signed(call).headers])
          for (const mount of ['/mcp', '/mcp-strict'])
            await ask(`${desk.url}${mount}`, { headers, body: signed(call).body })
      for (const path of ['/health', '/livez', '/readyz', '/.well-known/jwks.json', '/console/sign-in'])
        await ask(desk.url + path, { method: 'GET' })
    })
    expect(sent.map(({ text }) => text).join()).toContain('request_signing_keys')
    expect(await complaints(sent)).toEqual([])
  })

  it('is noticed: without their index every call reads all tokens', async () => {
    const sent = await sentDuring(() => buyer.call('get_adcp_capabilities'))
    await client.query('begin; alter table principal_tokens drop constraint principal_tokens_pkey')
    const [first] = await complaints(sent)
    await client.query('rollback')
    expect(first).toMatch(/^principal_tokens is read whole, planned for these values:/)
  })
})

/** The first page, and the second where there is one. */
async function askBothPages(name: string, args: Args) {
  const { body } = await buyer.call(name, args)
  const { cursor } = (body['pagination'] ?? {}) as { cursor?: string }
  const { pagination } = args as { pagination?: Args }
  if (cursor !== undefined) await buyer.call(name, { ...args, pagination: { ...pagination, cursor } })
}

/** A call as an agent signs it for the strict mount. */
function signed(call: object): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify(call)
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const request = { method: 'POST', url: `${desk.url}/mcp-strict`, headers, body }
  const key = { keyid: publicJwk.kid, alg: 'ed25519' as const, privateKey: { kty: 'OKP', ...publicJwk, d } }
  const now = () => Math.floor(desk.now.getTime() / 1000)
  return { body, headers: signRequest(request, key, { coverContentDigest: true, now }).headers }
}
