/** Sums amounts of money given with at most two decimals, exactly; decimal text such as `1250.50`. */
export function sumMoney(amounts: readonly number[]): string {
  const cents = amounts.reduce((sum, amount) => sum + Math.round(amount * 100), 0)
  return (cents / 100).toFixed(2)
}

/** True for an amount that is a whole number of cents and small enough to be stored exactly. */
export function isMoney(amount: number): boolean {
  return amount < 1e11 && Math.abs(Math.round(amount * 100) - amount * 100) < 1e-4
}
