import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { peopleNeeded, type Purchase, type Rules } from '../../src/adcp/who_decides.ts'

const plain: Rules = {
  approval_threshold: null,
  auto_approve_under: null,
  four_eyes_above: null,
  trusted: false,
  includes_person_products: false,
}
const fresh = { before: 0, agreed: 0, unknown: false }
const amount = fc.integer({ min: 1, max: 1000 }).map((n) => n / 2)
const limit = fc.option(amount, { nil: null })
const anyRules: fc.Arbitrary<Rules> = fc
  .record({
    approval_threshold: limit,
    auto_approve_under: limit,
    four_eyes_above: limit,
    trusted: fc.boolean(),
    includes_person_products: fc.boolean(),
  })
  .filter(
    ({ auto_approve_under, four_eyes_above }) => (auto_approve_under ?? 0) <= (four_eyes_above ?? Infinity),
  )
const anyPurchase: fc.Arbitrary<Purchase> = fc.record({
  person_sells: fc.boolean(),
  unknown: fc.boolean(),
  total: amount,
  before: amount,
  agreed: amount,
})
const holds = (rule: (purchase: Purchase, rules: Rules) => void) =>
  fc.assert(fc.property(anyPurchase, anyRules, rule), { numRuns: 2000 })

describe('who decides', () => {
  test('is what the table of docs/approvals.md says, and it has a row for every case', async () => {
    const rows = await readTable()
    const said = new Set<string>()
    const totals = ['under `auto', 'from `auto', 'up to `approval', 'above `approval', 'above `four']
    for (const product of ['`auto`', '`person`'])
      for (const includes of ['no', 'yes'])
        for (const total of totals)
          for (const buyer of ['trusted', 'other']) {
            const fits = rows.filter(
              (row) =>
                is(row[0], product) && is(row[1], includes) && row[2]?.startsWith(total) && is(row[3], buyer),
            )
            expect(fits, `${product} ${includes} ${total} ${buyer}`).toHaveLength(1)
            const people = ['nobody', 'one person', 'two people'].indexOf(fits[0]?.[4] ?? '')
            for (const { rules, total: amount } of cases(total))
              expect(
                peopleNeeded(
                  { ...fresh, person_sells: product === '`person`', total: amount },
                  {
                    ...plain,
                    ...rules,
                    trusted: buyer === 'trusted',
                    includes_person_products: includes === 'yes',
                  },
                ),
                `${product} ${includes} ${total} ${buyer}`,
              ).toBe(people)
            said.add(JSON.stringify(fits[0]))
          }
    expect(said.size).toBe(rows.length)
  })

  test('without a policy is as ever: a product a person sells, or a total above the threshold', () => {
    holds(({ person_sells, total }, { approval_threshold }) => {
      const rules = { ...plain, approval_threshold }
      expect(peopleNeeded({ ...fresh, person_sells, total }, rules)).toBe(
        person_sells || (approval_threshold !== null && total > approval_threshold) ? 1 : 0,
      )
    })
  })

  test('never takes fewer people for more money, nor more for a buyer that is trusted', () => {
    holds((purchase, rules) => {
      const people = peopleNeeded(purchase, rules)
      expect(peopleNeeded({ ...purchase, total: purchase.total + 100 }, rules)).toBeGreaterThanOrEqual(people)
      expect(peopleNeeded(purchase, { ...rules, trusted: true })).toBeLessThanOrEqual(people)
    })
  })

  test('is a person wherever something is not known, and two above four_eyes_above if anybody', () => {
    holds((purchase, rules) => {
      expect(peopleNeeded({ ...purchase, unknown: true }, rules)).toBeGreaterThan(0)
      const above = rules.four_eyes_above !== null && purchase.total > rules.four_eyes_above
      expect(peopleNeeded(purchase, rules)).not.toBe(above ? 1 : 2)
      if (above) expect(peopleNeeded({ ...purchase, before: 0, agreed: 0 }, rules)).toBe(2)
    })
  })

  test('leaves a change alone that costs no more than people agreed to, unless it wants more of what a person sells', () => {
    holds(({ total, agreed, before }, rules) => {
      const change = { person_sells: false, unknown: false, total: Math.min(total, Math.max(agreed, before)) }
      expect(peopleNeeded({ ...change, agreed, before }, rules)).toBe(0)
    })
  })
})

const is = (cell: string | undefined, value: string) => cell === 'any' || cell === value

async function readTable(): Promise<string[][]> {
  const text = await readFile(new URL('../../docs/approvals.md', import.meta.url), 'utf8')
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** Rules and totals that are what a cell of the table says, on both sides of the cent. */
function cases(total: string): { rules: Partial<Rules>; total: number }[] {
  const named = { approval_threshold: 5, auto_approve_under: 100, four_eyes_above: 1000 }
  const unnamed = { approval_threshold: 100, four_eyes_above: 1000 }
  switch (total) {
    case 'under `auto':
      return [{ rules: named, total: 99.99 }]
    case 'from `auto':
      return [100, 1000].map((total) => ({ rules: named, total }))
    case 'up to `approval':
      return [
        { rules: unnamed, total: 100 },
        { rules: {}, total: 1_000_000 },
      ]
    case 'above `approval':
      return [100.01, 1000].map((total) => ({ rules: unnamed, total }))
    default:
      return [named, unnamed, { four_eyes_above: 1000 }].map((rules) => ({ rules, total: 1000.01 }))
  }
}
