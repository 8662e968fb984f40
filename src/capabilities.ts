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

/**
 * What one ad server can do. The worker writes it to adapter_configs.capabilities; tools read it there,
 * so a request never has to ask the ad server (or import its adapter).
 */
export const Capabilities = z.object({
  pricing_models: z.array(z.enum(['cpm', 'vcpm', 'cpc', 'cpcv', 'cpv', 'cpp', 'cpa', 'flat_rate', 'time'])),
  delivery_types: z.array(z.enum(['guaranteed', 'non_guaranteed'])),
  targeting: z.array(z.enum(targetingFields)),
  approval: z.enum(['none', 'polled']),
  /** How long after we stopped listening an order we sent may still turn up. Until then "not found" proves nothing. */
  answer_lag_seconds: z.number().nonnegative(),
})
export type Capabilities = z.infer<typeof Capabilities>
