import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMoney, sumMoney } from '../../src/adcp/money.ts'

const cents = fc.integer({ min: 1, max: 99_999_999_999 })
const written = (amount: bigint) => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`

test('the budgets of a buy add up to the cent', () => {
  fc.assert(
    fc.property(fc.array(cents, { maxLength: 200 }), (amounts) => {
      const exact = amounts.reduce((sum, amount) => sum + BigInt(amount), 0n)
      expect(sumMoney(amounts.map((amount) => amount / 100))).toBe(written(exact))
    }),
  )
})

test('every amount of whole cents below a billion is money, and nothing finer is', () => {
  fc.assert(
    fc.property(cents, (amount) => {
      expect(isMoney(amount / 100)).toBe(true)
      expect(isMoney(amount / 100 + 0.001)).toBe(amount / 100 + 0.001 === amount / 100)
    }),
  )
})

test.each([0.001, 1e-7, 0.0000005, 10.005, 1e9, 1e300, Infinity, NaN])(
  '%d is no amount of money',
  (amount) => {
    expect(isMoney(amount)).toBe(false)
  },
)

test('a price may have four decimals', () => {
  expect([0.0001, 0.018, 12.3456].every((price) => isMoney(price, 4))).toBe(true)
  expect([0.00001, 12.34567, 1e7].some((price) => isMoney(price, 4))).toBe(false)
})
