import {
  deliveryStatus,
  delayOf,
  pacingIndex,
  type Counted,
  type Progress,
} from '../../adcp/package_delivery.ts'
import type { ReadDb } from '../../db/database.ts'
import { selectDelivery, selectLineItemTotals } from '../../queries/delivery.ts'
import type { Output } from '../define-tool.ts'

/**
 * What each package of these media buys delivered so far, by package_id: AdCP's snapshot, from reports or from what line items say,
 * whichever counted later; or why there is none.
 */
export async function readSnapshots(
  db: ReadDb,
  tenantId: string,
  ids: string[],
  now: Date,
): Promise<Map<string, Output>> {
  if (ids.length === 0) return new Map()
  const rows = await selectDelivery(db, tenantId, {}).where('buy.media_buy_id', 'in', ids).execute()
  const totals = await selectLineItemTotals(db, tenantId, ids).execute()
  return new Map(
    rows.flatMap(({ packages, ever, status }) =>
      packages.map((item) => {
        const told = [...ever, ...totals].filter(({ package_id }) => package_id === item.package_id)
        return [item.package_id, snapshotOf({ item, ever: latest(told), status, now })] as const
      }),
    ),
  )
}

const latest = (told: readonly Counted[]): Counted | undefined =>
  told.toSorted((a, b) => Date.parse(b.as_of) - Date.parse(a.as_of))[0]

function snapshotOf(progress: Progress): Output {
  const { ever, now } = progress
  // nobody has counted yet
  if (!ever) return { snapshot_unavailable_reason: 'SNAPSHOT_TEMPORARILY_UNAVAILABLE' }
  const [pacing_index, delivery_status] = [pacingIndex(progress), statusOf(progress)]
  return {
    snapshot: {
      as_of: ever.as_of,
      staleness_seconds: Math.max(0, Math.ceil((now.getTime() - Date.parse(ever.as_of)) / 1000)),
      impressions: Number(ever.impressions),
      spend: Number(ever.spend),
      ...(ever.clicks !== null && { clicks: Number(ever.clicks) }),
      ...(pacing_index !== undefined && { pacing_index }),
      ...(delivery_status !== undefined && { delivery_status }),
    },
  }
}

/** A package that should run is not delivering when its ad server says so, or has shown nothing for longer than figures take. */
function statusOf(progress: Progress): string | undefined {
  const { item, ever } = progress
  const status = deliveryStatus({ ...progress, item: { ...item, not_serving: false } })
  const silentSince = Date.parse(item.start_time) + delayOf(item)
  const silent = ever?.impressions === '0' && Date.parse(ever.as_of) >= silentSince
  return status === 'delivering' && (silent || item.not_serving) ? 'not_delivering' : status
}
