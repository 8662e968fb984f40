import { AdcpError } from '../../adcp/error.ts'
import type { DeliveryRow, Window } from '../../queries/delivery.ts'

const DAY_MS = 86_400_000
interface Dates {
  start_date?: string | undefined
  end_date?: string | undefined
}

/** The days asked for, both included; without dates, since the beginning. @throws AdcpError */
export function windowOf({ start_date, end_date }: Dates): Window {
  if (start_date !== undefined && end_date !== undefined && start_date > end_date)
    throw new AdcpError({
      code: 'INVALID_REQUEST',
      message: 'start_date is after end_date.',
      field: 'start_date',
      suggestion: 'Give a start_date that is not after end_date, or leave both out for everything so far.',
    })
  return { from: start_date, to: end_date }
}

/** When the period asked for ends: after its last day. Undefined where it is open. */
export function untilOf({ end_date }: Dates): Date | undefined {
  return end_date === undefined ? undefined : new Date(Date.parse(end_date) + DAY_MS)
}

/** AdCP's reporting_period: the days asked for, or from the first start of these buys up to now (or the last end, if that is sooner). */
export function reportingPeriod(
  { start_date, end_date }: Dates,
  rows: Pick<DeliveryRow, 'start_time' | 'end_time'>[],
  now: Date,
) {
  const starts = rows.map(({ start_time }) => start_time.getTime())
  const ends = rows.map(({ end_time }) => end_time.getTime())
  const start = start_date === undefined ? Math.min(now.getTime(), ...starts) : Date.parse(start_date)
  const last = Math.min(now.getTime(), ends.length > 0 ? Math.max(...ends) : now.getTime())
  // as AdCP writes days: up to their last second
  const end = end_date === undefined ? last : Date.parse(end_date) + DAY_MS - 1000
  return { start: new Date(start).toISOString(), end: new Date(Math.max(start, end)).toISOString() }
}
