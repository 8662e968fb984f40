import { isRegion } from './regions.ts'
import type { Overlay, PostalArea } from './overlay.ts'
import { cannotTarget } from './refuse.ts'

/** A place by its code, to be looked up in the network: `country:DE`, `region:US-CA`, `metro:501` or `postal:US:10001`. */
export type Place = `${'country' | 'region' | 'metro' | 'postal'}:${string}`
export interface Places {
  include: Place[]
  exclude: Place[]
}

/** Postal systems by AdCP's old, country-fused names. Where Google has only a coarser or finer code, it is not here. */
const fusedSystems: Readonly<Record<string, string>> = {
  us_zip: 'US',
  gb_outward: 'GB',
  ca_fsa: 'CA',
  de_plz: 'DE',
  fr_code_postal: 'FR',
  au_postcode: 'AU',
  ch_plz: 'CH',
  at_plz: 'AT',
}
const wholeCodes = new Set([
  'postal_code',
  'zip',
  'outward',
  'fsa',
  'plz',
  'code_postal',
  'postcode',
  'cep',
  'pin',
])

/**
 * The places a package is for. AdCP means that every part restricts, Google adds places up: so only the finest part is sent, and
 * of it what lies in the countries named. @throws AdapterError('permanent') for a combination that needs more than that.
 */
export function placesOf(overlay: Overlay, packageId: string): Places {
  const regions = overlay.geo_regions?.map((code) => regionPlace(code, packageId, 'geo_regions'))
  const metros = overlay.geo_metros?.flatMap(({ values }) => values.map((code): Place => `metro:${code}`))
  const postal = overlay.geo_postal_areas?.flatMap((area) => postalPlaces(area, packageId))
  const finer = [regions, metros, postal].filter((list) => list !== undefined)
  if (finer.length > 1)
    throw cannotTarget(
      packageId,
      'geo_postal_areas',
      'regions, metros and postal areas cannot be narrowed by one another',
    )
  const countries = overlay.geo_countries
  const [finest = countries?.map((code): Place => `country:${code}`) ?? []] = finer
  const include = countries ? finest.filter((place) => countries.includes(countryOf(place))) : finest
  if (finest.length > 0 && include.length === 0)
    throw cannotTarget(packageId, 'geo_countries', 'none of the places named lies in those countries')
  const exclude = excludedPlaces(overlay, packageId)
  const both = include.find((place) => exclude.includes(place))
  if (both) throw cannotTarget(packageId, 'geo_countries', `${both} is both wanted and excluded`)
  return { include: unique(include), exclude: unique(exclude) }
}

function excludedPlaces(overlay: Overlay, packageId: string): Place[] {
  return [
    ...(overlay.geo_countries_exclude?.map((code): Place => `country:${code}`) ?? []),
    ...(overlay.geo_regions_exclude?.map((code) => regionPlace(code, packageId, 'geo_regions_exclude')) ??
      []),
    ...(overlay.geo_metros_exclude?.flatMap(({ values }) => values.map((code): Place => `metro:${code}`)) ??
      []),
    ...(overlay.geo_postal_areas_exclude?.flatMap((area) =>
      postalPlaces(area, packageId, 'geo_postal_areas_exclude'),
    ) ?? []),
  ]
}

function regionPlace(code: string, packageId: string, part: string): Place {
  if (isRegion(code)) return `region:${code}`
  throw cannotTarget(packageId, part, `${code} is no code of ISO 3166-2`)
}

function postalPlaces(
  { country, system, values }: PostalArea,
  packageId: string,
  part = 'geo_postal_areas',
): Place[] {
  const where = country !== undefined && wholeCodes.has(system) ? country : fusedSystems[system]
  if (where === undefined)
    throw cannotTarget(
      packageId,
      part,
      `the system ${system}${country ? ` of ${country}` : ''} is not known there`,
    )
  return values.map((code): Place => `postal:${where}:${code}`)
}

function countryOf(place: Place): string {
  const [kind, code = ''] = place.split(':')
  if (kind === 'metro') return 'US'
  return code.slice(0, 2)
}

const unique = <T>(list: T[]) => [...new Set(list)]
