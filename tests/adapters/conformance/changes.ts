import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import {
  creativeIdOf,
  type AdapterErrorClass,
  type AdServerAdapter,
  type Change,
  type PlannedStep,
  type StepOutcome,
} from '../../../src/adapters/adapter.ts'
import { reverseKeys } from '../buys.ts'
import { expectNoSecret, rejection, thrown } from './errors.ts'
import { buyShowing, standingOrder } from './standing_order.ts'
import { budgetsBooked, budgetsOf, carryOut } from './steps.ts'
import { expectMade, prepare, subjectOf, trials, type Trial } from './trials.ts'
import type { AdServerUnderTest } from './under_test.ts'

/** Changes of an order that stands, its creatives among them: all that capabilities claim, and no more. */
export function describeChanges(it: AdServerUnderTest): void {
  const claims = ({ claimed }: Trial) => it.adapter.capabilities.changes.includes(claimed)
  const told = ({ kind }: PlannedStep) => !it.untold?.some((one) => one === kind)
  const named = trials.map((trial) => [trial.name, trial] as const)

  test.for(named)('%s is found once it was made, and made twice is made once', async ([, trial], context) => {
    if (!claims(trial)) return context.skip()
    const { order, before, becomes, plan } = await prepare(it, trial)
    const step = plan()
    expect(await order.find(step)).toEqual({ found: 'none' })
    const external_ids = idsOf(await order.send(step))
    const after = await it.booked(order.buy)
    expectMade(before, after, step, becomes())
    expect(await order.find(step)).toEqual(told(step) ? { found: 'match', external_ids } : { found: 'none' })
    if (step.kind === 'upload_creative' && it.resending === 'books twice') return
    expect(idsOf(await order.send(step))).toEqual(external_ids)
    expect(await it.booked(order.buy)).toEqual(after)
  })

  test.for(named)(
    '%s whose answer was lost is found, or else sent again, and made once',
    async ([, trial], context) => {
      if (!claims(trial)) return context.skip()
      const { order, before, becomes, plan, trouble } = await prepare(it, trial)
      const step = await trouble('lost answer', 'ambiguous')
      const sent = await it.booked(order.buy)
      const found = await order.find(step)
      if (found.found === 'none') await order.send(step)
      const after = await it.booked(order.buy)
      expectMade(before, after, step, becomes())
      // a change in several calls may have lost the answer to an earlier one
      expect(found.found).toBe(isDeepStrictEqual(sent, after) && told(step) ? 'match' : 'none')
      expect((await order.find(plan())).found).toBe(told(step) ? 'match' : 'none')
    },
  )

  test.for(named)(
    '%s turned away or refused is not made, and can be made then',
    async ([, trial], context) => {
      if (!claims(trial)) return context.skip()
      const { order, before, becomes, plan, trouble } = await prepare(it, trial)
      await trouble('turned away', 'transient', 'rate_limited')
      const left = await it.booked(order.buy)
      // an order that could not be ended may have been stopped
      if (trial.claimed === 'cancel')
        expect(left.line_items.map(({ state }) => state)).not.toContain('canceled')
      else expect(left).toEqual(before)
      const step = await trouble('refused', 'permanent')
      expect(await order.find(step)).toEqual({ found: 'none' })
      const made = plan()
      await order.send(made)
      expectMade(before, await it.booked(order.buy), made, becomes())
    },
  )

  test.for(named)(
    '%s given up beforehand, or sent with a wrong secret, is not made',
    async ([, trial], context) => {
      if (!claims(trial)) return context.skip()
      const { order, before, plan } = await prepare(it, trial)
      const step = plan()
      const refused = async (expected: AdapterErrorClass, through: AdServerAdapter, signal?: AbortSignal) => {
        for (const attempt of [order.send, order.find]) {
          const error = await rejection(attempt(step, through, signal))
          expect(error).toMatchObject({ class: expected })
          expectNoSecret(error, it.secret)
        }
      }
      await refused('transient', it.adapter, AbortSignal.abort())
      if (it.unauthorised) await refused('config', it.unauthorised)
      expect(await it.booked(order.buy)).toEqual(before)
    },
  )

  test('a change the ad server never answers ends soon after it is given up', async (context) => {
    const trial = trials.find(claims)
    if (!trial) return context.skip()
    const { order, plan } = await prepare(it, trial)
    const step = plan('silence')
    const started = performance.now()
    const error = await rejection(order.send(step, it.adapter, AbortSignal.timeout(300)))
    expect(error).toMatchObject({ class: 'ambiguous' })
    expectNoSecret(error, it.secret)
    expect(performance.now() - started).toBeLessThan(2300)
  })

  test('the same change of the same buy gives the same body, and it survives being stored as JSON', () => {
    for (const trial of trials.filter(claims)) {
      const buy = buyShowing(it)
      const change = trial.change(subjectOf(it, buy))
      const body = it.adapter.planChange(change, buy)
      expect(it.adapter.planChange(reverseKeys(change), reverseKeys(buy)), trial.name).toStrictEqual(body)
      expect(JSON.parse(JSON.stringify(body)), trial.name).toStrictEqual(body)
    }
  })

  test('a kind of change it claims nothing of is refused', () => {
    const buy = buyShowing(it)
    const about = subjectOf(it, buy)
    const claimed = new Set(trials.filter(claims).map((trial) => trial.change(about).kind))
    // targeting and pacing can only be tried with what is claimed of them
    const others = trials.filter((one) => !claims(one) && !['targeting', 'pacing'].includes(one.claimed))
    for (const change of others.map((trial) => trial.change(about)))
      if (!claimed.has(change.kind))
        expect(
          thrown(() => it.adapter.planChange(change, buy)),
          change.kind,
        ).toMatchObject({ class: 'permanent' })
  })

  test('a package added to an order that stands is one more line item of the same order', async (context) => {
    if (!it.adapter.capabilities.changes.includes('add_package')) return context.skip()
    const order = await standingOrder(it)
    const { buy, done } = order
    const added = buy.packages.map((item) => ({ ...item, package_id: `${item.package_id}_more` })).slice(1)
    const steps = it.adapter
      .planFulfilment({ ...buy, packages: added })
      .filter(({ kind }) => kind === 'create_line_item')
    const carried = await carryOut(it.adapter, steps, done)
    expect(await budgetsBooked(it, buy)).toEqual({
      orders: 1,
      budgets: [...budgetsOf(buy), ...budgetsOf({ ...buy, packages: added })],
    })
    for (const { external_ids, ...step } of carried)
      expect(await order.find(step)).toEqual({ found: 'match', external_ids })
  })

  test('creatives are told apart, whatever a buyer calls them', async (context) => {
    const { adapter, creative } = it
    if (!creative || !adapter.capabilities.changes.includes('add_creatives')) return context.skip()
    const order = await standingOrder(it)
    const { package_id } = subjectOf(it, order.buy)
    const key = `[adcp:${order.buy.media_buy_id}:b`
    const ids = [
      'b',
      `x:b`,
      `x ${key}`,
      'caf\u00e9',
      'cafe\u0301',
      'é'.repeat(255),
      `${'é'.repeat(254)}e`,
      '%',
    ]
    const named = ids.map((creative_id) => ({ ...creative, creative_id, name: '😀'.repeat(250) }))
    Object.assign(order.buy.packages[0] ?? {}, { creatives: named })
    // the one that is looked for last is the one that other keys end with
    const uploads = named.reverse().map((one): Change => ({ kind: 'upload_creative', creative: one }))
    for (const change of uploads) {
      expect(await order.find(order.plan(change))).toEqual({ found: 'none' })
      await order.make(change)
    }
    const found = named.map((one) => creativeIdOf(order.done, one))
    expect(new Set(found).size).toBe(ids.length)
    for (const [i, change] of uploads.entries())
      expect(await order.find(order.plan(change))).toEqual({
        found: 'match',
        external_ids: { creative: found[i] },
      })
    const last = named.at(-1) ?? creative
    await order.make({ kind: 'attach_creative', package_id, creative: { ...last, weight: null } })
    const [first] = (await it.booked(order.buy)).line_items
    expect(first?.shows.map((shown) => shown.creative)).toEqual([found.at(-1)])
  })

  test('a package paused before its order is approved does not run once it is', async (context) => {
    if (!it.adapter.capabilities.changes.includes('pause')) return context.skip()
    const order = await standingOrder(it, 'not approved yet')
    const { package_id } = subjectOf(it, order.buy)
    await order.make({ kind: 'pause_line_item', package_id })
    await order.approve()
    const [first, ...others] = (await it.booked(order.buy)).line_items
    expect(first).toMatchObject({ state: 'paused' })
    for (const other of others) expect(other).toMatchObject({ state: 'running' })
  })

  test('an order canceled before it is approved is gone', async (context) => {
    if (!it.adapter.capabilities.changes.includes('cancel')) return context.skip()
    const order = await standingOrder(it, 'not approved yet')
    await order.make({ kind: 'cancel_order' }, { kind: 'cancel_order' })
    for (const item of (await it.booked(order.buy)).line_items) expect(item.state).toBe('canceled')
  })
}

function idsOf(outcome: StepOutcome): Record<string, string> {
  if (outcome.type === 'done') return outcome.external_ids
  throw new Error(`expected the change to be made, got ${outcome.type}`)
}
