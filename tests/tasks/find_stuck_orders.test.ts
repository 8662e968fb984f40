import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { enqueue } from '../../src/jobs.ts'
import { testDesk } from '../support/desk.ts'
import { askedOfPeople, booked, buy, callsFor, fulfilmentsOf } from '../support/orders.ts'

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

test('an order whose job was removed gets another one', async () => {
  const id = await buy(await desk.buyer(), {}, desk.now)
  await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
  await lookForStuckOrders()
  expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
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
