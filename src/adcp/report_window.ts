import type { ReportingFrequency } from '../db/schema.ts'

/** A reporting period: a whole hour, day or month in UTC, its end excluded. */
export interface ReportWindow {
  start: Date
  end: Date
}

/** The window a moment falls in. */
export function windowAt(frequency: ReportingFrequency, at: Date): ReportWindow {
  const [year, month, day, hour] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours()]
  const [start, end] = {
    hourly: [Date.UTC(year, month, day, hour), Date.UTC(year, month, day, hour + 1)],
    daily: [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)],
    monthly: [Date.UTC(year, month), Date.UTC(year, month + 1)],
  }[frequency]
  return { start: new Date(start ?? 0), end: new Date(end ?? 0) }
}

/** The windows that begin at `from` or later and before `end`, one after another. */
export function* windowsBetween(
  frequency: ReportingFrequency,
  from: Date,
  end: Date,
): Generator<ReportWindow> {
  for (let at = from; at < end;) {
    const window = windowAt(frequency, at)
    yield window
    at = window.end
  }
}

/** AdCP's reporting_period; it writes a period up to its last second. */
export function periodOf({ start, end }: ReportWindow) {
  return { start: start.toISOString(), end: new Date(end.getTime() - 1000).toISOString() }
}
