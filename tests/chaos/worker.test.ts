import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDesk, type Args } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import {
  behave,
  booked,
  buy,
  callsFor,
  change,
  everyRow,
  fulfilmentsOf,
  served,
  stepsOf,
} from '../support/orders.ts'
import { killAll, salesdesk, type Salesdesk } from '../support/processes.ts'
import { aChange } from '../support/updates.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp_proxy.ts'

const desk = testDesk()
/** Midnight in a hundred days. */
const end_time = new Date((Math.floor(Date.now() / 86_400_000) + 100) * 86_400_000).toISOString()
const twoPackages = [0, 1].map(() => ({
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}))

beforeEach(() => {
  desk.now = new Date()
})
afterEach(async () => {
  await killAll()
  // killed workers said no goodbye
  await desk.db.deleteFrom('workers').execute()
})

describe('a worker killed while it places an order', () => {
  const slow = { latency_ms: 1000, line_item_latency_ms: 1000 }
  const moments: Record<string, (id: string) => Promise<boolean>> = {
    'after the intent, before the ad server has the order': async (id) =>
      (await callsFor(desk.db, id)).length === 1,
    'when the ad server has the order and has not answered': async (id) =>
      (await booked(desk.db, id)).orders === 1,
    'between two steps': async (id) => (await stepsOf(desk.db, id))[0]?.state === 'done',
    'when the first line item stands, unanswered': async (id) => (await booked(desk.db, id)).line_items === 1,
    'in the middle of the last step': async (id) =>
      (await callsFor(desk.db, id)).filter((one) => one === 'create_line_item').length === 2,
  }
  test('at whatever moment: another takes over and there is one order', async () => {
    const workers = await startOneByOne(Object.keys(moments).length)
    await behave(desk.db, slow)
    const buyer = await desk.buyer()
    const stories = Object.entries(moments).map(async ([when, hasCome]) => {
      const id = await buy(buyer, { packages: twoPackages })
      await killWhen(workers, id, when, () => hasCome(id))
      return [when, id] as const
    })
    const orders = await Promise.all(stories)
    await startWorker()
    for (const [when, id] of orders) {
      await eventually(`the order to be placed, ${when}`, () => isPlaced(id))
      expect(await booked(desk.db, id), when).toEqual({ orders: 1, line_items: 2 })
      expect((await stepsOf(desk.db, id)).map(({ state }) => state)).toEqual(['done', 'done', 'done'])
    }
  })

  test('while the buyer changes it: another finishes it, and no job is left that looks as if it had failed', async () => {
    const workers = await Promise.all([startWorker(), startWorker()])
    await behave(desk.db, slow)
    const id = await buy(await desk.buyer())
    await killWhen(workers, id, 'the call', async () => {
      if ((await callsFor(desk.db, id)).length === 0) return false
      await change(desk.db, id, { packages: { budget: '5000' } })
      return true
    })
    await eventually('the order to be placed', () => isPlaced(id))
    await eventually('its jobs to be gone', async () => (await jobsLeft(id)) === 0, 5000)
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
  })
})

