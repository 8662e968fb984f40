import { inspect } from 'node:util'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  AdapterError,
  type AdServerAdapter,
  type ApprovedBuy,
  type Call,
  type DoneStep,
  type PlannedStep,
} from '../../src/adapters/adapter.ts'
import { Capabilities, targetingFields } from '../../src/capabilities.ts'
import { buysLike, reverseKeys } from './buys.ts'

/** An ad server as these tests need it: something to call, something to look into, something to break. */
export interface AdServerUnderTest {
  adapter: AdServerAdapter
  /** What no error may ever show. */
  secret: string
  /** The same ad server reached with a secret it does not know; absent where there are none. */
  unauthorised?: AdServerAdapter
  /** Whether a step sent twice is carried out once. */
  resending: 'is harmless' | 'books twice'
  /** A buy this ad server can sell, with several packages, never the same one twice. */
  approvedBuy(): ApprovedBuy
  /** Targeting it can carry out, by field; absent where it takes whatever it is given. */
  targeting?: Readonly<Record<string, unknown>>
  /** Makes of a buy with any amounts one this ad server can hold; absent where it can hold all. */
  withinLimits?(buy: ApprovedBuy): ApprovedBuy
  /** What the ad server itself holds for this buy. */
  booked(buy: ApprovedBuy): Promise<Booked>
  /** Somebody over there approves the order of this buy. */
  approve(buy: ApprovedBuy): Promise<void>
  /** Breaks the next order in this way. The buy returned is the one to place. */
  faults: Record<FaultName, (buy: ApprovedBuy) => ApprovedBuy>
}
type FaultName = 'lost answer' | 'turned away' | 'refused' | 'silence'
export interface Booked {
  orders: number
  /** The budgets of its line items, in the order they were booked. */
  budgets: string[]
}

/** What every adapter owes the worker. */
export function describeAdapter(name: string, open: () => Promise<AdServerUnderTest>): void {
  describe(name, () => {
    const it = {} as AdServerUnderTest
    beforeAll(async () => void Object.assign(it, await open()))
    describe('planning', () => describePlanning(it))
    describe('placing an order', () => describePlacing(it))
    describe('when things go wrong', () => describeTrouble(it))
  })
}

function describePlanning(it: AdServerUnderTest): void {
  const plan = (buy: ApprovedBuy) => it.adapter.planFulfilment(buy)
  const forEveryBuy = (claim: (buy: ApprovedBuy) => void) =>
    fc.assert(
      fc.property(
        buysLike(it.approvedBuy(), it.adapter.capabilities, it.targeting),
        (buy) => void claim(it.withinLimits?.(buy) ?? buy),
      ),
    )

  test('the same buy gives the same steps, keys and bodies, however its objects are ordered', () => {
    forEveryBuy((buy) => {
      const before = structuredClone(buy)
      expect(plan(reverseKeys(buy))).toStrictEqual(plan(buy))
      expect(buy).toStrictEqual(before)
    })
  })

  test('steps survive being stored as JSON', () => {
    forEveryBuy((buy) => expect(JSON.parse(JSON.stringify(plan(buy)))).toStrictEqual(plan(buy)))
  })

  test('a plan is one order, then one line item for each package, each under a key of its own', () => {
    forEveryBuy((buy) => {
      const [order, ...rest] = plan(buy)
      expect(order).toMatchObject({ kind: 'create_order', package_id: null })
      const items = rest.slice(0, buy.packages.length)
      expect(items.map(({ package_id }) => package_id)).toEqual(
        buy.packages.map(({ package_id }) => package_id),
      )
      expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['create_line_item']))
      expect(rest.slice(buy.packages.length).every(({ kind }) => kind === 'await_approval')).toBe(true)
      const keys = plan(buy).map(({ kind, external_key }) => `${kind} ${external_key}`)
      expect(new Set(keys).size).toBe(keys.length)
    })
  })

  test('capabilities are in the form the tools read', () => {
    expect(Capabilities.parse(it.adapter.capabilities)).toStrictEqual(it.adapter.capabilities)
  })

  test('targeting it does not claim is refused by name, never dropped', () => {
    const claimed = it.adapter.capabilities.targeting as readonly string[]
    const others = [...targetingFields, 'made_up'].filter((field) => !claimed.includes(field))
    expect(others.length).toBeGreaterThan(0)
    for (const field of others) {
      const error = thrown(() =>
        plan(withPackage(it.approvedBuy(), { targeting_overlay: { [field]: ['x'] } })),
      )
      expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining(field) })
    }
  })

  test('targeting it claims is planned', () => {
    for (const field of it.adapter.capabilities.targeting) {
      const targeting_overlay = { [field]: it.targeting ? it.targeting[field] : ['asked for'] }
      const buy = it.approvedBuy()
      const steps = JSON.stringify(plan(withPackage(buy, { targeting_overlay })))
      expect(steps).not.toEqual(JSON.stringify(plan(buy)))
      if (!it.targeting) expect(steps).toContain('asked for')
    }
  })

  test('a pricing model or delivery type it does not claim is refused by name', () => {
    const { pricing_models, delivery_types } = Capabilities.shape
    for (const pricing_model of [...pricing_models.element.options, 'made_up' as never]) {
      if (it.adapter.capabilities.pricing_models.includes(pricing_model)) continue
      const error = thrown(() => plan(withPackage(it.approvedBuy(), { pricing_model })))
      expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining('pricing_model') })
    }
    for (const delivery_type of [...delivery_types.element.options, 'made_up' as never]) {
      if (it.adapter.capabilities.delivery_types.includes(delivery_type)) continue
      const error = thrown(() => plan(withPackage(it.approvedBuy(), { delivery_type })))
      expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining('delivery_type') })
    }
  })
}

