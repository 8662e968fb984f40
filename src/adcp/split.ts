import { decimalOf, microsOf } from './money.ts'

/**
 * Splits a whole amount (impressions, micros) in proportion to the weights, so that nothing is lost or made up: the parts add up to
 * it, none is negative, and each is within one of its exact share. Weights must not be all zero.
 */
export function splitByWeights(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((all, weight) => all + weight, 0n)
  let upToHere = 0n
  let given = 0n
  return weights.map((weight) => {
    upToHere += weight
    const part = (total * upToHere) / sum - given
    given += part
    return part
  })
}

const MICROS_OF_A_CENT = 10_000n

/** An amount of money split like that, as decimal text: by the cent where it is whole cents, else by the millionth. */
export function splitMoney(amount: number, weights: readonly bigint[]): string[] {
  const micros = microsOf(amount.toFixed(6))
  const unit = micros % MICROS_OF_A_CENT === 0n ? MICROS_OF_A_CENT : 1n
  return splitByWeights(micros / unit, weights).map((part) => decimalOf(part * unit))
}
