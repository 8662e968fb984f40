import type { Insertable } from 'kysely'
import { compiledWrite } from '../../db/compiled.ts'
import type { Trx } from '../../db/database.ts'
import type { DB } from '../../db/schema.ts'
import { withoutTokens } from '../../adcp/request_hash.ts'
import { assignCreatives } from '../assign_creatives.ts'
import type { AgreedPackage } from './draft.ts'
import { chosenFormats } from './offer.ts'
import { reservationsOf } from './reserve.ts'

interface Buy {
  tenant_id: string
  principal_id: string
  media_buy_id: string
}

/** Writes what was agreed as packages of a media buy, with the creatives they show and what they hold. `first` is the first one's position. */
export async function addPackages(
  trx: Trx,
  { tenant_id, principal_id, media_buy_id }: Buy,
  packages: readonly AgreedPackage[],
  first: number,
  now: Date,
): Promise<void> {
  if (packages.length === 0) return
  const rows = packages.map((item, i) => packageRow(item, first + i, tenant_id, media_buy_id))
  const reservations = reservationsOf(tenant_id, packages)
  await Promise.all([
    insertPackages(trx, { rows }),
    assignCreatives(trx, principal_id, packages.flatMap(assignmentsOf), now),
    reservations.length > 0 && trx.insertInto('reservations').values(reservations).execute(),
  ])
}

const insertPackages = compiledWrite((db, { rows }: { rows: Insertable<DB['media_packages']>[] }) =>
  db.insertInto('media_packages').values(rows),
)

function packageRow(item: AgreedPackage, position: number, tenant_id: string, media_buy_id: string) {
  const { package_id, request, offer, price, flight, budget } = item
  return {
    package_id,
    tenant_id,
    media_buy_id,
    position,
    product_id: offer.product_id,
    pricing_option_id: price.pricing_option_id,
    connection_id: offer.connection_id,
    pricing_model: price.pricing_model,
    price: price.fixed_price,
    bid_price: price.fixed_price === null ? (request.bid_price ?? null) : null,
    budget: budget.toFixed(2),
    impressions: item.impressions,
    pacing: request.pacing ?? 'even',
    paused: request.paused ?? false,
    start_time: flight.start,
    end_time: flight.end,
    format_ids: JSON.stringify(chosenFormats(offer, request.format_ids)),
    targeting_overlay: request.targeting_overlay
      ? JSON.stringify(withoutTokens(request.targeting_overlay))
      : null,
    measurement_terms: item.measurement_terms ? JSON.stringify(item.measurement_terms) : null,
    performance_standards: item.performance_standards ? JSON.stringify(item.performance_standards) : null,
    agency_estimate_number: request.agency_estimate_number ?? null,
    context: request.context ? JSON.stringify(request.context) : null,
  }
}

function assignmentsOf({ package_id, request }: AgreedPackage) {
  const creatives = [...(request.creative_assignments ?? []), ...(request.creatives ?? [])]
  return creatives.map(({ creative_id, weight = null }) => ({ creative_id, package_id, weight }))
}
