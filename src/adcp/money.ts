/** Below this an amount, and the sum of all a buy can have, is exact in numeric(14, 2) and as a number of cents. */
const MOST = 1e9

/** Sums amounts of money given with at most two decimals, exactly; decimal text such as `1250.50`. */
export function sumMoney(amounts: readonly number[]): string {
  const cents = amounts.reduce((sum, amount) => sum + Math.round(amount * 100), 0)
  return (cents / 100).toFixed(2)
}

/** True for an amount with at most `decimals` digits after the point and small enough to be stored exactly. */
export function isMoney(amount: number, decimals: 2 | 4 = 2): boolean {
  return amount < MOST / 10 ** (decimals - 2) && Number(amount.toFixed(decimals)) === amount
}
