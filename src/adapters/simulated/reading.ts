import { z } from 'zod'
import {
  AdapterError,
  type Call,
  type DeliveryRow,
  type HeldStatus,
  type OrderStanding,
  type Report,
  type ReportQuestion,
} from '../adapter.ts'
import type { AdServer } from './client.ts'
import { deliveredAfter, type Served } from './served.ts'
import { refuseIfAborted } from './steps.ts'

const Question = z.object({ order_ids: z.array(z.string()), from: z.string(), to: z.string() })

/** The handle holds the question: there is nothing to be made beforehand. */
export function startReport(question: ReportQuestion): { handle: string; retry_after_ms: number } {
  return { handle: JSON.stringify(question), retry_after_ms: 0 }
}

/** What these orders delivered, hour by hour; the network's clock shows UTC. */
export async function readReport(server: AdServer, handle: string, { signal }: Call): Promise<Report> {
  refuseIfAborted(signal)
  const question = Question.safeParse(parseJson(handle))
  if (!question.success)
    throw new AdapterError('permanent', 'unknown_report', 'There is no such report; start another')
  const { order_ids, from, to } = question.data
  const items = await server.readServed(order_ids)
  const rows = items.flatMap((item) => rowsOf(item).filter(({ date }) => from <= date && date <= to))
  return { state: 'ready', rows }
}

function rowsOf(item: Served): DeliveryRow[] {
  const { order_id, line_item_id, body } = item
  return item.hours.map(({ hour, seconds_before, seconds_after }) => {
    const [before, after] = [deliveredAfter(item, seconds_before), deliveredAfter(item, seconds_after)]
    const spend = after.spend - before.spend
    return {
      order_id,
      line_item_id,
      date: hour.slice(0, 10),
      hour: Number(hour.slice(11, 13)),
      impressions: after.impressions - before.impressions,
      clicks: after.clicks - before.clicks,
      completions: after.completions === null ? null : after.completions - (before.completions ?? 0),
      spend: decimal(spend),
      currency: body.currency,
    }
  })
}

/** How these orders stand, with what their line items delivered so far. */
export async function readStatus(
  server: AdServer,
  orderIds: readonly string[],
  { signal }: Call,
): Promise<OrderStanding[]> {
  refuseIfAborted(signal)
  const items = await server.readServed(orderIds)
  return [...new Set(items.map(({ order_id }) => order_id))].map((order_id) => {
    const own = items.filter((item) => item.order_id === order_id)
    const line_items = own.map((item) => {
      const { spend, ...counted } = deliveredAfter(item, item.hours.at(-1)?.seconds_after ?? 0)
      const delivered = { ...counted, spend: { amount: decimal(spend), currency: item.body.currency } }
      return { line_item_id: item.line_item_id, status: statusOf(item), reason: null, delivered }
    })
    const status = line_items.find((item) => item.status === 'serving')?.status ?? line_items[0]?.status
    return { order_id, status: status ?? 'draft', line_items }
  })
}

function statusOf({ order_status, status, body, now }: Served): HeldStatus {
  if (order_status === 'canceled' || status === 'canceled') return 'canceled'
  if (order_status === 'pending_approval') return 'pending'
  if (Date.parse(body.end_time) <= now.getTime()) return 'completed'
  if (status === 'paused') return 'paused'
  return Date.parse(body.start_time) <= now.getTime() ? 'serving' : 'ready'
}

const decimal = (micros: bigint) => `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
