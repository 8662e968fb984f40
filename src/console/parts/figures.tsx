/** An amount as people read it: `€12,500.00`. */
export const money = (amount: number | string, currency: string): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(Number(amount))

/** An amount as it stands in a field, to be typed over: `1,500,000` or `1,200.50`; empty where there is none. */
export const typedAmount = (amount: number | string | null | undefined): string =>
  amount === null || amount === undefined || amount === ''
    ? ''
    : new Intl.NumberFormat('en', { minimumFractionDigits: Number(amount) % 1 === 0 ? 0 : 2 }).format(
        Number(amount),
      )

/** A count with its thousands told apart. */
export const count = (n: number | string): string => new Intl.NumberFormat('en').format(Number(n))

/** A part of a whole: `37%`. */
export const share = (part: number | string, whole: number | string): string =>
  new Intl.NumberFormat('en', { style: 'percent' }).format(
    Number(whole) === 0 ? 0 : Number(part) / Number(whole),
  )

/** A day in UTC: `3 Dec 2026`. */
export const day = (at: Date): string =>
  at.toLocaleDateString('en-GB', { ...UTC, day: 'numeric', month: 'short', year: 'numeric' })

/** A flight from its first to its last day: `7 – 28 Dec 2026`. */
export const flight = (start: Date, end: Date): string =>
  new Intl.DateTimeFormat('en-GB', { ...UTC, day: 'numeric', month: 'short', year: 'numeric' }).formatRange(
    start,
    end,
  )

const UTC = { timeZone: 'UTC' } as const
const SPANS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** PostgreSQL's clock and ours. */
const CLOCKS_DIFFER_SECONDS = 2

/** How long ago or ahead: `5 minutes ago`, `in 2 days`, `just now`, `in a moment`. */
function ago(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000
  const [unit, size] = SPANS.find(([, span]) => Math.abs(seconds) >= span) ?? []
  if (unit === undefined) return seconds > CLOCKS_DIFFER_SECONDS ? 'in a moment' : 'just now'
  return new Intl.RelativeTimeFormat('en').format(Math.round(seconds / size), unit)
}

/** A moment to the minute, in UTC: `3 Dec 2026, 14:05`. */
export const exact = (at: Date): string =>
  at.toLocaleString('en-GB', { ...UTC, dateStyle: 'medium', timeStyle: 'short' })

/** A moment, told as a distance from now; the exact time in UTC shows on pointing at it. */
export function When({ at, now }: { at: Date; now: Date }) {
  return (
    <time datetime={at.toISOString()} title={`${exact(at)} UTC`}>
      {ago(at, now)}
    </time>
  )
}
