/** The middle of what was measured. */
export const median = (values: readonly number[]): number => percentile(values, 50)

/** The value that `p` per cent of them do not exceed (nearest rank). */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
}

/** Three digits that count: `0.123`, `12.3`, `1,230`. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const rounded = Number(value.toPrecision(3))
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(rounded)
}
