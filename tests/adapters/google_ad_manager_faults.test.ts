import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  AdapterError,
  type AdServerAdapter,
  type ApprovedBuy,
  type DoneStep,
  type PlannedStep,
} from '../../src/adapters/adapter.ts'
import type { ApiError } from '../support/google_ad_manager/fail.ts'
import { aBuy, aPackage, connectTo, heldFor } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { call, expectNoSecret, rejection } from './conformance.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
})
afterEach(() => Object.assign(google.books.minded, { noForecast: 0, mayApprove: true, inventory: true }))
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

const refusal = (...answer: ApiError[]): Fault => ({ carried_out: false, answer })
const afterwards = (type: string, reason: string): Fault => ({
  carried_out: true,
  answer: [{ type, reason }],
})
const harms: Record<string, Fault | 'the worker dies with the answer in its hands'> = {
  'the connection drops before it is carried out': { carried_out: false, answer: 'drop' },
  'the connection drops after it was carried out': { carried_out: true, answer: 'drop' },
  'the answer is cut short': { carried_out: true, answer: 'truncated' },
  'a proxy answers 503 in HTML': { carried_out: false, answer: { status: 503 } },
  'a proxy answers 502 after it was carried out': { carried_out: true, answer: { status: 502 } },
  'Google says ERROR_GENERATING_RESPONSE after it was carried out': afterwards(
    'InternalApiError',
    'ERROR_GENERATING_RESPONSE',
  ),
  'Google has an internal error': refusal({ type: 'ServerError', reason: 'SERVER_ERROR' }),
  'Google has an internal error after it was carried out': afterwards('ServerError', 'SERVER_ERROR'),
  'our quota is used up': refusal({ type: 'QuotaError', reason: 'EXCEEDED_QUOTA' }),
  'the worker dies with the answer in its hands': 'the worker dies with the answer in its hands',
}
const writes = ['createOrders', 'createLineItems', 'createLineItems', 'createLineItems', 'performOrderAction']

describe('an order of three packages', () => {
  for (const [name, harm] of Object.entries(harms))
    test.each([0, 1, 2, 3, 4])(`stands once when ${name}, at write %i`, async (at) => {
      const buy = aBuy([aPackage(), aPackage({ budget: '99.00' }), aPackage({ budget: '50.00' })])
      await placeAsWorker(buy, at, harm)
      const { orders, items } = heldFor(google, buy)
      expect(orders.map(({ status }) => String(status))).toEqual(['APPROVED'])
      expect(items.map(({ externalId }) => String(externalId)).sort()).toEqual(
        buy.packages.map(({ package_id }) => `adcp:${buy.media_buy_id}:${package_id}`).sort(),
      )
    })
})

/** Places a buy as the worker does, one step after another: what may have been sent is looked for before it is sent again. */
async function placeAsWorker(buy: ApprovedBuy, harmedWrite: number, harm: Fault | string): Promise<void> {
  const adapter = connectTo(google)
  const done: DoneStep[] = []
  for (const [index, step] of adapter.planFulfilment(buy).entries()) {
    const harmed = index === harmedWrite
    if (harmed && typeof harm !== 'string') google.next(writes[index] ?? '', harm)
    if (harmed && typeof harm === 'string') await adapter.executeStep(step, done, call())
    done.push({
      ...step,
      external_ids: await untilDone(adapter, step, done, harmed && typeof harm === 'string'),
    })
  }
}

async function untilDone(
  adapter: AdServerAdapter,
  step: PlannedStep,
  done: readonly DoneStep[],
  perhapsSent: boolean,
) {
  for (let tries = 0; tries < 5; tries++) {
    if (perhapsSent) {
      const earlier = await adapter.reconcileStep(step, done, call())
      if (earlier.found === 'match') return earlier.external_ids
      expect(earlier).toEqual({ found: 'none' })
    }
    try {
      const outcome = await adapter.executeStep(step, done, call())
      if (outcome.type === 'done') return outcome.external_ids
      perhapsSent = false
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      expect(['ambiguous', 'transient', 'rate_limited']).toContain(error.class)
      expectNoSecret(error, google.token)
      perhapsSent = error.class === 'ambiguous'
    }
  }
  throw new Error(`${step.kind} was never done`)
}

