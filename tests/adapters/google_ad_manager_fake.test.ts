import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFrontDesk } from '../support/google_ad_manager/front_desk.ts'
import { aBuy, connectTo } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle } from '../support/google_ad_manager/server.ts'
import { call, rejection } from './conformance.ts'

let google: FakeGoogle
let desk: Awaited<ReturnType<typeof openFrontDesk>>
beforeAll(async () => {
  google = await startFakeGoogle()
  desk = await openFrontDesk(google, 0)
})
afterAll(async () => {
  desk.close()
  await google.close()
})

const post = (path: string, body: unknown) =>
  fetch(desk.url + path, { method: 'POST', body: JSON.stringify(body) }).then(({ status }) => status)

test('Somebody who tries the fake network spoils a call, sees that the order stands all the same, and changes its mind', async () => {
  expect(await post('/faults', { operation: 'createOrders', carried_out: true, answer: 'drop' })).toBe(200)
  expect(await post('/mind', { mayApprove: false })).toBe(200)
  expect(google.books.minded).toMatchObject({ mayApprove: false, inventory: true })
  const buy = aBuy()
  const adapter = connectTo(google)
  const [order] = adapter.planFulfilment(buy)
  if (!order) throw new Error('there is no plan')
  expect(await rejection(adapter.executeStep(order, [], call()))).toMatchObject({ class: 'ambiguous' })
  const held = (await fetch(desk.url).then((response) => response.json())) as { orders: { name: string }[] }
  expect(held.orders.map(({ name }) => name)).toEqual([expect.stringContaining(buy.media_buy_id)])
})

test('What it does not understand is refused with what it takes', async () => {
  expect(await post('/faults', { operation: 'createOrders', answer: 'explode' })).toBe(400)
  expect(await post('/mind', { moody: true })).toBe(400)
  expect(await post('/elsewhere', {})).toBe(404)
})