describe('a buyer that changes its buy at a worker of its own process', () => {
  interface Death {
    asked: Args
    hasCome: (calls: string[], items: Awaited<ReturnType<typeof served>>) => boolean
    calls: string[]
    left: Args
  }
  const deaths: Record<string, Death> = {
    'before the ad server has canceled the order': {
      asked: { canceled: true },
      hasCome: (calls) => calls.includes('cancel_order'),
      calls: ['cancel_order', 'read_order', 'cancel_order'],
      left: { order_status: 'canceled' },
    },
    'when the ad server has the new end and has not answered': {
      asked: { end_time },
      hasCome: (_calls, items) => items[0]?.body['end_time'] === end_time,
      calls: ['update_line_item', 'read_line_item'],
      left: { order_status: 'approved', body: { end_time } },
    },
  }
  test('which is killed at whatever moment: another makes the change, once', async () => {
    const workers = await startOneByOne(Object.keys(deaths).length)
    await behave(desk.db, { change: { latency_ms: 3000 } })
    const buyer = await desk.buyer()
    const stories = Object.entries(deaths).map(async ([when, { asked, hasCome, ...expected }]) => {
      const id = await buy(buyer)
      await eventually('the order to be placed', () => isPlaced(id))
      await buyer.call('update_media_buy', aChange(id, asked))
      await killWhen(workers, id, when, async () =>
        hasCome(await callsFor(desk.db, id), await served(desk.db, id)),
      )
      return { when, id, ...expected }
    })
    const changes = await Promise.all(stories)
    await startWorker()
    for (const { when, id, calls, left } of changes) {
      await eventually(`the change to be made, ${when}`, () => isAsWanted(id))
      expect((await callsFor(desk.db, id)).slice(2), when).toEqual(calls)
      expect(await served(desk.db, id), when).toMatchObject([left])
      expect((await stepsOf(desk.db, id)).map(({ state }) => state)).toEqual(['done', 'done', 'done'])
    }
    await eventually('the jobs to be written off', async () => (await lockedJobs()) === 0)
  })

  test('while it is still placing the orders ends with the last word on each', async () => {
    await startWorker()
    await behave(desk.db, { latency_ms: 400, line_item_latency_ms: 400 })
    const buyer = await desk.buyer()
    const lastWords: [Args[], Args][] = [
      [[{ paused: true }, { paused: false }, { end_time }], { order_status: 'approved', status: 'ready' }],
      [[{ end_time }, { paused: true }], { status: 'paused', body: { end_time } }],
      [[{ paused: true }, { end_time }, { canceled: true }], { order_status: 'canceled' }],
    ]
    const stories = lastWords.map(async ([asked, last]) => {
      const id = await buy(buyer, { packages: twoPackages })
      await eventually('the first call', async () => (await callsFor(desk.db, id)).length > 0)
      for (const one of asked) {
        const { isError, texts } = await buyer.call('update_media_buy', aChange(id, one))
        expect(isError ? texts : []).toEqual([])
      }
      await eventually('the last word', () => isAsWanted(id))
      for (const item of await served(desk.db, id)) expect(item).toMatchObject(last)
      expect((await booked(desk.db, id)).orders).toBe(1)
    })
    await Promise.all(stories)
    await eventually('the jobs to be written off', async () => (await lockedJobs()) === 0)
  })
})

test('a worker told to stop, by SIGTERM or SIGINT, finishes the order it is placing and only then ends, unseen by the doctor', async () => {
  expect(await heartbeats()).toEqual([])
  const workers = await startOneByOne(2)
  await eventually('their heartbeats', async () => (await heartbeats()).length === 2)
  await behave(desk.db, { latency_ms: 2000 })
  const buyer = await desk.buyer()
  const ids = [await buy(buyer), await buy(buyer)]
  await eventually('the calls', async () =>
    (await Promise.all(ids.map((id) => callsFor(desk.db, id)))).every((calls) => calls.length === 1),
  )
  workers[0]?.kill('SIGTERM')
  workers[1]?.kill('SIGINT')
  expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0])
  for (const id of ids) {
    expect(await isPlaced(id)).toBe(true)
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
    expect(await jobsLeft(id)).toBe(0)
  }
  // what graphile-worker would forget to write without completeJobBatchDelay: 0
  expect(await lockedJobs()).toBe(0)
  expect(await heartbeats()).toEqual([])
})

describe('a database that goes away', () => {
  let proxy: TcpProxy
  beforeEach(async () => {
    proxy = await startTcpProxy(desk.databaseUrl)
  })
  afterEach(() => proxy.close())

  test('and comes back under a worker that is placing an order: it is placed once, without anybody’s help', async () => {
    const worker = await startWorker({ DATABASE_URL: proxy.url })
    await behave(desk.db, { latency_ms: 1500 })
    const id = await buy(await desk.buyer())
    await eventually('the order', async () => (await booked(desk.db, id)).orders === 1)
    await proxy.cut()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await proxy.restore()
    await eventually('the order to be placed', () => isPlaced(id))
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
    await behave(desk.db, {})
    const next = await buy(await desk.buyer())
    await eventually('the next order to be placed', () => isPlaced(next))
    worker.kill('SIGTERM')
    expect(await worker.exited).toBe(0)
  })

  test('session by session, terminated by an administrator, costs no order, doubles none, and tells no log line and no row its password', async () => {
    const worker = await startWorker({ LOG_LEVEL: 'trace' })
    await behave(desk.db, { latency_ms: 1000 })
    const id = await buy(await desk.buyer())
    await eventually('the call', async () => (await callsFor(desk.db, id)).length === 1)
    await terminate('salesdesk %')
    await eventually('the order to be placed', () => isPlaced(id))
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
    worker.kill('SIGTERM')
    expect(await worker.exited).toBe(0)
    const { password } = new URL(desk.databaseUrl)
    expect(password.length).toBeGreaterThan(0)
    expect(worker.stderr() + (await everyRow(desk.db))).not.toContain(password)
  })
})

