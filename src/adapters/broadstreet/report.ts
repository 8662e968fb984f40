import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { AdapterError, type Call, type DeliveryRow, type Report, type ReportQuestion } from '../adapter.ts'
import type { Client } from './client.ts'
import type { Settings } from './config.ts'
import { itemsOf } from './status.ts'

const DAY_MS = 86_400_000
const Day = z.iso.date()
/** What is asked for, with the order of each campaign it is about. */
const Handle = z.object({ from: Day, to: Day, orders: z.record(z.string(), z.string()) })

/** Finds the campaigns of these orders. There is nothing to be made beforehand: Broadstreet answers a report at once. */
export async function startReport(
  client: Client,
  { order_ids, from, to }: ReportQuestion,
  call: Call,
): Promise<{ handle: string; retry_after_ms: number }> {
  const found = await itemsOf(client, order_ids, call)
  const orders = Object.fromEntries(
    found.flatMap(({ order, items }) => items.map(({ id }) => [String(id), String(order.id)] as const)),
  )
  return { handle: JSON.stringify({ from, to, orders }), retry_after_ms: 0 }
}

/**
 * A report for each day on all campaigns of the network, of which those asked for are kept: Broadstreet groups by campaign and not by
 * day. It takes two such requests in five seconds, so they are spaced, as long as `call` lets them.
 */
export async function readReport(
  client: Client,
  { currency, records_pause_ms }: Settings,
  handle: string,
  call: Call,
): Promise<Report> {
  const { from, to, orders } = parse(handle)
  const rows: DeliveryRow[] = []
  for (const date of daysFrom(from, to)) {
    if (date !== from) await pause(records_pause_ms, call)
    for (const record of await client.recordsOf(date, date, call)) {
      const line_item_id = String(record.campaign_id)
      const order_id = orders[line_item_id]
      if (order_id === undefined) continue
      const { 'count(view)': impressions, 'count(click)': clicks } = record
      // it keeps no money: what was agreed for them is for others to say
      rows.push({
        order_id,
        line_item_id,
        date,
        impressions,
        clicks,
        completions: null,
        spend: null,
        currency,
      })
    }
  }
  return { state: 'ready', rows }
}

async function pause(ms: number, { signal }: Call): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal })
  } catch {
    throw new AdapterError('transient', 'aborted', 'The report was given up before it was read')
  }
}

function daysFrom(from: string, to: string): string[] {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const count = Math.max(0, (last - first) / DAY_MS + 1)
  return Array.from({ length: count }, (_, i) => new Date(first + i * DAY_MS).toISOString().slice(0, 10))
}

function parse(handle: string): z.infer<typeof Handle> {
  try {
    return Handle.parse(JSON.parse(handle))
  } catch {
    throw new AdapterError('permanent', 'unknown_report', 'There is no such report; start another')
  }
}
