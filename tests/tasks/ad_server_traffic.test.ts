import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import type { AdapterError } from '../../src/adapters/adapter.ts'
import { jsonb } from '../../src/db/database.ts'
import { takeLeave } from '../../src/tasks/ad_server/traffic.ts'
import { testDesk } from '../support/desk.ts'
import { behave, buy, callsFor, fulfilmentsOf, stepsOf } from '../support/orders.ts'

const desk = testDesk()
beforeEach(() => {
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
})

test('an ad server is called no more often than its connection says, and every order is placed all the same', async () => {
  const settings = jsonb({ calls_per_second: 1 })
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings })
    .where('connection_id', '=', 'house')
    .execute()
  const buyer = await desk.buyer()
  const ids = [await buy(buyer, {}, desk.now), await buy(buyer, {}, desk.now)]
  const made: number[] = []
  for (let second = 0; second < 6; second++) {
    await desk.runJobs(desk.now)
    made.push((await Promise.all(ids.map((id) => callsFor(desk.db, id)))).flat().length)
    desk.now = new Date(desk.now.getTime() + 1000)
  }
  expect(made.slice(0, 4)).toEqual([1, 2, 3, 4])
  const found = await Promise.all(ids.map((id) => fulfilmentsOf(desk.db, id)))
  expect(found.flat().map(({ state }) => state)).toEqual(['placed', 'placed'])
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb({}) })
    .where('connection_id', '=', 'house')
    .execute()
})

test('an ad server that fails ten times in a row is left alone, by all orders, until one call shows that it is well', async () => {
  await behave(desk.db, { busy: 10 })
  const buyer = await desk.buyer()
  const id = await buy(buyer, {}, desk.now)
  await desk.runJobs()
  for (let i = 0; i < 9; i++) await atNextTry(id)
  const broken = await traffic()
  expect(broken).toMatchObject({ failures: 10, broken_until: new Date(desk.now.getTime() + 30_000) })
  await behave(desk.db, {})
  const other = await buy(buyer, {}, desk.now)
  await desk.runJobs(desk.now)
  expect(await callsFor(desk.db, other)).toEqual([])
  expect((await stepsOf(desk.db, other))[0]).toMatchObject({ state: 'planned', attempts: 0 })
  await atNextTry(other)
  await desk.runJobs(new Date(desk.now.getTime() + 600_000))
  expect(await traffic()).toMatchObject({ failures: 0, broken_until: null })
  expect(await fulfilmentsOf(desk.db, other)).toMatchObject([{ state: 'placed' }])
})

test('orders go before what is read in the background, which has what they leave', async () => {
  const begin = desk.now.getTime() + 86_400_000
  const isLet = (at: number, precedence: 'order' | 'background') =>
    takeLeave(desk.db, 'screens', 2, new Date(begin + at), precedence).then(
      () => true,
      () => false,
    )
  const read: number[] = []
  const placed: number[] = []
  for (let at = 0; at < 20_000; at += 100) {
    if (await isLet(at, 'background')) read.push(at)
    // from the eighth second to the twelfth there is always an order to be placed, before and after now and then one
    const wanted = at % 3700 === 0 || (at >= 8000 && at < 12_000)
    if (wanted && (await isLet(at, 'order'))) placed.push(at)
  }
  expect([...read, ...placed].filter((at) => at < 3000)).toHaveLength(6)
  expect(placed).toEqual(expect.arrayContaining([0, 3700, 7400, 14_800, 18_500]))
  expect(placed.filter((at) => at >= 8000 && at < 12_000)).toHaveLength(8)
  expect(read.filter((at) => at >= 8500 && at < 12_000)).toEqual([])
  expect(read.length + placed.length).toBeLessThanOrEqual(20 * 2 + 2)
  expect(read.length + placed.length).toBeGreaterThanOrEqual(20 * 2 - 2)
})

test('whatever the pace, nothing is read while an order that was told to come back has not, late as it may be', async () => {
  const anOrder = fc.record({
    comes: fc.integer({ min: 0, max: 8000 }),
    calls: fc.integer({ min: 1, max: 4 }),
    late: fc.integer({ min: 0, max: 1000 }),
  })
  const pace = fc.constantFrom(0.4, 1, 1.5, 2, 8)
  await fc.assert(
    fc.asyncProperty(pace, fc.array(anOrder, { minLength: 1, maxLength: 3 }), async (perSecond, orders) => {
      await desk.db.deleteFrom('ad_server_traffic').where('connection_id', '=', 'screens').execute()
      const begin = desk.now.getTime()
      const ask = (at: number, who: 'order' | 'background') => comesBackAfter(perSecond, begin + at, who)
      const waits = new Set<object>()
      let reads = 0
      const queue: Turn[] = [{ at: 0, who: 'background' }]
      for (const { comes, ...order } of orders) queue.push({ at: comes, who: 'order', order: { ...order } })
      for (let turn = next(queue); turn && turn.at < 60_000; turn = next(queue)) {
        const ms = await ask(turn.at, turn.who)
        if (turn.who === 'background') {
          if (ms === 0) reads++
          if (ms === 0) expect([...waits]).toEqual([])
          queue.push({ ...turn, at: turn.at + Math.max(ms, 1) })
        } else if (ms > 0) {
          waits.add(turn.order)
          queue.push({ ...turn, at: turn.at + ms + turn.order.late })
        } else {
          waits.delete(turn.order)
          if (--turn.order.calls > 0) queue.push({ ...turn, at: turn.at + 1 })
        }
      }
      expect(waits.size).toBe(0)
      expect(reads).toBeGreaterThan(0)
    }),
    { numRuns: 12 },
  )
})

type Turn = { at: number } & (
  { who: 'background' } | { who: 'order'; order: { calls: number; late: number } }
)

/** Takes the earliest turn out of them. */
function next(queue: Turn[]): Turn | undefined {
  return queue.sort((a, b) => a.at - b.at).shift()
}

/** Milliseconds until one who asks for leave shall ask again; 0 with leave. */
async function comesBackAfter(perSecond: number, at: number, who: 'order' | 'background'): Promise<number> {
  try {
    await takeLeave(desk.db, 'screens', perSecond, new Date(at), who)
    return 0
  } catch (error) {
    return (error as AdapterError).retry_after_ms ?? NaN
  }
}

function traffic() {
  return desk.db
    .selectFrom('ad_server_traffic')
    .selectAll()
    .where('connection_id', '=', 'house')
    .executeTakeFirstOrThrow()
}

async function atNextTry(id: string): Promise<void> {
  const next = (await stepsOf(desk.db, id)).find(({ next_at }) => next_at !== null)?.next_at
  if (!next) throw new Error('nothing is to be tried again')
  desk.now = next
  await desk.runJobs(next)
}
