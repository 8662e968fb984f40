import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { enqueue } from '../../src/jobs.ts'
import { findStuckOrders } from '../../src/tasks/find_stuck_orders.ts'
import { quiet } from '../support/database.ts'
import { testDesk, type Args } from '../support/desk.ts'
import {
  askedOfPeople,
  behave,
  booked,
  buy,
  callsFor,
  change,
  fulfilmentsOf,
  served,
} from '../support/orders.ts'

const desk = testDesk()

test('an order whose job failed for the last time is put before a person, who can have it tried again', async () => {
  const id = await buy(await desk.buyer(), {}, desk.now)
  await sql`update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'a bug'`.execute(
    desk.db,
  )
  await lookForStuckOrders()
  expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'needs_human' }])
  expect(await askedOfPeople(desk.db, id)).toMatchObject([{ title: expect.stringContaining('error') }])
  await resolveStep(desk.db, {
    tenant_id: 'northwind',
    id,
    how: { type: 'retried' },
    by: 'Dana',
    now: desk.now,
  })
  await desk.runJobs()
  expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'placed' }])
})

test('an order whose job runs into an error of ours every time is tried for a day, and then never dropped in silence', async () => {
  const buyer = await desk.buyer()
  const id = await buy(buyer, {}, desk.now)
  await sql`create function break_it() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$`.execute(
    desk.db,
  )
  await sql`create trigger break_it before insert on fulfilment_steps for each row execute function break_it()`.execute(
    desk.db,
  )
  await desk.runJobs(inDays(2))
  expect(await attemptsOf(id)).toEqual([14])
  await lookForStuckOrders()
  await lookForStuckOrders()
  expect(await askedOfPeople(desk.db, id)).toMatchObject([
    { status: 'pending', title: expect.stringContaining('error of Salesdesk itself') },
  ])
  const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
  expect(body['media_buys']).toMatchObject([{ ext: { salesdesk: { placement: { state: 'needs_human' } } } }])
  await sql`drop function break_it cascade`.execute(desk.db)
  await change(desk.db, id, { packages: { budget: '1.00' } })
  await desk.runJobs()
  expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
  expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'canceled' }])
  await lookForStuckOrders()
  expect(await attemptsOf(id)).toEqual([])
})

describe('an order whose job was removed gets another one', () => {
  test.each<[string, Args, boolean]>([
    ['before it was begun', {}, false],
    ['while it waits for approval', { approval_ms: 3_600_000 }, true],
    ['while the ad server is busy', { busy: 1 }, true],
  ])('%s', async (_when, behaviour, begun) => {
    await behave(desk.db, behaviour)
    const id = await buy(await desk.buyer(), {}, desk.now)
    if (begun) await desk.runJobs()
    await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
    await sql`update simulated.orders set approved_after = now()`.execute(desk.db)
    await lookForStuckOrders()
    expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'placed' }])
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
    expect(await askedOfPeople(desk.db, id)).toEqual([])
    await behave(desk.db, {})
  })

  test('that was to change it after it stood', async () => {
    const id = await buy(await desk.buyer(), {}, desk.now)
    await desk.runJobs()
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
    await lookForStuckOrders()
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
  })
})

test('two that look at once ask one question, add one job, and the order is there once', async () => {
  const [lost, failed] = [
    await buy(await desk.buyer(), {}, desk.now),
    await buy(await desk.buyer(), {}, desk.now),
  ]
  await sql`update graphile_worker._private_jobs j set attempts = max_attempts from fulfilments f
    where f.media_buy_id = ${failed} and j.payload ->> 'fulfilment_id' = f.fulfilment_id`.execute(desk.db)
  await sql`delete from graphile_worker._private_jobs j using fulfilments f
    where f.media_buy_id = ${lost} and j.payload ->> 'fulfilment_id' = f.fulfilment_id`.execute(desk.db)
  const ctx = {
    db: desk.db,
    pool: desk.pool,
    log: quiet,
    clock: () => desk.now,
    signal: new AbortController().signal,
    stepDeadlineMs: 1000,
    connect: () => Promise.reject(new Error('it looks at no ad server')),
    survey: () => Promise.reject(new Error('it looks at no ad server')),
    webhooks: { seal: undefined, allowLoopback: false, deadlineMs: 1000 },
    slack: {
      seal: undefined,
      botToken: undefined,
      apiUrl: 'http://slack.invalid/',
      fetch: () => Promise.reject(new Error('nobody is told')),
      consoleUrl: 'http://desk.invalid',
    },
  }
  await Promise.all([1, 2, 3].map(() => findStuckOrders.run({}, ctx)))
  expect(await askedOfPeople(desk.db, failed)).toHaveLength(1)
  expect(await attemptsOf(lost)).toEqual([0])
  const { rows } =
    await sql`select from media_buy_events where media_buy_id = ${failed} and action = 'needs_human'`.execute(
      desk.db,
    )
  expect(rows).toHaveLength(1)
  await desk.runJobs()
  expect(await booked(desk.db, lost)).toEqual({ orders: 1, line_items: 1 })
  expect(await callsFor(desk.db, failed)).toEqual([])
})

test('an order whose job is only waiting, or that needs nothing, is left alone', async () => {
  const placed = await buy(await desk.buyer(), {}, desk.now)
  await desk.runJobs()
  const waiting = await buy(await desk.buyer(), {}, desk.now)
  await sql`update graphile_worker._private_jobs set run_at = now() + interval '3 days', attempts = 3`.execute(
    desk.db,
  )
  await lookForStuckOrders()
  expect(await askedOfPeople(desk.db, waiting)).toEqual([])
  expect(await callsFor(desk.db, waiting)).toEqual([])
  expect(await callsFor(desk.db, placed)).toHaveLength(2)
})

async function lookForStuckOrders(): Promise<void> {
  await desk.db.transaction().execute((trx) => enqueue(trx, 'find_stuck_orders', {}))
  await desk.runJobs()
}

const inDays = (days: number) => new Date(desk.now.getTime() + days * 86_400_000)

/** How often each of its jobs was tried. */
async function attemptsOf(id: string): Promise<number[]> {
  const { rows } = await sql<{ attempts: number }>`
    select attempts from graphile_worker._private_jobs j join fulfilments f on j.payload ->> 'fulfilment_id' = f.fulfilment_id
    where f.media_buy_id = ${id}`.execute(desk.db)
  return rows.map(({ attempts }) => attempts)
}
