import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { AdapterError, type Call, type DeliveryRow, type Report, type ReportQuestion } from '../adapter.ts'
import type { Client } from './client.ts'
import type { Settings } from './config.ts'
import { orderKeyIn } from './held.ts'
import { itemsOf } from './status.ts'

const DAY_MS = 86_400_000
/** Each takes a request of which few are taken, and one call must not last: the rest is asked for by another. */
const DAYS_AT_ONCE = 8

const Day = z.iso.date()
/** What is still to be asked for, the order of each key in the names of campaigns, and what was told so far. */
const Handle = z.object({
  from: Day,
  to: Day,
  orders: z.record(z.string(), z.string()),
  told: z.array(z.tuple([z.string(), z.string(), Day, z.int(), z.int()])).default([]),
})
type Told = z.infer<typeof Handle>['told'][number]

/** Finds the keys of these orders. There is nothing to be made beforehand: Broadstreet answers at once. */
export async function startReport(
  client: Client,
  { order_ids, from, to }: ReportQuestion,
  call: Call,
): Promise<{ handle: string; retry_after_ms: number }> {
  const found = await itemsOf(client, order_ids, call)
  const orders = found.flatMap(({ order }) => {
    const key = orderKeyIn(order.name)
    return key === undefined ? [] : [[key, String(order.id)] as const]
  })
  return { handle: JSON.stringify({ from, to, orders: Object.fromEntries(orders) }), retry_after_ms: 0 }
}

/**
 * A report for each day on all campaigns of the network, of which those asked for are kept: Broadstreet groups by campaign and not by
 * day. It takes two such requests in five seconds, so they are spaced, and after some days the rest waits for the next call.
 */
export async function readReport(
  client: Client,
  { currency, records_pause_ms }: Settings,
  handle: string,
  call: Call,
): Promise<Report> {
  const { from, to, orders, told } = parse(handle)
  const days = daysFrom(from, to)
  for (const [i, day] of days.slice(0, DAYS_AT_ONCE).entries()) {
    if (i > 0) await pause(records_pause_ms, call)
    told.push(...(await toldOf(client, day, orders, call)))
  }
  const next = days[DAYS_AT_ONCE]
  if (next === undefined) return { state: 'ready', rows: told.map((one) => rowOf(one, currency)) }
  const rest = JSON.stringify({ from: next, to, orders, told })
  return { state: 'running', retry_after_ms: records_pause_ms, handle: rest }
}

async function toldOf(
  client: Client,
  day: string,
  orders: Readonly<Record<string, string>>,
  call: Call,
): Promise<Told[]> {
  const records = await client.recordsOf(day, day, call)
  return records.flatMap(
    ({ campaign_id, campaign_name, 'count(view)': views, 'count(click)': clicks }): Told[] => {
      const order_id = orders[orderKeyIn(campaign_name) ?? '']
      return order_id === undefined ? [] : [[order_id, String(campaign_id), day, views, clicks]]
    },
  )
}

/** It keeps no money: what was agreed for what was shown is for others to say. */
function rowOf([order_id, line_item_id, date, impressions, clicks]: Told, currency: string): DeliveryRow {
  return {
    ...{ order_id, line_item_id, date, impressions, clicks, currency },
    completions: null,
    spend: null,
  }
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
