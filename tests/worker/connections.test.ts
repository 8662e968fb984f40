import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { startWorking } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { poolsOf } from '../../src/from_config.ts'
import { readFigures } from '../../src/monitoring/figures.ts'
import { createMetrics } from '../../src/monitoring/metrics.ts'
import { laneOf } from '../../src/tasks/lanes.ts'
import { encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { listeningLog } from '../support/log_lines.ts'
import { behave, buy, callsFor } from '../support/orders.ts'
import { parseMetrics } from '../support/scrape.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const buyers = webhookReceiver()
const heard = listeningLog()
const metrics = createMetrics(() => readFigures(desk.db), laneOf)

let worker: Awaited<ReturnType<typeof startWorking>> | undefined
afterEach(async () => {
  await worker?.stop()
  worker = undefined
  heard.forget()
})

async function startWorker(variables: Record<string, string> = {}) {
  const config = readConfig({
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    SALESDESK_ENCRYPTION_KEY: encryptionKey,
    ...variables,
  })
  worker = await startWorking({
    ...{ config, databaseUrl: desk.databaseUrl, log: heard.log, meter: metrics.meter },
  })
}

const warnings = () => heard.lines().filter(({ level }) => Number(level) >= 40)

/** How many connections a worker has open, by what for. */
async function connections(): Promise<Record<string, number>> {
  const { rows } = await desk.pool.query<{ name: string; count: number }>(
    `select application_name as name, count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name in ('salesdesk queue', 'salesdesk tasks', 'salesdesk worker liveness')
      group by 1`,
  )
  return Object.fromEntries(rows.map(({ name, count }) => [name.replace('salesdesk ', ''), count]))
}

test.each(['1', '5', '40'])('a worker of %s jobs at once starts without a warning', async (at_once) => {
  await startWorker({ WORKER_CONCURRENCY: at_once })
  expect(warnings()).toEqual([])
})

test('a worker with its hands full takes no more connections than the README says', async () => {
  const buyer = await desk.buyer()
  for (let i = 0; i < 60; i += 1)
    await buy(buyer, { push_notification_config: { url: `${buyers.url}/${i}` } })
  await startWorker()
  const most: Record<string, number> = {}
  await eventually('every webhook', async () => {
    for (const [name, count] of Object.entries(await connections()))
      most[name] = Math.max(most[name] ?? 0, count)
    return Array.from({ length: 60 }, (_, i) => buyers.heard(`/${i}`).length).every(Boolean)
  })
  expect(most['queue']).toBeLessThanOrEqual(22)
  expect(most['tasks']).toBeLessThanOrEqual(20)
  expect(most['worker liveness']).toBe(1)
  const seen = parseMetrics(await metrics.text())
  // as salesdesk doctor counts them
  const { queue, tasks } = poolsOf(readConfig({}))
  for (const [pool, max] of Object.entries({ queue, tasks }))
    expect(seen.get(`salesdesk_database_connections{pool="${pool}",state="max"}`)).toBe(max)
  expect(warnings()).toEqual([])
}, 60_000)

test('one connection of a worker listens, whatever lanes it has: PostgreSQL wakes each that does at every word', async () => {
  await startWorker()
  const { rows } = await desk.pool.query<{ listening: number }>(
    `select count(*)::int as listening from pg_stat_activity
      where datname = current_database() and application_name = 'salesdesk queue' and query like 'LISTEN%'`,
  )
  expect(rows).toEqual([{ listening: 1 }])
})

test('orders that fall due together are taken together, by a worker that had nothing to do', async () => {
  await startWorker()
  await behave(desk.db, { latency_ms: 2000 })
  const buyer = await desk.buyer()
  await sql`create function wait_a_while() returns trigger language plpgsql as
    $$ begin new.run_at := now() + interval '1 day'; return new; end $$`.execute(desk.db)
  await sql`create trigger wait_a_while before insert on graphile_worker._private_jobs for each row execute function wait_a_while()`.execute(
    desk.db,
  )
  const ids: string[] = []
  for (let i = 0; i < 4; i++) ids.push(await buy(buyer))
  await sql`update graphile_worker._private_jobs set run_at = now() where key like 'fulfil%'`.execute(desk.db)
  await eventually('all four at the ad server', async () => {
    const calls = await Promise.all(ids.map((id) => callsFor(desk.db, id)))
    return calls.every(({ length }) => length === 1)
  })
  await sql`drop trigger wait_a_while on graphile_worker._private_jobs`.execute(desk.db)
}, 60_000)
