import type { BookedItem, BookedRow } from '../queries/booked_orders.ts'
import type { Problem } from './error.ts'
import { bytesOf, MOST_BYTES } from './page.ts'
import type { AdcpVersion } from './version.ts'

type Wire = Record<string, unknown>
interface Asked {
  version: AdcpVersion
  now: Date
  include_snapshot: boolean
}

/** For its packages; with what is said beside them the order still fits an answer that hosts show whole. */
const ROOM = MOST_BYTES - 3000

/**
 * An order that people booked on an ad server, as get_media_buys lists it. What AdCP demands and nobody said is named in
 * `ext.salesdesk.booked.unknown`; whatever else is not known is left out. It takes no changes here, so its revision is always 1.
 */
export function listedBookedOrder(row: BookedRow, asked: Asked): Wire {
  const { account, start_time, end_time } = row
  const packages = fitting(row.items.map((item) => toPackage(row, item, asked)))
  return {
    media_buy_id: row.media_buy_id,
    ...(account && {
      account: { account_id: account.account_id, name: account.name, status: account.status },
    }),
    status: row.status,
    currency: currencyOf(row),
    total_budget: Number(row.budget ?? 0),
    ...(start_time && { start_time: start_time.toISOString() }),
    ...(end_time && { end_time: end_time.toISOString() }),
    confirmed_at: row.known_since.toISOString(),
    revision: 1,
    ...(asked.version !== '3.0' && { status_as_of: row.as_of.toISOString() }),
    valid_actions: [],
    ...(asked.version === '3.1' && { available_actions: [] }),
    packages,
    ext: {
      salesdesk: {
        ...(row.po_number && { po_number: row.po_number }),
        placement: placementOf(row),
        booked: factsOf(row, packages.length),
      },
    },
  }
}

const currencyOf = ({ currency, usual_currency }: BookedRow) => currency ?? usual_currency

/** The same words as for what was bought here: it stands on its ad server. */
const placementOf = ({ connection, order_id }: BookedRow): Wire => ({
  state: 'placed',
  ad_servers: [{ name: connection, state: 'placed', orders: [order_id] }],
})

/** What tells it apart from what was bought here. */
function factsOf({ connection, name, as_of, currency, budget, items }: BookedRow, told: number): Wire {
  const unknown = [
    ...(currency === null ? ['currency'] : []),
    ...(budget === null ? ['total_budget'] : []),
    'confirmed_at',
  ]
  const left_out = items.length - told
  return {
    on: connection,
    name,
    as_of: as_of.toISOString(),
    unknown,
    ...(left_out > 0 && { packages_left_out: left_out }),
  }
}

function fitting(packages: Wire[]): Wire[] {
  let left = ROOM
  const first = packages.findIndex((item) => (left -= bytesOf(item)) < 0)
  return first < 0 ? packages : packages.slice(0, first)
}

function toPackage(row: BookedRow, item: BookedItem, asked: Asked): Wire {
  const { name, status, pricing_model, price, currency } = item
  return {
    package_id: `${row.media_buy_id}:${item.id}`,
    ...(item.budget !== null && { budget: Number(item.budget) }),
    ...(currency !== null && currency !== currencyOf(row) && { currency }),
    ...(counted(item) && { impressions: Number(item.goal) }),
    ...(item.start_time !== null && { start_time: iso(item.start_time) }),
    ...(item.end_time !== null && { end_time: iso(item.end_time) }),
    paused: status === 'paused',
    canceled: status === 'canceled',
    ...(asked.include_snapshot && snapshotOf(row, item, asked.now)),
    ext: {
      salesdesk: {
        name,
        on_ad_server: status,
        ...(pricing_model !== null && { pricing_model }),
        ...(price !== null && { price: Number(price) }),
      },
    },
  }
}

const counted = ({ goal, pricing_model }: BookedItem) =>
  goal !== null && (pricing_model === 'cpm' || pricing_model === 'vcpm')

/** What was delivered costs what was agreed for it; where that cannot be told there is no snapshot, for AdCP demands the spend. */
function snapshotOf({ counted_at }: BookedRow, item: BookedItem, now: Date): Wire {
  const spend = spentOn(item)
  if (!item.delivered || spend === undefined || !counted_at)
    return { snapshot_unavailable_reason: 'SNAPSHOT_UNSUPPORTED' }
  const { impressions, clicks } = item.delivered
  return {
    snapshot: {
      as_of: counted_at.toISOString(),
      staleness_seconds: Math.max(0, Math.ceil((now.getTime() - counted_at.getTime()) / 1000)),
      impressions,
      spend,
      ...(clicks !== null && { clicks }),
      ...(item.currency !== null && { currency: item.currency }),
    },
  }
}

function spentOn({ pricing_model, price, delivered }: BookedItem): number | undefined {
  if (price === null || !delivered) return undefined
  const units = { cpm: delivered.impressions / 1000, cpc: delivered.clicks, cpcv: delivered.completions }[
    pricing_model ?? ''
  ]
  return units === undefined || units === null ? undefined : Math.round(units * Number(price) * 1e6) / 1e6
}

/** PostgreSQL writes UTC without saying so. */
const iso = (utc: string) => new Date(`${utc}Z`).toISOString()

/** Why such an order is not changed or reported on here, and what to do instead. */
export function bookedThere(
  { connection, order_id }: { connection: string; order_id: string },
  asked: keyof typeof instead,
  field: string,
): Problem {
  return {
    code: 'UNSUPPORTED_FEATURE',
    message: `The publisher's people booked this as order ${order_id} on ${connection}, and it is kept there.`,
    field,
    suggestion: instead[asked],
  }
}
const instead = {
  change: 'Ask the publisher to change that order; get_media_buys then shows it as it is.',
  feedback: 'Tell the publisher directly: feedback is taken here for what was bought here.',
  report: 'get_media_buys with include_snapshot tells what it delivered so far, where its ad server does.',
}
