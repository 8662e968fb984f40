import { gzipSync } from 'node:zlib'
import type { Books } from './books.ts'
import { fail } from './fail.ts'
import type { Thing } from './objects.ts'
import { readQuery } from './pql.ts'

/** What a line item served in one hour: every single one, whoever booked it. */
export interface ServedHour {
  line_item_id: string
  order_id: string
  /** When the hour begins. */
  at: Date
  impressions: number
  clicks: number
  /** undefined for what is no video. */
  completions?: number
  measurable: number
  viewable: number
  /** In millionths of the network's currency. */
  revenue: bigint
}
export interface ReportJob {
  id: string
  asked_at: Date
  /** How often it is still not ready. */
  polls: number
  fails: boolean
  csv: string
}

const HOUR_MS = 3_600_000
const PER_HOUR = 250

/** Takes a report on: what it will tell is what has been counted by now. */
export function runReportJob(books: Books, { reportQuery }: Thing): Thing {
  const { dateRangeType, startDate, endDate, statement = {}, ...query } = reportQuery as Thing
  const [dimensions, columns] = [query['dimensions'], query['columns']] as (string[] | undefined)[]
  const now = books.clock()
  const lately = books.reports.filter(({ asked_at }) => now.getTime() - asked_at.getTime() < HOUR_MS)
  if (lately.length >= PER_HOUR) fail('QuotaError', 'REPORT_JOB_LIMIT')
  if (!dimensions || !columns) fail('ReportError', 'NOT_NULL', 'reportQuery')
  if (dateRangeType !== 'CUSTOM_DATE') fail('ReportError', 'INVALID_DATE', 'reportQuery.dateRangeType')
  const [from, to] = [dayOf(startDate as Thing), dayOf(endDate as Thing)]
  if (from > to) fail('ReportError', 'END_DATE_TIME_NOT_AFTER_START_TIME', 'reportQuery')
  const { matches } = readQuery(statement as Thing)
  const shown = books.served
    .filter(({ at }) => at.getTime() + HOUR_MS <= now.getTime())
    .map((hour) => ({ hour, ...clockOf(books, hour.at) }))
    .filter(({ date }) => from <= date && date <= to)
    .filter(({ hour }) => matches({ ORDER_ID: hour.order_id, LINE_ITEM_ID: hour.line_item_id }))
  const job = {
    id: books.nextId(),
    asked_at: now,
    polls: books.minded.reportPolls,
    fails: books.minded.reportsFail > 0,
  }
  if (job.fails) books.minded.reportsFail--
  books.reports.push({ ...job, csv: toCsv(shown, dimensions, columns) })
  return { id: job.id, reportQuery }
}

export function getReportJobStatus(books: Books, { reportJobId }: Thing): string {
  const job = jobOf(books, reportJobId)
  if (job.polls > 0) {
    job.polls--
    return 'IN_PROGRESS'
  }
  return job.fails ? 'FAILED' : 'COMPLETED'
}

export function getReportDownloadUrl(books: Books, { reportJobId, reportDownloadOptions }: Thing): string {
  const job = jobOf(books, reportJobId)
  if (job.polls > 0 || job.fails) fail('ReportError', 'INVALID_OPERATION_FOR_REPORT_STATE')
  if ((reportDownloadOptions as Thing)['exportFormat'] !== 'CSV_DUMP') fail('ReportError', 'DEFAULT')
  return `${books.minded.reportsAt}/reports/${job.id}?signature=${job.id}`
}

/** The file behind such an address. */
export function reportFile(books: Books, path: string): Buffer | undefined {
  const [, id] = /^\/reports\/(\d+)\?signature=\1$/.exec(path) ?? []
  const job = books.reports.find((one) => one.id === id)
  return job && gzipSync(job.csv)
}

function jobOf(books: Books, id: unknown): ReportJob {
  const job = books.reports.find((one) => one.id === String(id))
  return job ?? fail('ReportError', 'REPORT_NOT_FOUND', 'reportJobId')
}

type Shown = { hour: ServedHour; date: string; clock: number }
type Values = (group: Shown[]) => string

const cells: Readonly<Record<string, (one: Shown) => string>> = {
  DATE: ({ date }) => date,
  HOUR: ({ clock }) => String(clock),
  ORDER_ID: ({ hour }) => hour.order_id,
  LINE_ITEM_ID: ({ hour }) => hour.line_item_id,
}
const sum =
  (number: (hour: ServedHour) => number | bigint): Values =>
  (group) =>
    String(group.reduce((all, { hour }) => all + BigInt(number(hour)), 0n))
const sums: Readonly<Record<string, Values>> = {
  AD_SERVER_IMPRESSIONS: sum(({ impressions }) => impressions),
  AD_SERVER_CLICKS: sum(({ clicks }) => clicks),
  AD_SERVER_ALL_REVENUE: sum(({ revenue }) => revenue),
  AD_SERVER_ACTIVE_VIEW_MEASURABLE_IMPRESSIONS: sum(({ measurable }) => measurable),
  AD_SERVER_ACTIVE_VIEW_VIEWABLE_IMPRESSIONS: sum(({ viewable }) => viewable),
  VIDEO_VIEWERSHIP_COMPLETE: (group) =>
    group.some(({ hour }) => hour.completions !== undefined)
      ? sum(({ completions = 0 }) => completions)(group)
      : '-',
}

/** As Google's CSV_DUMP: qualified names, no totals, money in millionths. Its clock shows an hour twice when it is put back. */
function toCsv(shown: Shown[], dimensions: string[], columns: string[]): string {
  const keyOf = (one: Shown) => dimensions.map((name) => cells[name]?.(one) ?? '').join(',')
  const groups = new Map<string, Shown[]>()
  for (const one of shown) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one])
  const header = [
    ...dimensions.map((name) => `Dimension.${name}`),
    ...columns.map((name) => `Column.${name}`),
  ].join(',')
  const lines = [...groups].map(([key, group]) =>
    [key, ...columns.map((name) => sums[name]?.(group) ?? '')].join(','),
  )
  return `${[header, ...lines].join('\n')}\n`
}

function clockOf(books: Books, at: Date): { date: string; clock: number } {
  const text = at.toLocaleString('sv-SE', { timeZone: String(books.network['timeZone']) })
  return { date: text.slice(0, 10), clock: Number(text.slice(11, 13)) }
}

function dayOf(date: Thing | undefined): string {
  if (!date) fail('ReportError', 'INVALID_DATE', 'reportQuery')
  const two = (part: unknown) => String(part).padStart(2, '0')
  return `${String(date['year'])}-${two(date['month'])}-${two(date['day'])}`
}
