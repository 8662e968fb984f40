import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { ApprovedBuy, DoneStep } from '../../../src/adapters/adapter.ts'
import { budgetsBooked, budgetsOf, call, carryOut, placeRest } from './steps.ts'
import type { AdServerUnderTest } from './under_test.ts'

/** An order and its line items: booked once, found again, approved. */
export function describePlacing(it: AdServerUnderTest): void {
  test('a whole plan books one order and one line item for each package, with its budget', async () => {
    const buy = it.approvedBuy()
    await placeRest(it, buy, [])
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('an order that waits for approval says when to ask again and goes on once it is approved', async (context) => {
    const buy = it.approvedBuy()
    const steps = it.adapter.planFulfilment(buy)
    const waiting = steps.find(({ kind }) => kind === 'await_approval')
    if (it.adapter.capabilities.approval === 'none') context.skip()
    if (!waiting) throw new Error('an ad server that has approvals should need one for approvedBuy()')
    const done = await carryOut(it.adapter, steps.slice(0, steps.indexOf(waiting)), [])
    const outcome = await it.adapter.executeStep(waiting, done, call())
    if (outcome.type !== 'wait') throw new Error(`expected to wait, got ${inspect(outcome)}`)
    expect(outcome.retry_after_ms).toBeGreaterThan(0)
    expect(outcome.give_up_after_ms).toBeGreaterThan(outcome.retry_after_ms)
    await placeRest(it, buy, done)
  })

  test('a step is not found before it was sent, and afterwards under the ids it was answered with', async () => {
    const done: DoneStep[] = []
    for (const step of it.adapter.planFulfilment(withTwins(it.approvedBuy()))) {
      if (step.kind === 'await_approval') continue
      expect(await it.adapter.reconcileStep(step, done, call())).toEqual({ found: 'none' })
      const [sent] = await carryOut(it.adapter, [step], done)
      if (!sent) throw new Error('the step was not carried out')
      const { external_ids } = sent
      expect(Object.keys(external_ids)).not.toHaveLength(0)
      expect(await it.adapter.reconcileStep(step, done, call())).toEqual({ found: 'match', external_ids })
      done.push(sent)
    }
  })

  test('an order booked under the same key as something else is a conflict', async () => {
    const buy = it.approvedBuy()
    await carryOut(it.adapter, it.adapter.planFulfilment(buy).slice(0, 1), [])
    const [other] = it.adapter.planFulfilment({ ...buy, name: 'Something else' })
    if (!other) throw new Error('there is no plan')
    expect(await it.adapter.reconcileStep(other, [], call())).toMatchObject({ found: 'conflict' })
  })

  test('packages that are alike get a line item each', async () => {
    const buy = withTwins(it.approvedBuy())
    await placeRest(it, buy, [])
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('where sending a step twice is harmless, it is booked once and answered alike', async (context) => {
    if (it.resending === 'books twice') context.skip()
    const buy = it.approvedBuy()
    const steps = it.adapter.planFulfilment(buy).filter(({ kind }) => kind !== 'await_approval')
    const done = await carryOut(it.adapter, steps, [])
    expect(await carryOut(it.adapter, steps, [])).toEqual(done)
    expect(await budgetsBooked(it, buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })
}

function withTwins(buy: ApprovedBuy): ApprovedBuy {
  return {
    ...buy,
    packages: buy.packages.flatMap((pkg) => [pkg, { ...pkg, package_id: `${pkg.package_id}2` }]),
  }
}
