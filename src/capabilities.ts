import { z } from 'zod'

/** The parts of AdCP's targeting_overlay an ad server may be able to carry out (core/targeting.json). */
export const targetingFields = [
  'geo_countries',
  'geo_countries_exclude',
  'geo_regions',
  'geo_regions_exclude',
  'geo_metros',
  'geo_metros_exclude',
  'geo_postal_areas',
  'geo_postal_areas_exclude',
  'geo_proximity',
  'daypart_targets',
  'frequency_cap',
  'device_platform',
  'device_type',
  'device_type_exclude',
  'language',
  'audience_include',
  'audience_exclude',
  'keyword_targets',
  'negative_keywords',
  'property_list',
  'collection_list',
  'collection_list_exclude',
] as const

/** The changes of a booked order an ad server may be able to carry out. What it cannot, a person at the publisher does by hand. */
export const changes = [
  'pause',
  'resume',
  'cancel',
  'add_package',
  'cancel_package',
  'budget',
  'impressions',
  'dates',
  'targeting',
  'bid_price',
  'pacing',
  'add_creatives',
  'remove_creatives',
  'creative_weights',
] as const

/** What an ad server holds that is read page by page. */
export const readKinds = [
  'ad_units',
  'placements',
  'targeting_keys',
  'targeting_values',
  'audience_segments',
  'orders',
  'line_items',
] as const
export type ReadKind = (typeof readKinds)[number]
/** What is kept of an ad server: what it holds, and the facts of its network. */
export const syncKinds = ['network', ...readKinds] as const
export type SyncKind = (typeof syncKinds)[number]

/**
 * What one ad server can do. The worker writes it to adapter_configs.capabilities; tools read it there,
 * so a request never has to ask the ad server (or import its adapter).
 */
export const Capabilities = z.object({
  pricing_models: z.array(z.enum(['cpm', 'vcpm', 'cpc', 'cpcv', 'cpv', 'cpp', 'cpa', 'flat_rate', 'time'])),
  delivery_types: z.array(z.enum(['guaranteed', 'non_guaranteed'])),
  targeting: z.array(z.enum(targetingFields)),
  pacing: z.array(z.enum(['even', 'asap', 'front_loaded'])),
  /** Whether a buyer's own price can be booked, as auction options need. */
  bids: z.boolean(),
  /** Whether packages of one buy may run on different dates. */
  package_flights: z.boolean(),
  approval: z.enum(['none', 'polled']),
  changes: z.array(z.enum(changes)),
  /** By all workers together; null: as many as there are. */
  calls_per_second: z.number().positive().nullable(),
  /** How long after we stopped listening an order we sent may still turn up. Until then "not found" proves nothing. */
  answer_lag_seconds: z.number().nonnegative(),
  /** How long after something was delivered a report holds it, at the latest; left out: at once. */
  report_lag_minutes: z.number().nonnegative().optional(),
  /** How fine its reports tell delivery; left out: it makes none, and tells no more than what a line item delivered in all. */
  reports: z.enum(['hours', 'days']).optional(),
  /** How long ago what it says a line item delivered in all was counted, at the most; left out: it counts as it speaks. */
  stats_lag_minutes: z.number().nonnegative().optional(),
  /** What of it can be read, and whether the ad server also tells only `changes` since a time, or no more than the `whole`. */
  reads: z.partialRecord(z.enum(syncKinds), z.enum(['whole', 'changes'])).default({}),
  /** Whether it can say how much there is to sell: what is `left` beside everything booked there, or `all` of it. */
  forecasts: z.enum(['left', 'all']).optional(),
  /**
   * Which field of a product's ad_server_config names the inventory it is sold on: by id, or by an object that has a number for each
   * level from the top, where ids are spelled `level:number`.
   */
  picks: z
    .partialRecord(
      z.enum(['ad_units', 'placements']),
      z.union([
        z.object({ field: z.string(), ids: z.enum(['text', 'number']) }),
        z.object({ field: z.string(), levels: z.record(z.string(), z.string()) }),
      ]),
    )
    .optional(),
  /**
   * Where its own pages show an order to people, with `{order}` for the order's id and, if they need it, `{advertiser}` for that of its
   * advertiser; left out: not known.
   */
  order_page: z.string().startsWith('https://').optional(),
})
export type Capabilities = z.infer<typeof Capabilities>

/** What a package asks of its ad server. */
export interface Demand {
  pricing_model: Capabilities['pricing_models'][number]
  delivery_type: Capabilities['delivery_types'][number]
  bids: boolean
  pacing: Capabilities['pacing'][number]
  own_flight: boolean
  targeting: readonly string[]
}
/** The first part of a demand that cannot be met, and for targeting which. */
export type Shortfall =
  | { part: 'pricing_model' | 'delivery_type' | 'bid_price' | 'pacing' | 'start_time' }
  | { part: 'targeting'; name: string }

/** What of a demand an ad server cannot carry out; the request side refuses it for that, and so does every adapter's plan. */
export function shortfalls(able: Capabilities, demand: Demand): Shortfall[] {
  const found: Shortfall[] = []
  if (!able.pricing_models.includes(demand.pricing_model)) found.push({ part: 'pricing_model' })
  if (!able.delivery_types.includes(demand.delivery_type)) found.push({ part: 'delivery_type' })
  if (demand.bids && !able.bids) found.push({ part: 'bid_price' })
  if (!able.pacing.includes(demand.pacing)) found.push({ part: 'pacing' })
  if (demand.own_flight && !able.package_flights) found.push({ part: 'start_time' })
  const known: readonly string[] = able.targeting
  const unknown = demand.targeting.filter((name) => !known.includes(name))
  return [...found, ...unknown.map((name): Shortfall => ({ part: 'targeting', name }))]
}
