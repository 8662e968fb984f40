import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { readFigures, type Figures } from '../../src/monitoring/figures.ts'
import { createMetrics } from '../../src/monitoring/metrics.ts'
import { enqueue } from '../../src/jobs.ts'
import { laneOf } from '../../src/tasks/lanes.ts'
import { aPurchase, testDesk } from '../support/desk.ts'
import { buy, stepsOf } from '../support/orders.ts'
import { parseMetrics } from '../support/scrape.ts'

const read = (): Promise<Figures> => readFigures(desk.db)
const metrics = createMetrics(() => read(), laneOf)
const desk = testDesk({}, { meter: metrics.meter })

/** A scrape of its own, whatever was told a moment ago. */
async function fresh() {
  const own = createMetrics(() => readFigures(desk.db), laneOf)
  return parseMetrics(await own.text())
}

describe('a publisher that watches its desk with Prometheus', () => {
  test('sees calls by tool and outcome, how long they took, and what ad servers made of them', async () => {
    const buyer = await desk.buyer()
    const id = await buy(buyer)
    await buyer.call('create_media_buy', aPurchase({ packages: [] }))
    await desk.runJobs()
    const seen = parseMetrics(await metrics.text())
    expect(seen.get('salesdesk_tool_calls_total{tool="create_media_buy",outcome="ok"}')).toBe(1)
    expect(seen.get('salesdesk_tool_calls_total{tool="create_media_buy",outcome="INVALID_REQUEST"}')).toBe(1)
    expect(seen.get('salesdesk_tool_call_seconds_count{tool="create_media_buy"}')).toBe(2)
    const steps = await stepsOf(desk.db, id)
    const done = seen.get(
      'salesdesk_adapter_steps_total{adapter="simulated",call="executeStep",outcome="done"}',
    )
    expect(done).toBe(steps.length)
    expect(seen.get('salesdesk_jobs_total{job="fulfil_media_buy",outcome="done"}')).toBeGreaterThan(0)
    expect(seen.get('salesdesk_database_connections{pool="tools",state="max"}')).toBe(10)
    expect(seen.get('salesdesk_database_up')).toBe(1)
  })

  test('finds no publisher, buyer, connection or id among the labels', async () => {
    const text = await metrics.text()
    const { rows } = await sql<{ name: string }>`select tenant_id as name from tenants
      union select name from tenants union select principal_id from principals union select connection_id from adapter_configs
      union select media_buy_id from media_buys union select account_id from accounts`.execute(desk.db)
    expect(rows.length).toBeGreaterThan(5)
    for (const { name } of rows) expect(text).not.toContain(`"${name}"`)
  })

  test('sees how much waits in each lane, and for how long', async () => {
    await desk.db.transaction().execute(async (trx) => {
      const due = (seconds: number) => new Date(Date.now() - seconds * 1000)
      await enqueue(trx, 'fulfil_media_buy', { fulfilment_id: 'ful_none' }, due(600))
      await enqueue(trx, 'turn_media_buy', { media_buy_id: 'mb_none' }, due(60))
      await enqueue(trx, 'deliver_webhook', { webhook_event_id: 'none', lane: 'none' }, due(-3600))
    })
    const seen = await fresh()
    expect(seen.get('salesdesk_queue_jobs{lane="orders",state="waiting"}')).toBe(2)
    expect(seen.get('salesdesk_queue_jobs{lane="buyers",state="later"}')).toBe(1)
    expect(seen.get('salesdesk_queue_oldest_seconds{lane="orders",job="fulfil_media_buy"}')).toBeCloseTo(
      600,
      -1,
    )
    expect(seen.get('salesdesk_queue_oldest_seconds{lane="buyers",job="deliver_webhook"}')).toBe(0)
    await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
  })

  test('sees ad servers out of order, readings that are late, what waits for people, and workers', async () => {
    await sql`insert into ad_server_traffic (connection_id, next_call_at, failures, broken_until)
      values ('house', now(), 10, now() + interval '1 minute')
      on conflict (connection_id) do update set broken_until = excluded.broken_until`.execute(desk.db)
    await sql`insert into sync_jobs (sync_job_id, tenant_id, connection_id, kind, state, asked_by, started_at, whole_at, updated_at, finished_at)
      values ('old', 'northwind', 'house', 'orders', 'current', 'test', now() - interval '2 hours', now(), now(), now()),
        ('new', 'northwind', 'screens', 'orders', 'current', 'test', now(), now(), now(), now())
      on conflict do nothing`.execute(desk.db)
    await sql`insert into workers (worker_id, host, process_id, seen_at) values ('a', 'here', 1, now()), ('b', 'here', 1, now()),
      ('c', 'gone', 2, now() - interval '1 minute')`.execute(desk.db)
    const seen = await fresh()
    expect(seen.get('salesdesk_breakers_open{adapter="simulated"}')).toBe(1)
    expect(seen.get('salesdesk_connections{adapter="simulated"}')).toBe(2)
    expect(seen.get('salesdesk_sync_age_seconds{adapter="simulated",kind="orders"}')).toBeCloseTo(7200, -2)
    expect(seen.get('salesdesk_syncs_late{adapter="simulated",kind="orders"}')).toBe(1)
    expect(seen.get('salesdesk_workers')).toBe(1)
    expect(seen.get('salesdesk_orders_needing_a_person')).toBe(0)
  })

  test('is alerted by labels and values its metrics have', async () => {
    await desk.db.transaction().execute(async (trx) => {
      await enqueue(trx, 'fulfil_media_buy', { fulfilment_id: 'ful_none' })
      await enqueue(trx, 'tell_slack', { tenant_id: 'northwind' })
      await enqueue(trx, 'read_delivery', { connection_id: 'house' })
    })
    const seen = [...parseMetrics(await metrics.text()).keys(), ...(await fresh()).keys()]
    await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
    const alerts = readFileSync(new URL('../../docs/examples/alerts.yaml', import.meta.url), 'utf8')
    const chosen = [...alerts.matchAll(/\b(salesdesk_\w+)\{([^}]*)\}/g)].flatMap(
      ([, name = '', labels = '']) =>
        [...labels.matchAll(/(\w+)=~?"([^"]*)"/g)].map(([, label, values = '']) => ({
          name,
          label,
          values: values.split('|'),
        })),
    )
    expect(chosen.length).toBeGreaterThan(5)
    for (const { name, label, values } of chosen) {
      const series = seen.filter((one) => one.startsWith(`${name}{`))
      // outcomes are counted as they come: those that never came are no series yet
      for (const value of label === 'outcome' ? [''] : values.map((one) => `${one}"`))
        expect(
          series.filter((one) => one.includes(`${label}="${value}`)),
          `${name} ${label}=${value}`,
        ).not.toEqual([])
    }
    const rules = [...alerts.matchAll(/by \(([\w, ]+)\)[^\n]*?\b(salesdesk_\w+)/g)]
    for (const [, labels = '', name = ''] of rules)
      for (const label of labels.split(', ').filter((one) => one !== 'instance'))
        expect(
          seen.filter((one) => one.startsWith(`${name}{`) && one.includes(`${label}="`)),
          `${name} by ${label}`,
        ).not.toEqual([])
  })

  test('is still told what this process did while the database is away, and nothing stale of the rest', async () => {
    let away = false
    const own = createMetrics(() => (away ? Promise.reject(new Error('away')) : readFigures(desk.db)), laneOf)
    own.meter.toolCalled('get_products', 'ok', 0.01)
    expect(parseMetrics(await own.text()).get('salesdesk_connections{adapter="simulated"}')).toBe(2)
    away = true
    await passFiveSeconds(async () => {
      const seen = parseMetrics(await own.text())
      expect(seen.get('salesdesk_database_up')).toBe(0)
      expect(seen.get('salesdesk_tool_calls_total{tool="get_products",outcome="ok"}')).toBe(1)
      const names = [...seen.keys()].map((series) => series.replace(/\{.*/, ''))
      expect(names).not.toContain('salesdesk_connections')
      expect(names).not.toContain('salesdesk_workers')
    })
  })

  test('costs the database one reading, however many scrape at once', async () => {
    let readings = 0
    const own = createMetrics(() => {
      readings += 1
      return readFigures(desk.db)
    }, laneOf)
    await Promise.all(Array.from({ length: 20 }, () => own.text()))
    await own.text()
    expect(readings).toBe(1)
    await passFiveSeconds(() => own.text())
    expect(readings).toBe(2)
  })
})

/** As if five seconds had passed, for as long as it takes. */
async function passFiveSeconds(work: () => Promise<unknown>): Promise<void> {
  const now = performance.now.bind(performance)
  performance.now = () => now() + 5001
  try {
    await work()
  } finally {
    performance.now = now
  }
}
