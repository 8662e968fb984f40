import { z } from 'zod'
import { alsoA, country } from './request_schemas.ts'

const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).optional()
const text = z.string().min(1).max(255)
const regions = list(z.string().regex(/^[A-Z]{2}-[A-Z0-9]{1,3}$/, 'an ISO 3166-2 code such as DE-BY'))
const duration = z.strictObject({
  interval: z.number().int().min(1),
  unit: z.enum(['seconds', 'minutes', 'hours', 'days', 'campaign']),
})
const metros = list(
  z.strictObject({
    system: z.enum(['nielsen_dma', 'uk_itl1', 'uk_itl2', 'eurostat_nuts2', 'custom']),
    values: z.array(text).min(1),
  }),
)
const postalAreas = list(
  z.strictObject({ country: country.optional(), system: text, values: z.array(text).min(1) }),
)
const deviceTypes = list(z.enum(['desktop', 'mobile', 'tablet', 'ctv', 'dooh', 'unknown']))

/** A list kept at another agent (core/property-list-ref.json and its like). */
export const listRef = z.looseObject({
  agent_url: z.url(),
  list_id: z.string().min(1),
  auth_token: z.string().optional(),
})

const frequencyCap = z
  .looseObject({
    suppress: duration.optional(),
    suppress_minutes: z.number().min(0).optional(),
    max_impressions: z.number().int().min(1).optional(),
    per: z.enum(['individuals', 'households', 'devices', 'accounts', 'cookies', 'custom']).optional(),
    window: duration.optional(),
  })
  .refine(
    ({ suppress, suppress_minutes, max_impressions }) =>
      suppress !== undefined || suppress_minutes !== undefined || max_impressions !== undefined,
    { error: 'give suppress, or max_impressions with per and window' },
  )
  .refine(
    ({ max_impressions, per, window }) =>
      [max_impressions, per, window].every((one) => one === undefined) ||
      [max_impressions, per, window].every((one) => one !== undefined),
    { error: 'max_impressions, per and window go together' },
  )

const daypart = z.strictObject({
  days: z
    .array(z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']))
    .min(1),
  start_hour: z.number().int().min(0).max(23),
  end_hour: z.number().int().min(1).max(24),
  label: z.string().optional(),
})

/** The parts of core/targeting.json an ad server of ours may carry out; others are refused wherever they are not known. */
const known = z.looseObject({
  geo_countries: list(country),
  geo_countries_exclude: list(country),
  geo_regions: regions,
  geo_regions_exclude: regions,
  geo_metros: metros,
  geo_metros_exclude: metros,
  geo_postal_areas: postalAreas,
  geo_postal_areas_exclude: postalAreas,
  daypart_targets: list(daypart),
  frequency_cap: frequencyCap.optional(),
  device_platform: list(
    z.enum(
      // prettier-ignore
      ['ios', 'android', 'windows', 'macos', 'linux', 'chromeos', 'tvos', 'tizen', 'webos', 'fire_os', 'roku_os', 'unknown'],
    ),
  ),
  device_type: deviceTypes,
  device_type_exclude: deviceTypes,
  language: list(z.string().regex(/^[a-z]{2}$/, 'an ISO 639-1 code such as de')),
  audience_include: list(text),
  audience_exclude: list(text),
  property_list: listRef.optional(),
  collection_list: listRef.optional(),
  collection_list_exclude: listRef.optional(),
})

/** Whom to reach (core/targeting.json). Published with its most used field only. */
export const targetingOverlay = z
  .looseObject({ geo_countries: list(country) })
  .superRefine(alsoA(known))
  .describe('For example {"geo_countries": ["DE"], "language": ["de"]}.')
