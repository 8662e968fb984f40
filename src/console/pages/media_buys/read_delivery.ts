import { deliveryStatus, pacingIndex } from '../../../adcp/package_delivery.ts'
import type { ReadDb } from '../../../db/database.ts'
import { selectDelivery } from '../../../queries/delivery.ts'

/** How a package delivers. */
export interface Pace {
  /** What it is doing, as AdCP names it. */
  doing: string | undefined
  /** 1 is as bought. */
  index: number | undefined
  impressions: string
  clicks: string | null
  spend: string
  /** Counted up to. */
  as_of: Date
  /** What it is measured by: impressions where it has a number of them, else money. */
  measure: 'impressions' | 'budget'
  goal: number
  start: Date
  end: Date
  /** What it delivered on each day, in that measure. */
  days: { day: string; amount: number }[]
}
export interface Delivered {
  impressions: string
  clicks: string | null
  spend: string
  as_of: Date
}

/** What a media buy delivered in all and by package, as far as anybody has counted. */
export async function readDelivery(
  db: ReadDb,
  tenant_id: string,
  media_buy_id: string,
  now: Date,
): Promise<{ all: Delivered | undefined; paces: Map<string, Pace> }> {
  const row = await selectDelivery(db, tenant_id, {}, { package_days: true })
    .where('buy.media_buy_id', '=', media_buy_id)
    .executeTakeFirst()
  const within = row?.within ?? []
  const all = within.find(({ package_id, day }) => package_id === null && day === null)
  const paces = (row?.packages ?? []).flatMap((item): [string, Pace][] => {
    const ever = row?.ever.find(({ package_id }) => package_id === item.package_id)
    if (!row || !ever) return []
    const measure = item.impressions === null ? 'budget' : 'impressions'
    const progress = { item, ever, status: row.status, now }
    const days = within.filter(({ package_id, day }) => package_id === item.package_id && day !== null)
    return [
      [
        item.package_id,
        {
          doing: deliveryStatus(progress),
          index: pacingIndex(progress),
          impressions: ever.impressions,
          clicks: ever.clicks,
          spend: ever.spend,
          as_of: new Date(ever.as_of),
          measure,
          goal: Number(item.impressions ?? item.budget),
          start: new Date(item.start_time),
          end: new Date(item.end_time),
          days: days.map(({ day, impressions, spend }) => ({
            day: day ?? '',
            amount: Number(measure === 'budget' ? spend : impressions),
          })),
        },
      ],
    ]
  })
  return { all: all && { ...all, as_of: new Date(all.as_of) }, paces: new Map(paces) }
}
