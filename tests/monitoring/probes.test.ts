import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { createReadiness } from '../../src/monitoring/readiness.ts'
import { calls } from '../growth/calls.ts'
import { createPool } from '../../src/db/database.ts'
import {
  aPurchase,
  connectBuyer,
  encryptionKey,
  testDesk,
  type Args,
  type TestBuyer,
} from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { behave, booked, buy, callsFor } from '../support/orders.ts'
import { killAll, run, salesdesk } from '../support/processes.ts'
import { quiet } from '../support/database.ts'
import { ask } from '../support/raw_http.ts'
import { scrape } from '../support/scrape.ts'
import { startTcpProxy } from '../support/tcp_proxy.ts'

const desk = testDesk()
afterEach(killAll)

interface Told {
  code: number
  body: { status: string; database?: string; migrations?: string; worker?: string; draining?: boolean }
}
/** A probe as a load balancer makes it: by whatever address it knows the process. */
async function probe(url: string): Promise<Told> {
  const { status, text } = await ask(url, { method: 'GET', headers: { host: '10.1.2.3:8787' } })
  return { code: status, body: JSON.parse(text) as Told['body'] }
}

/** What it says once it is not ready. */
const unready = (address: string, what: string) =>
  eventually(what, async () => {
    const told = await probe(`${address}/readyz`)
    return told.code === 503 ? told : undefined
  })

async function open(command: 'serve' | 'work', env: Record<string, string> = {}) {
  const variables = { DATABASE_URL: desk.databaseUrl, SALESDESK_ENCRYPTION_KEY: encryptionKey, PORT: '0' }
  const process = salesdesk([command], { ...variables, METRICS_PORT: '0', ...env })
  const [, metrics = ''] = await process.said(/Metrics at (\S+)\/metrics/)
  const [, url = ''] = command === 'serve' ? await process.said(/answers at (\S+)\/mcp/) : []
  if (command === 'work') await process.said(/is ready/)
  return { process, metrics, url }
}

describe('whoever runs a server behind a load balancer', () => {
  test('sees it ready, sees it leave at SIGTERM before it does, and no call is lost in between', async () => {
    const { process, metrics, url } = await open('serve', { DRAIN_SECONDS: '1' })
    for (const address of [url, metrics]) {
      expect(await probe(`${address}/livez`)).toEqual({ code: 200, body: { status: 'ok' } })
      const ready = { status: 'ready', database: 'ok', migrations: 'ok', worker: 'none', draining: false }
      expect(await probe(`${address}/readyz`)).toEqual({ code: 200, body: ready })
    }
    // what strangers reach tells them nothing
    expect((await ask(`${url}/metrics`, { method: 'GET' })).status).toBe(404)

    const buyers = await Promise.all(
      Array.from({ length: 4 }, async () => connectBuyer(`${url}/mcp`, await desk.token())),
    )
    let answered = 0
    let turnedAway = false
    const load = buyers.map(async (buyer) => {
      while (!turnedAway) {
        const { isError, texts } = await buyer.call('create_media_buy', aPurchase())
        expect(isError ? texts : []).toEqual([])
        answered += 1
      }
    })
    await eventually('some purchases', () => answered > 8)
    process.kill('SIGTERM')
    const leaving = await unready(url, 'the server to say that it leaves')
    expect(leaving.body).toMatchObject({ status: 'not ready', database: 'ok', draining: true })
    expect((await probe(`${metrics}/livez`)).code).toBe(200)
    const before = answered
    await eventually('calls to be answered all the same', () => answered > before)
    // as a load balancer does: no more calls, and those under way come back
    turnedAway = true
    await Promise.all(load)
    expect(await process.exited).toBe(0)
    const bought = await desk.db.selectFrom('media_buys').select('media_buy_id').execute()
    expect(bought).toHaveLength(answered)
  })

  test('sees that its database is away, and that it is back', async () => {
    const proxy = await startTcpProxy(desk.databaseUrl)
    const { url, metrics } = await open('serve', { DATABASE_URL: proxy.url })
    await proxy.cut()
    const away = await unready(url, 'it to be not ready')
    expect(away.body).toMatchObject({ database: 'away', draining: false })
    expect((await probe(`${url}/livez`)).code).toBe(200)
    expect((await scrape(`${metrics}/metrics`)).get('salesdesk_database_up')).toBe(0)
    await proxy.restore()
    await eventually('it to be ready', async () => (await probe(`${url}/readyz`)).code === 200)
    await proxy.close()
  })
})

