import { inspect } from 'node:util'
import type {
  AdServerAdapter,
  ApprovedBuy,
  Call,
  DoneStep,
  PlannedStep,
} from '../../../src/adapters/adapter.ts'
import type { AdServerUnderTest } from './under_test.ts'

/** Carries out all steps of a buy that are not done yet, as the worker would, approving what waits for approval. */
export async function placeRest(
  it: AdServerUnderTest,
  buy: ApprovedBuy,
  done: readonly DoneStep[],
): Promise<DoneStep[]> {
  const steps = it.adapter.planFulfilment(buy).slice(done.length)
  return carryOut(it.adapter, steps, done, () => it.approve(buy))
}

/** Carries out steps one after the other; `onWait` is what happens while one of them waits. */
export async function carryOut(
  adapter: AdServerAdapter,
  steps: readonly PlannedStep[],
  before: readonly DoneStep[],
  onWait?: () => Promise<void>,
): Promise<DoneStep[]> {
  const done: DoneStep[] = []
  for (const step of steps) {
    for (let attempt = 1; done.length <= steps.indexOf(step); attempt++) {
      const outcome = await adapter.executeStep(step, [...before, ...done], { ...call(), attempt })
      if (outcome.type === 'done') done.push({ ...step, external_ids: outcome.external_ids })
      else if (outcome.type === 'needs_human' || !onWait || attempt > 5) throw new Error(inspect(outcome))
      else await onWait()
    }
  }
  return done
}

export function call(signal = new AbortController().signal): Call {
  return { signal, attempt: 1 }
}

export function withPackage(
  buy: ApprovedBuy,
  overrides: Partial<ApprovedBuy['packages'][number]>,
): ApprovedBuy {
  return {
    ...buy,
    packages: buy.packages.map((pkg, index) => (index === 0 ? { ...pkg, ...overrides } : pkg)),
  }
}

/** What the line items of a buy are to cost. */
export function budgetsOf({ packages }: ApprovedBuy): string[] {
  return packages.map(({ budget }) => budget)
}

/** How many orders the ad server holds for a buy, and what their line items cost. */
export async function budgetsBooked(it: AdServerUnderTest, buy: ApprovedBuy) {
  const { orders, line_items } = await it.booked(buy)
  return { orders, budgets: line_items.map(({ budget }) => budget) }
}
