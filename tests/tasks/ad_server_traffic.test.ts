import { beforeEach, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
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
