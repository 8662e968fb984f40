import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitByWeights, splitMoney } from '../../src/adcp/split.ts'

const weights = fc
  .array(fc.bigInt(0n, 10n ** 12n), { minLength: 1, maxLength: 30 })
  .filter((all) => all.some((w) => w > 0n))
const sum = (parts: readonly bigint[]) => parts.reduce((all, part) => all + part, 0n)

test('an amount that is split loses nothing, and every part is within one of its exact share', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 15n), weights, (total, by) => {
      const parts = splitByWeights(total, by)
      expect(parts).toHaveLength(by.length)
      expect(sum(parts)).toBe(total)
      for (const [index, weight] of by.entries()) {
        const excess = (parts[index] ?? -1n) * sum(by) - total * weight
        expect(excess < sum(by) && excess > -sum(by)).toBe(true)
        expect((parts[index] ?? -1n) >= 0n).toBe(true)
      }
    }),
  )
})

test('money is split by the cent, and finer money by the millionth', () => {
  expect(splitMoney(100, [1n, 1n, 1n])).toEqual(['33.330000', '33.330000', '33.340000'])
  expect(splitMoney(0.1, [3n])).toEqual(['0.100000'])
  expect(splitMoney(0.000001, [1n, 1n])).toEqual(['0.000000', '0.000001'])
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 12 }), weights, (micros, by) => {
      const parts = splitMoney(micros / 1e6, by).map((part) => BigInt(part.replace('.', '')))
      expect(sum(parts)).toBe(BigInt(micros))
    }),
  )
})