describe('what Google refuses', () => {
  test.each([
    ['permanent', 'StringLengthError', 'TOO_LONG'],
    ['permanent', 'InventoryTargetingError', 'AT_LEAST_ONE_PLACEMENT_OR_INVENTORY_UNIT_REQUIRED'],
    ['permanent', 'SomethingNewError', 'NEVER_SEEN'],
    ['needs_human', 'PermissionError', 'PERMISSION_DENIED'],
    ['needs_human', 'ForecastError', 'NOT_ENOUGH_INVENTORY'],
    ['needs_human', 'OrderActionError', 'CANNOT_APPROVE_COMPANY_CREDIT_STATUS_NOT_ACTIVE'],
    ['config', 'AuthenticationError', 'NETWORK_API_ACCESS_DISABLED'],
    ['config', 'ApiVersionError', 'UPDATE_TO_NEWER_VERSION'],
    ['rate_limited', 'QuotaError', 'EXCEEDED_QUOTA'],
    ['rate_limited', 'ForecastError', 'EXCEEDED_QUOTA'],
    ['transient', 'ServerError', 'SERVER_BUSY'],
    ['transient', 'InternalApiError', 'DOWNTIME'],
    ['transient', 'CommonError', 'CONCURRENT_MODIFICATION'],
    ['ambiguous', 'InternalApiError', 'UNEXPECTED_INTERNAL_API_ERROR'],
    ['ambiguous', 'ServerError', 'SERVER_ERROR'],
    ['ambiguous', 'CommonError', 'ALREADY_EXISTS'],
  ])('is %s when it says %s.%s', async (expected, type, reason) => {
    google.next('createOrders', refusal({ type, reason, field_path: 'orders[0].name' }))
    const error = await rejection(sendOrder(aBuy()))
    expect(error).toMatchObject({ class: expected, code: `${type}.${reason}` })
    expect(error.message).toContain('orders[0].name')
    expectNoSecret(error, google.token)
  })

  test('is judged by the worst of several errors, and all are told', async () => {
    const several = refusal(
      { type: 'ServerError', reason: 'SERVER_BUSY' },
      { type: 'StringLengthError', reason: 'TOO_LONG' },
      { type: 'QuotaError', reason: 'EXCEEDED_QUOTA' },
    )
    google.next('createOrders', several)
    const error = await rejection(sendOrder(aBuy()))
    expect(error).toMatchObject({ class: 'permanent', code: 'StringLengthError.TOO_LONG' })
    expect(error.message).toContain('SERVER_BUSY')
  })

  test('may be tried again after five seconds where a quota is used up', async () => {
    google.next('createOrders', refusal({ type: 'QuotaError', reason: 'EXCEEDED_QUOTA' }))
    expect(await rejection(sendOrder(aBuy()))).toMatchObject({ retry_after_ms: 5000 })
  })

  test('in a look-up is never taken for a write that may have arrived', async () => {
    const [order] = connectTo(google).planFulfilment(aBuy())
    if (!order) throw new Error('there is no plan')
    for (const answer of ['drop', 'truncated', { status: 503 }] as const) {
      google.next('getOrdersByStatement', { carried_out: true, answer })
      const error = await rejection(connectTo(google).reconcileStep(order, [], call()))
      expect(error).toMatchObject({ class: 'transient' })
    }
  })
})

describe('an order name that is taken', () => {
  test('was taken by us: the order is found, not doubled', async () => {
    const buy = aBuy()
    const first = await sendOrder(buy)
    expect(await sendOrder(buy)).toEqual(first)
    expect(heldFor(google, buy).orders).toHaveLength(1)
  })
})

describe('an answer', () => {
  test('that takes too long is given up, and was perhaps carried out', async () => {
    const buy = aBuy()
    await connectTo(google).reconcileStep(planned(buy), [], call())
    google.next('createOrders', { carried_out: true, answer: { after_ms: 2000 } })
    const error = await rejection(sendOrder(buy, { timeout_ms: 500 }))
    expect(error).toMatchObject({ class: 'ambiguous', code: 'no_answer' })
    expect(heldFor(google, buy).orders).toHaveLength(1)
  })

  test('from a network that cannot be reached is no answer, and nothing was sent', async () => {
    const gone = await startFakeGoogle()
    await gone.close()
    const error = await rejection(sendOrder(aBuy(), { base_url: gone.url }))
    expect(error).toMatchObject({ class: 'transient', code: 'unreachable' })
  })

  test('401 makes the next call ask for a new token', async () => {
    google.next('createOrders', { carried_out: false, answer: { status: 401 } })
    expect(await rejection(sendOrder(aBuy()))).toMatchObject({ class: 'config' })
    const tokens = google.tokensGiven
    await sendOrder(aBuy())
    expect(google.tokensGiven).toBe(tokens + 1)
  })

  test('of the token endpoint is asked for once, however many orders go out at once', async () => {
    const fresh = await startFakeGoogle()
    await Promise.all(
      Array.from({ length: 5 }, () => connectTo(fresh).executeStep(planned(aBuy()), [], call())),
    )
    expect(fresh.tokensGiven).toBe(1)
    expect(fresh.calls.filter(({ operation }) => operation === 'getCurrentNetwork')).toHaveLength(1)
    await fresh.close()
  })

  test('is found by a version that is not there to be ours to put right', async () => {
    const error = await rejection(sendOrder(aBuy(), { base_url: `${google.url}/elsewhere` }))
    expect(error).toMatchObject({ class: 'config', code: 'http_404' })
  })
})

function planned(buy: ApprovedBuy): PlannedStep {
  const [order] = connectTo(google).planFulfilment(buy)
  if (!order) throw new Error('there is no plan')
  return order
}

function sendOrder(buy: ApprovedBuy, settings: Record<string, unknown> = {}) {
  return connectTo(google, settings).executeStep(planned(buy), [], call())
}