test('a worker that lost the session that shows it lives starts again and goes on', async () => {
  const worker = await startWorker()
  const [before] = await workerIds(worker)
  await terminate('salesdesk worker liveness')
  const after = await eventually('a new life', async () =>
    (await workerIds(worker)).find((id) => id !== before),
  )
  expect(after).not.toBe(before)
  await behave(desk.db, {})
  const id = await buy(await desk.buyer())
  await eventually('the order to be placed', () => isPlaced(id))
  await eventually('the job to be written off', async () => (await jobsOf(worker)) === 0)
})

test('a worker that works is not taken for dead, however long its job takes', async () => {
  const workers = await Promise.all([startWorker(), startWorker()])
  await behave(desk.db, { latency_ms: 5000 })
  const id = await buy(await desk.buyer())
  await eventually('the order to be placed', () => isPlaced(id))
  expect(workers.map((worker) => worker.stderr()).join('\n')).not.toContain('took over')
  expect(await callsFor(desk.db, id)).toEqual(['create_order', 'create_line_item'])
})

async function startWorker(env: Record<string, string> = {}): Promise<Salesdesk> {
  const worker = salesdesk(['work'], { DATABASE_URL: desk.databaseUrl, ...env })
  await worker.said(/is ready/)
  return worker
}

/** So many workers that take one order at a time, so that the death of one is the matter of one order. */
function startOneByOne(count: number): Promise<Salesdesk[]> {
  return Promise.all(Array.from({ length: count }, () => startWorker({ WORKER_CONCURRENCY: '1' })))
}

/** Ends by SIGKILL the one of these workers that places this order, at that moment. */
async function killWhen(workers: Salesdesk[], id: string, when: string, hasCome: () => Promise<boolean>) {
  await eventually(when, hasCome)
  const pid = await workerPlacing(id)
  const victim = workers.find((worker) => worker.pid === pid)
  if (!victim) throw new Error(`Nobody places the order ${when}`)
  victim.kill('SIGKILL')
}

async function isPlaced(id: string): Promise<boolean> {
  return (await fulfilmentsOf(desk.db, id)).every(({ state }) => state === 'placed')
}

async function isAsWanted(id: string): Promise<boolean> {
  return (await fulfilmentsOf(desk.db, id)).every(
    ({ state, desired_revision, applied_revision }) =>
      ['placed', 'canceled'].includes(state) && applied_revision === desired_revision,
  )
}

/** The process that holds the job for this media buy. */
async function workerPlacing(id: string): Promise<number | undefined> {
  const { rows } = await sql<{ process_id: number }>`
    select w.process_id from graphile_worker._private_jobs j join workers w on w.worker_id = j.locked_by
    join fulfilments f on j.payload ->> 'fulfilment_id' = f.fulfilment_id where f.media_buy_id = ${id}`.execute(
    desk.db,
  )
  return rows[0]?.process_id
}

async function jobsOf({ pid }: Salesdesk): Promise<number> {
  const { rows } =
    await sql`select from graphile_worker._private_jobs j join workers w on w.worker_id = j.locked_by where w.process_id = ${pid}`.execute(
      desk.db,
    )
  return rows.length
}

async function lockedJobs(): Promise<number> {
  const { rows } = await sql`select from graphile_worker._private_jobs where locked_by is not null`.execute(
    desk.db,
  )
  return rows.length
}

async function jobsLeft(id: string): Promise<number> {
  const { rows } = await sql`select from graphile_worker._private_jobs j join fulfilments f
    on j.payload ->> 'fulfilment_id' = f.fulfilment_id where f.media_buy_id = ${id}`.execute(desk.db)
  return rows.length
}

async function workerIds({ pid }: Salesdesk): Promise<string[]> {
  const rows = await desk.db.selectFrom('workers').select('worker_id').where('process_id', '=', pid).execute()
  return rows.map(({ worker_id }) => worker_id)
}

/** Process ids seen lately, as the doctor reads them. */
async function heartbeats(): Promise<number[]> {
  const rows = await desk.db
    .selectFrom('workers')
    .select('process_id')
    .where('seen_at', '>', sql<Date>`now() - interval '20 seconds'`)
    .execute()
  return rows.map(({ process_id }) => process_id)
}

async function terminate(name: string): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
    and application_name like ${name} and application_name not in ('salesdesk test', 'salesdesk tools', 'salesdesk reads') and pid <> pg_backend_pid()`.execute(
    desk.db,
  )
}
