import type { DeliveryNotification, ReportingFrequency } from '../db/schema.ts'
import { windowAt, windowsBetween, type ReportWindow } from './report_window.ts'

/** Where the reports of a media buy stand. */
export interface Standing {
  reporting_frequency: ReportingFrequency
  /** Of the first window that was not reported with its figures. */
  next_window_start: Date
  start_time: Date
  /** When it ends, or ended before its time. */
  end_time: Date
  /** Figures are promised this long after the fact. */
  delay_ms: number
  finished: boolean
  now: Date
  isCounted(window: ReportWindow): boolean
  wasDelayed(window: ReportWindow): boolean
}
export interface DueReport {
  notification_type: DeliveryNotification
  window: ReportWindow
}
export interface Due {
  reports: DueReport[]
  next_window_start: Date
  /** When to look again; null when only new figures can change anything. */
  next_at: Date | null
}
/** More in one go would hold the media buy's lock for too long. */
const MOST_AT_ONCE = 50
const HOUR_MS = 3_600_000

/**
 * What is to be reported now: each window that is over, in order, once it is counted; that figures are late, once for each window they
 * are late for; and after the last window, when corrections of its figures had their time, the whole flight.
 */
export function dueReports(standing: Standing): Due {
  const { reporting_frequency: frequency, start_time, end_time, delay_ms, now } = standing
  const reports: DueReport[] = []
  const later: number[] = []
  const begin = windowAt(frequency, start_time).start
  let cursor = begin > standing.next_window_start ? begin : standing.next_window_start
  let waiting = false
  for (const window of windowsBetween(frequency, cursor, end_time)) {
    if (reports.length >= MOST_AT_ONCE) return { reports, next_window_start: cursor, next_at: now }
    if (window.end > now) {
      later.push(window.end.getTime())
      waiting = true
      break
    }
    if (!waiting && standing.isCounted(window)) {
      reports.push({ notification_type: 'scheduled', window })
      cursor = window.end
      continue
    }
    waiting = true
    const late = window.end.getTime() + delay_ms
    if (late > now.getTime()) later.push(late)
    else if (!standing.wasDelayed(window)) reports.push({ notification_type: 'delayed', window })
    // a package that is paused in the meantime is no longer waited for
    later.push(now.getTime() + HOUR_MS)
  }
  if (!waiting && !standing.finished) {
    const window = flightOf(start_time, end_time)
    const due = window.end.getTime() + delay_ms
    if (now.getTime() >= due) reports.push({ notification_type: 'final', window })
    else later.push(due)
  }
  return {
    reports,
    next_window_start: cursor,
    next_at: later.length > 0 ? new Date(Math.min(...later)) : null,
  }
}

/** When the buyer may expect to hear next; undefined after the final report. */
export function nextExpectedAt(
  standing: Standing,
  { notification_type, window }: DueReport,
): Date | undefined {
  const { reporting_frequency, end_time, delay_ms, finished, now } = standing
  if (notification_type === 'final' || finished) return undefined
  if (notification_type === 'delayed') return new Date(now.getTime() + delay_ms)
  const from = notification_type === 'adjusted' ? standing.next_window_start : window.end
  const next = from < end_time ? windowAt(reporting_frequency, from).end : end_time
  return new Date(Math.max(next.getTime(), now.getTime()) + delay_ms)
}

/** A buy that ended before it began has a flight all the same: from its end to the start it was to have. */
function flightOf(start: Date, end: Date): ReportWindow {
  return start < end ? { start, end } : { start: end, end: new Date(start.getTime() + 1) }
}
