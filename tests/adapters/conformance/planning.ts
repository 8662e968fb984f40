import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApprovedBuy } from '../../../src/adapters/adapter.ts'
import { Capabilities, targetingFields } from '../../../src/capabilities.ts'
import { buysLike, reverseKeys } from '../buys.ts'
import { thrown } from './errors.ts'
import { withPackage } from './steps.ts'
import type { AdServerUnderTest } from './under_test.ts'

/** Plans: pure, whole, and within what capabilities claim. */
export function describePlanning(it: AdServerUnderTest): void {
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