test('whoever runs a worker sees it ready, lamed when it loses its session, and leaving while it finishes its order', async () => {
  const { process, metrics } = await open('work')
  expect(await probe(`${metrics}/readyz`)).toMatchObject({ code: 200, body: { worker: 'ok' } })
  await desk.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'salesdesk worker liveness'`,
  )
  await eventually('it to be not ready', async () => (await probe(`${metrics}/readyz`)).code === 503, 5000, 2)
  await eventually('it to be well again', async () => (await probe(`${metrics}/readyz`)).code === 200)

  await behave(desk.db, { latency_ms: 1000 })
  const id = await buy(await desk.buyer())
  await eventually('the call', async () => (await callsFor(desk.db, id)).length === 1)
  process.kill('SIGTERM')
  const leaving = await unready(metrics, 'it to say that it leaves')
  expect(leaving.body).toMatchObject({ worker: 'stopped', draining: true })
  expect(await process.exited).toBe(0)
  expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
})

describe('a database that a newer version has migrated', () => {
  let buyer: TestBuyer
  /** What came to no answer, of every tool. */
  async function failures(): Promise<string[]> {
    const bought = await buyer.call('create_media_buy', aPurchase())
    const [item] = bought.body['packages'] as { package_id: string }[]
    const media_buy_id = String(bought.body['media_buy_id'])
    const having = { media_buy_ids: [media_buy_id], media_buy_id, package_id: item?.package_id ?? '' }
    const found: string[] = []
    for (const [tool, ask] of Object.entries(calls))
      // the plainest way of asking and, of what ends nothing that the next round asks for, the fullest
      for (const args of ends(ask({ ...having, now: new Date(), task_ids: [], proposal_id: 'none' }))) {
        const fresh = 'idempotency_key' in args ? { idempotency_key: randomUUID() } : {}
        const { body } = await buyer.call(tool, { ...args, ...fresh })
        if (body.adcp_error?.code === 'SERVICE_UNAVAILABLE') found.push(`${tool} ${JSON.stringify(args)}`)
      }
    return found
  }

  test('does not disturb who runs: every tool answers although every table has a column more', async () => {
    buyer = await desk.buyer()
    // so often that PostgreSQL has planned what is asked
    for (let round = 0; round < 3; round += 1) expect(await failures()).toEqual([])
    await migrateToTheNextVersion()
    expect(await failures()).toEqual([])
  })

  test('lets who died come back, sell and place, and doctor says what there is', async () => {
    const [{ process: server, url }, { process: worker }] = await Promise.all([open('serve'), open('work')])
    const remote = await connectBuyer(`${url}/mcp`, await desk.token())
    const { body } = await remote.call('create_media_buy', aPurchase())
    const id = String(body['media_buy_id'])
    await eventually('the order', async () => (await booked(desk.db, id)).line_items === 1)
    await remote.client.close()
    const { stdout } = await run(['doctor'], { DATABASE_URL: desk.databaseUrl })
    expect(stdout).toMatch(
      /^ok {4}migrations +up to date; the database is of a newer version \(9999_of_the_next_version\): start that one here, too$/m,
    )
    for (const one of [server, worker]) one.kill('SIGTERM')
    expect(await Promise.all([server.exited, worker.exited])).toEqual([0, 0])
  })
})

const ends = (asked: Args[]) => {
  const harmless = asked.filter((args) => !('delete_missing' in args || 'canceled' in args))
  return harmless.filter((_, nth) => nth === 0 || nth === harmless.length - 1)
}

/** As a release after this one would: tables, columns, values and rules more, and nothing taken away. */
async function migrateToTheNextVersion() {
  const { rows } = await desk.pool.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1`,
  )
  await desk.pool.query(`
    create table of_the_next_version (id bigint generated always as identity primary key, media_buy_id text references media_buys);
    ${rows.map(({ name }) => `alter table ${name} add column of_the_next_version text, add check (of_the_next_version <> '') not valid;`).join('\n')}
    create index on media_buys (of_the_next_version);
    insert into schema_migrations (name, checksum) values ('9999_of_the_next_version', '')`)
}

test('a server is not ready on a database that lacks what it needs, and is on one that is newer', async () => {
  const pool = createPool(desk.databaseUrl, { max: 1, log: quiet, name: 'test' })
  const [last] = (
    await desk.pool.query<{ name: string }>(
      `select max(name) as name from schema_migrations where name < '9999'`,
    )
  ).rows
  const name = last?.name ?? ''
  const ready = async () => (await createReadiness(pool, () => undefined).check()).migrations
  expect(await ready()).toBe('ok')
  await desk.pool.query('delete from schema_migrations where name = $1', [name])
  expect(await ready()).toBe('behind')
  await pool.end()
})
