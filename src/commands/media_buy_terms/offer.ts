import { sql } from 'kysely'
import { refersTo } from '../../adcp/agent_url.ts'
import type { MeasurementTerms, PerformanceStandard } from '../../adcp/terms.ts'
import { Capabilities } from '../../capabilities.ts'
import { compiled } from '../../db/compiled.ts'
import type { ReadDb } from '../../db/database.ts'
import { knownFormats } from '../../queries/known_formats.ts'
import { isMeantFor, mayKnow } from '../../queries/on_sale.ts'
import type { ApprovalPolicy, DeliveryType, PricingModel } from '../../db/schema.ts'

/** A product as a purchase is checked against it, with its prices and what its ad server can do. */
export interface Offer {
  product_id: string
  name: string
  delivery_type: DeliveryType
  approval_policy: ApprovalPolicy
  connection_id: string
  channels: string[]
  countries: string[]
  format_ids: { agent_url: string; id: string }[]
  available_from: Date | null
  available_until: Date | null
  min_flight_days: number
  lead_days: number
  daily_capacity: string | null
  /** False in the sandbox, where nobody takes anything from anybody. */
  runs_out: boolean
  measurement_terms: MeasurementTerms | null
  performance_standards: PerformanceStandard[] | null
  archived: boolean
  /** A domain it is on does not let it be sold any more. */
  withheld: boolean
  capabilities: Capabilities | undefined
  pricing_options: OfferPrice[]
}
export interface OfferPrice {
  pricing_option_id: string
  pricing_model: PricingModel
  currency: string
  fixed_price: string | null
  floor_price: string | null
  price_guidance: Record<string, number> | null
  min_spend_per_package: string | null
  time_unit: 'hour' | 'day' | 'week' | 'month' | null
  min_duration: number | null
  max_duration: number | null
}

/** Whose offers they are; null in allowed_product_ids: everything on sale. */
export interface Buyer {
  tenant_id: string
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
}

/** The products of these ids this principal may know of, by id; archived ones too, so that it can be told they are gone. */
export function readOffers(db: ReadDb, buyer: Buyer, productIds: readonly string[]) {
  return read(db, buyer, productIds, false)
}

/** The products of what it has bought: they are what they were, also where this buyer would be offered them no more. */
export function readStandingOffers(db: ReadDb, buyer: Buyer, productIds: readonly string[]) {
  return read(db, { ...buyer, allowed_product_ids: null }, productIds, true)
}

async function read(
  db: ReadDb,
  { tenant_id, principal_id, sandbox, allowed_product_ids }: Buyer,
  product_ids: readonly string[],
  bought: boolean,
): Promise<Map<string, Offer>> {
  const buyer = { tenant_id, principal_id, sandbox, allowed_product_ids }
  const rows = await selectOffers(db, { buyer, product_ids, bought })
  const offers = rows.map(({ capabilities, ...row }): [string, Offer] => [
    row.product_id,
    {
      ...row,
      capabilities: Capabilities.safeParse(capabilities).data,
      runs_out: !sandbox,
    },
  ])
  return new Map(offers)
}

interface Asked {
  buyer: Buyer
  product_ids: readonly string[]
  /** What it has bought may be known whatever is offered now. */
  bought: boolean
}

const selectOffers = compiled((db, { buyer, product_ids, bought }: Asked) =>
  db
    .selectFrom('products as p')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'p.connection_id')
    .where('p.tenant_id', '=', buyer.tenant_id)
    .where(sql<boolean>`p.product_id = any(${product_ids}::text[])`)
    .where(bought ? isMeantFor(buyer) : mayKnow(buyer))
    .select([
      'p.product_id',
      'p.name',
      'p.delivery_type',
      'p.approval_policy',
      'p.connection_id',
      'p.channels',
      'p.countries',
      knownFormats.as('format_ids'),
      'p.available_from',
      'p.available_until',
      'p.min_flight_days',
      'p.lead_days',
      'p.daily_capacity',
      sql<MeasurementTerms | null>`p.details->'measurement_terms'`.as('measurement_terms'),
      sql<PerformanceStandard[] | null>`p.details->'performance_standards'`.as('performance_standards'),
      'connection.capabilities',
      (bought ? sql<boolean>`not ${mayKnow(buyer)}` : sql<boolean>`false`).as('withheld'),
      sql<boolean>`p.archived_at is not null or connection.archived_at is not null`.as('archived'),
      sql<OfferPrice[]>`(
        select coalesce(json_agg(json_build_object(
          'pricing_option_id', o.pricing_option_id, 'pricing_model', o.pricing_model, 'currency', o.currency,
          'fixed_price', o.fixed_price::text, 'floor_price', o.floor_price::text,
          'price_guidance', o.price_guidance,
          'min_spend_per_package', o.min_spend_per_package::text, 'time_unit', o.parameters->>'time_unit',
          'min_duration', o.parameters->'min_duration', 'max_duration', o.parameters->'max_duration')), '[]')
        from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id)`.as(
        'pricing_options',
      ),
    ]),
)

/** The formats a package is sold with: those named, with their agent_url filled in; all of the product's when none was named. */
export function chosenFormats(
  { format_ids }: Offer,
  named: readonly { agent_url?: string | undefined; id: string }[] | undefined,
): Offer['format_ids'] {
  if (!named) return format_ids
  return named.flatMap((ref) => format_ids.filter((format) => refersTo(ref, format)))
}
