import { afterEach, describe, expect, test } from 'vitest'
import { createReadiness } from '../../src/monitoring/readiness.ts'
import { createPool } from '../../src/db/database.ts'
import { aPurchase, connectBuyer, encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { behave, booked, buy, callsFor } from '../support/orders.ts'
import { killAll, salesdesk } from '../support/processes.ts'
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

test('a server is not ready on a database that lacks what it needs, and is on one that is newer', async () => {
  const pool = createPool(desk.databaseUrl, { max: 1, log: quiet, name: 'test' })
  const [last] = (await desk.pool.query<{ name: string }>('select max(name) as name from schema_migrations'))
    .rows
  const name = last?.name ?? ''
  const ready = async () => (await createReadiness(pool, () => undefined).check()).migrations
  await desk.pool.query(
    `insert into schema_migrations (name, checksum) values ('9999_of_the_next_version', '')`,
  )
  expect(await ready()).toBe('ok')
  await desk.pool.query('delete from schema_migrations where name = $1', [name])
  expect(await ready()).toBe('behind')
  await pool.end()
})