function describePlacing(it: AdServerUnderTest): void {
  test('a whole plan books one order and one line item for each package, with its budget', async () => {
    const buy = it.approvedBuy()
    await placeRest(it, buy, [])
    expect(await it.booked(buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
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
    expect(await it.booked(buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('where sending a step twice is harmless, it is booked once and answered alike', async (context) => {
    if (it.resending === 'books twice') context.skip()
    const buy = it.approvedBuy()
    const steps = it.adapter.planFulfilment(buy).filter(({ kind }) => kind !== 'await_approval')
    const done = await carryOut(it.adapter, steps, [])
    expect(await carryOut(it.adapter, steps, [])).toEqual(done)
    expect(await it.booked(buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })
}

function describeTrouble(it: AdServerUnderTest): void {
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
    expect(await it.booked(buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('an order turned away was not booked and can be sent again', async () => {
    const { buy, order, send } = breakOrder('turned away')
    const error = await send()
    expect(['transient', 'rate_limited']).toContain(error.class)
    if (error.class === 'rate_limited') expect(error.retry_after_ms).toBeGreaterThan(0)
    expect(await it.adapter.reconcileStep(order, [], call())).toEqual({ found: 'none' })
    await placeRest(it, buy, [])
    expect(await it.booked(buy)).toEqual({ orders: 1, budgets: budgetsOf(buy) })
  })

  test('an order refused is refused for good and was not booked', async () => {
    const { buy, send } = breakOrder('refused')
    expect(await send()).toMatchObject({ class: 'permanent' })
    expect(await it.booked(buy)).toEqual({ orders: 0, budgets: [] })
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
    expect(await it.booked(buy)).toEqual({ orders: 0, budgets: [] })
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
    for (const fault of Object.keys(it.faults) as FaultName[])
      expectNoSecret(await breakOrder(fault).send(AbortSignal.timeout(100)), it.secret)
    if (!it.unauthorised) return
    const [order] = it.unauthorised.planFulfilment(it.approvedBuy())
    if (order) expectNoSecret(await rejection(it.unauthorised.executeStep(order, [], call())), it.secret)
  })
}

/** Everything that could end up in a log or a column, searched for a secret. */
export function expectNoSecret(error: Error, secret: string): void {
  const all = [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: 9, showHidden: true }),
  ]
  expect(all.join('\n')).not.toContain(secret)
  expect(all.join('\n')).not.toMatch(/authorization/i)
  expect(error.cause).toBeUndefined()
}

/** Carries out all steps of a buy that are not done yet, as the worker would, approving what waits for approval. */
export async function placeRest(
  it: AdServerUnderTest,
  buy: ApprovedBuy,
  done: readonly DoneStep[],
): Promise<DoneStep[]> {
  const steps = it.adapter.planFulfilment(buy).slice(done.length)
  return carryOut(it.adapter, steps, done, () => it.approve(buy))
}

async function carryOut(
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

/** The AdapterError a call ends with. */
export async function rejection(promise: Promise<unknown>): Promise<AdapterError> {
  const outcome = await promise.catch((error: unknown) => error)
  if (outcome instanceof AdapterError) return outcome
  throw new Error(`expected an AdapterError, got ${inspect(outcome)}`)
}

/** The AdapterError a function throws. */
export function thrown(run: () => unknown): AdapterError {
  try {
    run()
  } catch (error) {
    if (error instanceof AdapterError) return error
    throw error
  }
  throw new Error('expected an AdapterError, nothing was thrown')
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

function withTwins(buy: ApprovedBuy): ApprovedBuy {
  return {
    ...buy,
    packages: buy.packages.flatMap((pkg) => [pkg, { ...pkg, package_id: `${pkg.package_id}2` }]),
  }
}

function budgetsOf({ packages }: ApprovedBuy): string[] {
  return packages.map(({ budget }) => budget)
}
