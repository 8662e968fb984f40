import { z } from 'zod'
import { AdapterError, type ApprovedPackage } from '../adapter.ts'

const Country = z.string().regex(/^[A-Z]{2}$/)
/** Kevel's codes of regions are those of ISO 3166-2 in the United States; elsewhere they were not to be verified. */
const Region = z.string().regex(/^US-[A-Z]{2}$/, 'only regions of the US are known there (US-CA)')
const Keyword = z.strictObject({
  // dev.kevel.com/docs/keyword-targeting: what separates and negates keywords cannot be in one
  keyword: z.string().min(1).max(256).regex(/^[^,:!~\r\n]*$/, 'must not hold , : ! ~ or line breaks'), // prettier-ignore
  match_type: z.literal('exact', 'only exact matches can be targeted there'),
})
const Duration = z.strictObject({
  interval: z.int().positive(),
  unit: z.enum(['seconds', 'minutes', 'hours', 'days']),
})
const FrequencyCap = z.strictObject({
  suppress: Duration.optional(),
  suppress_minutes: z.int().positive().optional(),
  max_impressions: z.int().positive().optional(),
  // a household or an account is nobody Kevel can count
  per: z.enum(['individuals', 'devices', 'cookies']).optional(),
  window: Duration.optional(),
})

/** The parts of AdCP's targeting_overlay Kevel can carry out, in the forms it can (core/targeting.json of AdCP 3.0 and 3.1). */
const Overlay = z.strictObject({
  geo_countries: z.array(Country).min(1).optional(),
  geo_countries_exclude: z.array(Country).min(1).optional(),
  geo_regions: z.array(Region).min(1).optional(),
  geo_regions_exclude: z.array(Region).min(1).optional(),
  keyword_targets: z.array(Keyword).min(1).optional(),
  negative_keywords: z.array(Keyword).min(1).optional(),
  frequency_cap: FrequencyCap.optional(),
})
type Overlay = z.infer<typeof Overlay>

/** What capabilities claim. */
export const overlayFields = Overlay.keyof().options

/** A package's targeting as fields of a flight. @throws AdapterError('permanent') naming the first part Kevel has no form for */
export function targetingOf({ package_id, targeting_overlay }: ApprovedPackage) {
  const result = Overlay.safeParse(targeting_overlay)
  if (!result.success) {
    const [issue] = result.error.issues
    const keys = issue && 'keys' in issue ? issue.keys : []
    throw cannotTarget(package_id, [...(issue?.path ?? []), ...keys].join('.'), issue?.message ?? 'not known')
  }
  const GeoTargeting = placesOf(result.data, package_id)
  const Keywords = keywordsOf(result.data)
  return {
    ...(GeoTargeting.length === 0 ? {} : { GeoTargeting }),
    ...(Keywords === '' ? {} : { Keywords }),
    ...frequencyCap(result.data.frequency_cap, package_id),
  }
}

/** AdCP means that every part restricts, Kevel adds places up: so regions go instead of the countries they lie in. */
function placesOf(overlay: Overlay, packageId: string) {
  const { geo_countries: countries, geo_regions: regions } = overlay
  const inside = regions?.filter((code) => !countries || countries.includes(code.slice(0, 2)))
  if (inside?.length === 0)
    throw cannotTarget(packageId, 'geo_regions', 'none of them lies in the countries named')
  const excluded = [...(overlay.geo_countries_exclude ?? []), ...(overlay.geo_regions_exclude ?? [])]
  return [
    ...(inside ?? countries ?? []).map((code) => ({ ...place(code), IsExclude: false })),
    ...excluded.map((code) => ({ ...place(code), IsExclude: true })),
  ]
}

function place(code: string) {
  const [CountryCode, Region] = code.split('-')
  return Region === undefined ? { CountryCode } : { CountryCode, Region }
}

/** dev.kevel.com/docs/keyword-logic: one of the lines must match, and none of those that begin with an exclamation mark. */
function keywordsOf({ keyword_targets = [], negative_keywords = [] }: Overlay): string {
  const wanted = keyword_targets.map(({ keyword }) => keyword)
  const unwanted = negative_keywords.map(({ keyword }) => `!${keyword}`)
  return [...wanted, ...unwanted].join('\n')
}

/** dev.kevel.com/docs/frequency-capping-1: one cap a flight, for no longer than these. */
const spans = {
  hours: { FreqCapType: 1, longest: 168 },
  days: { FreqCapType: 2, longest: 180 },
  minutes: { FreqCapType: 3, longest: 4400 },
} as const

function frequencyCap(cap: Overlay['frequency_cap'], packageId: string) {
  if (!cap) return {}
  const { suppress_minutes, max_impressions, window } = cap
  const suppress =
    cap.suppress ??
    (suppress_minutes === undefined ? undefined : { interval: suppress_minutes, unit: 'minutes' as const })
  const counted = max_impressions !== undefined && window !== undefined
  if (suppress !== undefined && counted)
    throw cannotTarget(packageId, 'frequency_cap', 'there is one cap a flight: suppress or max_impressions')
  const span = suppress ?? (counted ? window : undefined)
  if (!span)
    throw cannotTarget(
      packageId,
      'frequency_cap',
      'it needs suppress, or max_impressions with per and window',
    )
  const { interval, unit } = span.unit === 'seconds' ? inMinutes(span.interval, packageId) : span
  const { FreqCapType, longest } = spans[unit as keyof typeof spans]
  if (interval > longest)
    throw cannotTarget(packageId, 'frequency_cap', `it lasts ${longest} ${unit} at most`)
  return { IsFreqCap: true, FreqCap: suppress ? 1 : max_impressions, FreqCapDuration: interval, FreqCapType }
}

function inMinutes(seconds: number, packageId: string) {
  if (seconds % 60 === 0) return { interval: seconds / 60, unit: 'minutes' as const }
  throw cannotTarget(packageId, 'frequency_cap', 'it counts in whole minutes')
}

function cannotTarget(packageId: string, field: string, why: string): AdapterError {
  const message = `package ${packageId}: targeting_overlay.${field} cannot be carried out on Kevel: ${why}.`
  return new AdapterError('permanent', 'unsupported_targeting', message)
}
