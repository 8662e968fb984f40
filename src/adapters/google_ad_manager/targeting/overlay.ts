import { z } from 'zod'
import type { ApprovedPackage } from '../../adapter.ts'
import { cannotTarget } from './refuse.ts'

const Country = z.string().regex(/^[A-Z]{2}$/)
const Region = z.string().regex(/^[A-Z]{2}-[A-Z0-9]{1,3}$/)
const Metro = z.strictObject({
  system: z.literal('nielsen_dma'),
  values: z.array(z.string().regex(/^\d{3}$/)).min(1),
})
const PostalArea = z.strictObject({
  country: Country.optional(),
  system: z.string(),
  values: z.array(z.string().min(1)).min(1),
})
export type PostalArea = z.infer<typeof PostalArea>
const Day = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])
const Daypart = z
  .strictObject({
    days: z.array(Day).min(1),
    start_hour: z.int().min(0).max(23),
    end_hour: z.int().min(1).max(24),
    label: z.string().optional(),
  })
  .refine(({ start_hour, end_hour }) => end_hour > start_hour, 'end_hour must be after start_hour')
export type Daypart = z.infer<typeof Daypart>
const Duration = z.strictObject({
  interval: z.int().positive(),
  unit: z.enum(['seconds', 'minutes', 'hours', 'days', 'campaign']),
})
export type Duration = z.infer<typeof Duration>
const FrequencyCap = z.strictObject({
  suppress: Duration.optional(),
  suppress_minutes: z.int().positive().optional(),
  max_impressions: z.int().positive().optional(),
  // a household or an account is nobody Google can count
  per: z.enum(['individuals', 'devices', 'cookies']).optional(),
  window: Duration.optional(),
})
export type OverlayCap = z.infer<typeof FrequencyCap>
const DeviceType = z.enum(['desktop', 'mobile', 'tablet', 'ctv'])
const Platform = z.enum([
  'ios',
  'android',
  'windows',
  'macos',
  'linux',
  'chromeos',
  'tvos',
  'tizen',
  'webos',
  'fire_os',
  'roku_os',
])

/** The parts of AdCP's targeting_overlay Google can carry out, in the forms it can (core/targeting.json of AdCP 3.0 and 3.1). */
const Overlay = z.strictObject({
  geo_countries: z.array(Country).min(1).optional(),
  geo_countries_exclude: z.array(Country).min(1).optional(),
  geo_regions: z.array(Region).min(1).optional(),
  geo_regions_exclude: z.array(Region).min(1).optional(),
  geo_metros: z.array(Metro).min(1).optional(),
  geo_metros_exclude: z.array(Metro).min(1).optional(),
  geo_postal_areas: z.array(PostalArea).min(1).optional(),
  geo_postal_areas_exclude: z.array(PostalArea).min(1).optional(),
  daypart_targets: z.array(Daypart).min(1).optional(),
  frequency_cap: FrequencyCap.optional(),
  device_type: z.array(DeviceType).min(1).optional(),
  device_type_exclude: z.array(DeviceType).min(1).optional(),
  device_platform: z.array(Platform).min(1).optional(),
  language: z
    .array(z.string().regex(/^[a-z]{2}$/))
    .min(1)
    .optional(),
})
export type Overlay = z.infer<typeof Overlay>

/** What capabilities claim: the fields of the overlay above. */
export const overlayFields = Overlay.keyof().options

/** A package's targeting. @throws AdapterError('permanent') naming the first part Google has no form for. */
export function parseOverlay({ package_id, targeting_overlay }: ApprovedPackage): Overlay {
  const result = Overlay.safeParse(targeting_overlay)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const keys = issue && 'keys' in issue ? issue.keys : []
  throw cannotTarget(
    package_id,
    [...(issue?.path ?? []), ...keys].join('.'),
    issue?.message ?? 'it is not known',
  )
}
