/**
 * Splits a whole amount (cents, points of a percentage) in proportion to the weights: the parts add up to it exactly, and each is
 * its exact share rounded down or up. What rounding down leaves over goes one by one to the parts that lost most, the first
 * of equals first. So a part whose exact share is a whole number is that number. Weights must not be all zero.
 */
export function shareOut(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((all, weight) => all + weight, 0n)
  const parts = weights.map((weight) => (total * weight) / sum)
  const left = Number(total - parts.reduce((all, part) => all + part, 0n))
  const lost = weights.map((weight, i) => ({ i, rest: (total * weight) % sum }))
  lost.sort((one, other) => (one.rest === other.rest ? one.i - other.i : one.rest > other.rest ? -1 : 1))
  for (const { i } of lost.slice(0, left)) parts[i] = (parts[i] ?? 0n) + 1n
  return parts
}

/** Whole percentages that add up to 100: at least the floors, and what is left by weight. Undefined where the floors alone are more. */
export function percentages(weights: readonly number[], floors: readonly number[]): number[] | undefined {
  const left = 100 - floors.reduce((sum, floor) => sum + floor, 0)
  if (left < 0) return undefined
  const scaled = weights.map((weight) => BigInt(Math.max(1, Math.round(weight * 1e6))))
  return shareOut(BigInt(left), scaled).map((part, i) => Number(part) + (floors[i] ?? 0))
}

/** An amount of money by shares in percent with at most two decimals, to the cent: the parts add up to it exactly. */
export function allocate(amount: number, shares: readonly number[]): number[] {
  const weights = shares.map((share) => BigInt(Math.round(share * 100)))
  return shareOut(BigInt(Math.round(amount * 100)), weights).map((cents) => Number(cents) / 100)
}
