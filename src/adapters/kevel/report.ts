import { z } from 'zod'
import {
  AdapterError,
  amountOf,
  type Call,
  type DeliveryRow,
  type Report,
  type ReportQuestion,
} from '../adapter.ts'
import type { Client, QueuedReport } from './client.ts'

const ASK_AGAIN_MS = 5000
const Handle = z.object({ id: z.string().min(1), order_ids: z.array(z.string()) })

/**
 * Has a report queued, by day, campaign and flight (dev.kevel.com/reference/create-queued-report; a flight is an option there). Kevel
 * filters by one campaign; of more, the others' rows are left out when it is read. Its days are those of UTC, both included.
 */
export async function startReport(
  client: Client,
  { order_ids, from, to }: ReportQuestion,
  call: Call,
): Promise<{ handle: string; retry_after_ms: number }> {
  const [campaign, ...others] = order_ids
  const { Id } = await client.queueReport(
    {
      StartDateISO: `${from}T00:00:00`,
      EndDateISO: `${to}T00:00:00`,
      GroupBy: ['day', 'campaignId', 'optionId'],
      Parameters: campaign === undefined || others.length > 0 ? [] : [{ campaignId: Number(campaign) }],
    },
    call,
  )
  return { handle: JSON.stringify({ id: Id, order_ids }), retry_after_ms: ASK_AGAIN_MS }
}

/** The report, once Kevel has made it. It keeps reports for ten days. */
export async function readReport(
  client: Client,
  currency: string,
  handle: string,
  call: Call,
): Promise<Report> {
  const { id, order_ids } = parse(handle)
  const report = await client.readReport(id, call)
  if (report.Status === 1) return { state: 'running', retry_after_ms: ASK_AGAIN_MS }
  if (report.Status !== 2 || !report.Result) throw failed(report)
  const wanted = new Set(order_ids)
  const rows = report.Result.Records.flatMap(({ Date, Details }) =>
    Details.flatMap(({ Grouping, Impressions, Clicks, Revenue }): DeliveryRow[] => {
      const [order_id, line_item_id] = [Grouping.campaignid, Grouping.optionid].map(String)
      if (order_id === undefined || line_item_id === undefined || !wanted.has(order_id)) return []
      const date = Date.slice(0, 10)
      const spend = amountOf(Revenue)
      return [
        {
          order_id,
          line_item_id,
          date,
          impressions: Impressions,
          clicks: Clicks,
          completions: null,
          spend,
          currency,
        },
      ]
    }),
  )
  return { state: 'ready', rows }
}

function failed({ Status, Message }: QueuedReport): AdapterError {
  if (Status === 4)
    return new AdapterError('permanent', 'report_too_large', 'Kevel calls the report too large')
  const message = `Kevel could not make the report: ${(Message ?? 'it gave no reason').slice(0, 300)}`
  return new AdapterError('permanent', 'report_failed', message)
}

function parse(handle: string): z.infer<typeof Handle> {
  try {
    return Handle.parse(JSON.parse(handle))
  } catch {
    throw new AdapterError('permanent', 'unknown_report', 'There is no such report; start another')
  }
}
