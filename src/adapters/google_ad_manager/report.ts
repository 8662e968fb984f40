import { z } from 'zod'
import {
  AdapterError,
  type Call,
  type DeliveryRow,
  type Fetch,
  type Report,
  type ReportQuestion,
} from '../adapter.ts'
import type { Settings } from './config.ts'
import { noAnswer } from './errors.ts'
import { fromMicros } from './money.ts'
import type { References } from './references.ts'
import { checkHeader, columns, dimensions, readLine, unreadable } from './report/columns.ts'
import { download } from './report/download.ts'
import { boundList, statement } from './statement.ts'
import type { Transport } from './transport.ts'

/** Google makes a small report in seconds and a large one in minutes. */
const ASK_AGAIN_MS = 15_000

export interface Reports {
  transport: Transport
  fetch: Fetch
  references: References
  settings: Settings
}
const Job = z.object({ id: z.string() })
const Handle = z.tuple([z.string().regex(/^\d+$/), z.string().regex(/^[A-Z]{3}$/)])

/** Has a report run on these orders, hour by hour on the network's clock. The handle is its id and the currency of its money. */
export async function startReport({ transport, references }: Reports, question: ReportQuestion, call: Call) {
  const { currencyCode } = await references.network(call)
  const { names, bound } = boundList('order', question.order_ids.map(BigInt))
  const reportQuery = {
    dimensions: [...dimensions],
    columns: [...columns],
    startDate: dateOf(question.from),
    endDate: dateOf(question.to),
    dateRangeType: 'CUSTOM_DATE',
    statement: statement(`WHERE ORDER_ID IN (${names})`, bound),
    timeZoneType: 'PUBLISHER',
  }
  const answer = await transport.send('ReportService', 'runReportJob', { reportJob: { reportQuery } }, call)
  const job = Job.safeParse(answer)
  if (!job.success) throw unclear('runReportJob')
  return { handle: `${job.data.id} ${currencyCode}`, retry_after_ms: ASK_AGAIN_MS }
}

/** The report, if it is ready. @throws AdapterError */
export async function readReport(reports: Reports, handle: string, call: Call): Promise<Report> {
  const { transport, settings, fetch } = reports
  const parsed = Handle.safeParse(handle.split(' '))
  if (!parsed.success) throw failed('There is no such report')
  const [reportJobId, currency] = parsed.data
  const status = await transport.send('ReportService', 'getReportJobStatus', { reportJobId }, call)
  if (status === 'IN_PROGRESS') return { state: 'running', retry_after_ms: ASK_AGAIN_MS }
  if (status === 'FAILED') throw failed('Google could not make the report')
  if (status !== 'COMPLETED') throw unclear('getReportJobStatus')
  const reportDownloadOptions = {
    exportFormat: 'CSV_DUMP',
    includeReportProperties: false,
    includeTotalsRow: false,
    useGzipCompression: true,
  }
  const options = { reportJobId, reportDownloadOptions }
  const url = await transport.send('ReportService', 'getReportDownloadUrlWithOptions', options, call)
  if (typeof url !== 'string') throw unclear('getReportDownloadUrlWithOptions')
  const rows: DeliveryRow[] = []
  const lines = { read: 0 }
  await download(url, { ...settings, fetch }, call, (line) => {
    if (lines.read++ === 0) checkHeader(line)
    else rows.push(rowOf(line, currency))
  })
  if (lines.read === 0) throw unreadable('it is empty')
  return { state: 'ready', rows }
}

function rowOf(line: string, currency: string): DeliveryRow {
  const cells = readLine(line)
  const count = (cell: string) => (cell === '-' ? null : Number(cell))
  return {
    order_id: cells.ORDER_ID,
    line_item_id: cells.LINE_ITEM_ID,
    date: cells.DATE,
    hour: Number(cells.HOUR),
    impressions: count(cells.AD_SERVER_IMPRESSIONS) ?? 0,
    clicks: count(cells.AD_SERVER_CLICKS),
    completions: count(cells.VIDEO_VIEWERSHIP_COMPLETE),
    measurable_impressions: count(cells.AD_SERVER_ACTIVE_VIEW_MEASURABLE_IMPRESSIONS),
    viewable_impressions: count(cells.AD_SERVER_ACTIVE_VIEW_VIEWABLE_IMPRESSIONS),
    spend: cells.AD_SERVER_ALL_REVENUE === '-' ? null : fromMicros(BigInt(cells.AD_SERVER_ALL_REVENUE)),
    currency,
  }
}

function dateOf(day: string) {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  return { year, month, day: date }
}

const unclear = (operation: string) =>
  noAnswer({ service: 'ReportService', operation }, 'unreadable_answer', 'the answer could not be understood')
const failed = (message: string) =>
  new AdapterError('permanent', 'report_failed', `${message}; another must be started`)
