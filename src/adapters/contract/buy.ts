import { shortfalls, type Capabilities } from '../../capabilities.ts'
import { AdapterError } from './call.ts'

/** A media buy the publisher has accepted: the packages of it that live on one ad server. Money is decimal text. */
export interface ApprovedBuy {
  media_buy_id: string
  revision: number
  name: string
  advertiser_id: string | null
  brand_domain: string
  currency: string
  total_budget: string
  start_time: string
  end_time: string
  po_number: string | null
  packages: readonly ApprovedPackage[]
}
export interface ApprovedPackage {
  package_id: string
  product_id: string
  product_name: string
  delivery_type: 'guaranteed' | 'non_guaranteed'
  pricing_model: Capabilities['pricing_models'][number]
  price: string | null
  bid_price: string | null
  budget: string
  impressions: number | null
  pacing: 'even' | 'asap' | 'front_loaded'
  start_time: string
  end_time: string
  targeting_overlay: Readonly<Record<string, unknown>>
  paused: boolean
  /** Those assigned to it and approved. */
  creatives: readonly ApprovedCreative[]
  ad_server_config: Readonly<Record<string, unknown>>
  /** The fixed sizes of its product's formats, each once; those that adapt to their place have none. */
  sizes: readonly Size[]
}
/** In pixels. */
export interface Size {
  width: number
  height: number
}
export interface ApprovedCreative {
  creative_id: string
  /** Another one whenever what is shown changes. */
  version: string
  name: string
  agent_url: string
  format_id: string
  assets: Readonly<Record<string, unknown>>
  /** null: as often as the others. */
  weight: number | null
}

/** For an adapter's plan: refuses a buy that asks for what the ad server cannot do. @throws AdapterError('permanent') naming the package and the part. */
export function refuseShortfalls(able: Capabilities, buy: ApprovedBuy): void {
  if (buy.packages.length === 0)
    throw new AdapterError('permanent', 'no_packages', 'There is no package to book.')
  for (const item of buy.packages) {
    const own_flight = !sameTime(item.start_time, buy.start_time) || !sameTime(item.end_time, buy.end_time)
    const demand = {
      ...item,
      bids: item.bid_price !== null,
      own_flight,
      targeting: Object.keys(item.targeting_overlay),
    }
    const [missing] = shortfalls(able, demand)
    if (!missing) continue
    const what = missing.part === 'targeting' ? `targeting_overlay.${missing.name}` : missing.part
    throw new AdapterError(
      'permanent',
      `unsupported_${missing.part}`,
      `package ${item.package_id}: ${what} cannot be carried out on this ad server.`,
    )
  }
}

const sameTime = (a: string, b: string) => Date.parse(a) === Date.parse(b)

/**
 * Whose a buy is on an ad server where advertisers have numbers: the buyer's own there, else `otherwise`.
 * @throws AdapterError('needs_human') where nobody has said who that is
 */
export function advertiserNumber(
  { advertiser_id, brand_domain }: ApprovedBuy,
  otherwise: number | null,
): number {
  const id = advertiser_id === null ? otherwise : Number(advertiser_id)
  if (id !== null && Number.isInteger(id)) return id
  const message =
    id === null
      ? `advertiser_id is missing: give ${brand_domain} its advertiser on this ad server, or the connection a default, then try again.`
      : `advertiser_id ${advertiser_id} of ${brand_domain} is not known there: it must be a number. Correct it, then try again.`
  throw new AdapterError('needs_human', 'advertiser_missing', message)
}
