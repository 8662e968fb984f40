import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { expectNoSecret, rejection } from './errors.ts'
import { budgetsBooked, budgetsOf, call, placeRest } from './steps.ts'
import { faultNames, type AdServerUnderTest, type FaultName } from './under_test.ts'

/** An order that meets trouble, and what its errors say. */
export function describeTrouble(it: AdServerUnderTest): void {
  const breakOrder = (fault: FaultName) => {
    const buy = it.faults[fault](it.approvedBuy())
    const [order] = it.adapter.planFulfilment(buy)
    if (!order) throw new Error('there is no plan')
    return {
      buy,
      order,
      send: (signal?: AbortSignal) => rejection(it.adapter.executeStep(order, [], call(signal))),
    }
  }

  test('an order whose answer was lost is found again and not booked twice', async () => {
    const { buy, order, send } = breakOrder('lost answer')
    expect(await send()).toMatchObject({ class: 'ambiguous' })
    const found = await it.adapter.reconcileStep(order, [], call())
    if (found.found !== 'match') throw new Error(`expected a match, got ${inspect(found)}`)
    await placeRest(it, buy, [{ ...order, external_ids: found.external_ids }])
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('an order turned away was not booked and can be sent again', async () => {
    const { buy, order, send } = breakOrder('turned away')
    const error = await send()
    expect(['transient', 'rate_limited']).toContain(error.class)
    if (error.class === 'rate_limited') expect(error.retry_after_ms).toBeGreaterThan(0)
    expect(await it.adapter.reconcileStep(order, [], call())).toEqual({ found: 'none' })
    await placeRest(it, buy, [])
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('an order refused is refused for good and was not booked', async () => {
    const { buy, send } = breakOrder('refused')
    expect(await send()).toMatchObject({ class: 'permanent' })
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 0, budgets: [] })
  })

  test('a call the ad server never answers ends soon after it is given up', async () => {
    const { send } = breakOrder('silence')
    const started = performance.now()
    expect(await send(AbortSignal.timeout(100))).toMatchObject({ class: 'ambiguous' })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('a call given up before it was made is not made', async () => {
    const buy = it.approvedBuy()
    const [order] = it.adapter.planFulfilment(buy)
    if (!order) throw new Error('there is no plan')
    const givenUp = call(AbortSignal.abort())
    expect(await rejection(it.adapter.executeStep(order, [], givenUp))).toMatchObject({ class: 'transient' })
    expect(await rejection(it.adapter.reconcileStep(order, [], givenUp))).toMatchObject({
      class: 'transient',
    })
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 0, budgets: [] })
  })

  test('a secret the ad server does not know is ours to put right', async (context) => {
    if (!it.unauthorised) return context.skip()
    const [order] = it.unauthorised.planFulfilment(it.approvedBuy())
    if (!order) throw new Error('there is no plan')
    expect(await rejection(it.unauthorised.executeStep(order, [], call()))).toMatchObject({ class: 'config' })
    expect(await rejection(it.unauthorised.reconcileStep(order, [], call()))).toMatchObject({
      class: 'config',
    })
  })

  test('no error shows a secret or a header', async () => {
    for (const fault of faultNames)
      expectNoSecret(await breakOrder(fault).send(AbortSignal.timeout(100)), it.secret)
    if (!it.unauthorised) return
    const [order] = it.unauthorised.planFulfilment(it.approvedBuy())
    if (order) expectNoSecret(await rejection(it.unauthorised.executeStep(order, [], call())), it.secret)
  })
}
