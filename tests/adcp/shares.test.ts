import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate, percentages, shareOut } from '../../src/adcp/shares.ts'

const sum = (parts: readonly number[]) => parts.reduce((all, part) => all + part, 0)
const cents = (amount: number) => Math.round(amount * 100)
/** Whole percentages that add up to 100. */
const shares = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }).map(
  (weights) =>
    percentages(
      weights,
      weights.map(() => 1),
    ) ?? [],
)
const money = fc.integer({ min: 1, max: 99_999_999_999 }).map((amount) => amount / 100)

describe('a budget', () => {
  test('is spread to the cent, none lost or made up, each part within a cent of its share', () => {
    fc.assert(
      fc.property(money, shares, (total, parts) => {
        const budgets = allocate(total, parts)
        expect(budgets.reduce((all, budget) => all + BigInt(cents(budget)), 0n)).toBe(BigInt(cents(total)))
        budgets.forEach((budget, i) => {
          const exact = (cents(total) * (parts[i] ?? 0)) / 100
          expect(cents(budget)).toBeGreaterThanOrEqual(Math.floor(exact))
          expect(cents(budget)).toBeLessThanOrEqual(Math.ceil(exact))
        })
      }),
    )
  })

  test('with shares of two decimals is spread just as exactly', () => {
    expect(allocate(100, [33.33, 33.33, 33.34])).toEqual([33.33, 33.33, 33.34])
    expect(allocate(0.01, [50, 50])).toEqual([0.01, 0])
    expect(allocate(10, [33, 33, 34])).toEqual([3.3, 3.3, 3.4])
  })
})

test('parts of equal weight differ by one at most', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10_000n }), fc.integer({ min: 1, max: 9 }), (total, n) => {
      const parts = shareOut(total, Array<bigint>(n).fill(7n)).map(Number)
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1)
      expect(sum(parts)).toBe(Number(total))
    }),
  )
})

test('percentages are whole, keep their floors and add up to 100, or there are none', () => {
  const floors = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(floors, fc.float({ min: 0, max: 1000, noNaN: true }), (least, weight) => {
      const found = percentages(
        least.map((_, i) => weight * i),
        least,
      )
      if (sum(least) > 100) {
        expect(found).toBeUndefined()
        return
      }
      expect(sum(found ?? [])).toBe(100)
      expect(found?.every((share, i) => Number.isInteger(share) && share >= (least[i] ?? 0))).toBe(true)
    }),
  )
})
