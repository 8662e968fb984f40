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

/** Adds decimal text with at most six decimals, exactly; null counts as nothing, and nothing but nulls stays null. */
export function addDecimals(texts: readonly (string | null)[]): string | null {
  const given = texts.filter((text) => text !== null)
  if (given.length === 0) return null
  return decimalOf(given.reduce((sum, text) => sum + microsOf(text), 0n))
}

/** A decimal number of millionths, from decimal text with at most six decimals. */
export function microsOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(6, '0'))
}

/** Millionths as decimal text. */
export function decimalOf(micros: bigint): string {
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`
}
