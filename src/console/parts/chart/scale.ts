/** How amounts become heights in a drawing a hundred high, whose top is 0. */
export interface Scale {
  /** Round amounts to draw a line at: none, half and all of what fits. */
  ticks: [number, number, number]
  y(amount: number): number
}

/** The scale that everything up to the greatest of these amounts fits in. What is below zero counts as zero. */
export function scaleOf(amounts: readonly number[]): Scale {
  const top = roundUp(amounts.reduce((most, amount) => Math.max(most, amount), 0))
  return {
    ticks: [0, top / 2, top],
    y: (amount) => Math.round(100_000 * (1 - Math.max(amount, 0) / top)) / 1000,
  }
}

/** Less than a cent, or than any count, is nothing to draw. */
const LEAST = 0.01
const STEPS = [1, 2, 4, 6, 8, 10] // half of each is easy to read too

function roundUp(most: number): number {
  if (most < LEAST) return 2
  const size = 10 ** Math.floor(Math.log10(most))
  return (STEPS.find((step) => step * size >= most) ?? 10) * size
}
