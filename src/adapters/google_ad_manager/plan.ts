import {
  AdapterError,
  refuseShortfalls,
  type ApprovedBuy,
  type ApprovedPackage,
  type PlannedStep,
} from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { beginning } from '../../plain_line.ts'
import { parseProductConfig, type ProductConfig, type Settings } from './config.ts'
import { lineItemOf } from './line_item.ts'
import { toMicros } from './money.ts'
import { placesOf, type Places } from './targeting/geo.ts'
import { parseOverlay, type Overlay } from './targeting/overlay.ts'
import type { Sent } from './wsdl/canonical.ts'

/** What a line item needs from the network before it can be written: the ids of what we know by name. */
export interface LookUps {
  places: Places
  device_types: { include: string[]; exclude: string[] }
  platforms: string[]
  languages: string[]
  key_values: { include: Record<string, string[]>; exclude: Record<string, string[]> }
}
export interface OrderBody {
  order: { name: string; poNumber: string | null }
  currency: string
  /** Whose order it is; without an id, the advertiser of that name. */
  advertiser: { id: string | null; name: string; create: boolean }
  /** Of every package: looked up before the order is made, so that a name Google does not know leaves nothing behind. */
  look_up: LookUps[]
}
export interface LineItemBody {
  line_item: Sent
  flight: { start_time: string; end_time: string }
  look_up: LookUps
  currency: string
  /** What the whole flight costs, in millionths, where it is sold by the day. */
  flat_micros: string | null
}

/**
 * The steps that book this buy: an order whose name holds our key, a line item for each package with our key as its externalId, and
 * the approval of the order. Pure: ids and the network's clock are looked up when a step is carried out.
 */
export function planFulfilment(
  buy: ApprovedBuy,
  settings: Settings,
  capabilities: Capabilities,
): PlannedStep[] {
  refuseShortfalls(capabilities, buy)
  const key = `adcp:${buy.media_buy_id}`
  const items = buy.packages.map((pkg) => ({ pkg, body: lineItemBody(pkg, buy, settings) }))
  const body = orderBody(
    buy,
    key,
    settings,
    items.map((item) => item.body.look_up),
  )
  return [
    { kind: 'create_order', external_key: key, package_id: null, body: { ...body } },
    ...items.map(({ pkg: { package_id }, body: item }): PlannedStep => ({
      kind: 'create_line_item',
      external_key: `${key}:${package_id}`,
      package_id,
      body: { ...item },
    })),
    { kind: 'await_approval', external_key: key, package_id: null, body: {} },
  ]
}

function orderBody(buy: ApprovedBuy, key: string, settings: Settings, look_up: LookUps[]): OrderBody {
  const { po_number } = buy
  if (po_number !== null && po_number.length > 63)
    throw new AdapterError(
      'permanent',
      'unsupported_po_number',
      'po_number: Google Ad Manager takes 63 characters at most',
    )
  const ending = ` [${key}]`
  return {
    order: { name: beginning(buy.name, 255 - ending.length) + ending, poNumber: po_number },
    currency: buy.currency,
    advertiser: {
      id: buy.advertiser_id ?? settings.advertiser_id,
      name: buy.brand_domain,
      create: settings.create_advertisers,
    },
    look_up,
  }
}

/** The body of a line item as it is made, and as it is changed. @throws AdapterError for what Google cannot do. */
export function lineItemBody(
  pkg: ApprovedPackage,
  { currency }: Pick<ApprovedBuy, 'currency'>,
  settings: Settings,
): LineItemBody {
  const config = parseProductConfig(pkg)
  const overlay = parseOverlay(pkg)
  const byTheDay = pkg.pricing_model === 'flat_rate' || pkg.pricing_model === 'time'
  return {
    line_item: withoutHoles(lineItemOf(pkg, config, overlay, currency, settings)),
    flight: { start_time: pkg.start_time, end_time: pkg.end_time },
    look_up: lookUps(overlay, config, pkg.package_id),
    currency,
    flat_micros: byTheDay ? toMicros(pkg.budget, `package ${pkg.package_id}: budget`).toString() : null,
  }
}

function lookUps(overlay: Overlay, config: ProductConfig, packageId: string): LookUps {
  return {
    places: placesOf(overlay, packageId),
    device_types: { include: overlay.device_type ?? [], exclude: overlay.device_type_exclude ?? [] },
    platforms: overlay.device_platform ?? [],
    languages: overlay.language ?? [],
    key_values: { include: sorted(config.key_values), exclude: sorted(config.excluded_key_values) },
  }
}

// the same configuration written in another order must give the same plan
function sorted(keyValues: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(keyValues).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function withoutHoles(item: Sent): Sent {
  return JSON.parse(JSON.stringify(item)) as Sent
}
