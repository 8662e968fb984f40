import english from 'cldr-subdivisions-full/subdivisions/en/en.json' with { type: 'json' }
import { iso31662 } from 'iso-3166'

/** English names by code, as Unicode keeps them (`debe`: Berlin); the standard itself has the names of the place. */
const englishNames: Readonly<Record<string, string>> = english.subdivisions.localeDisplayNames.subdivisions

interface IsoRegion {
  code: string
  names: readonly string[]
}
const byCountry = new Map<string, IsoRegion[]>()
for (const { code, name } of iso31662) {
  const country = code.slice(0, 2)
  const english = englishNames[code.replace('-', '').toLowerCase()]
  const region = { code, names: english === undefined ? [name] : [name, english] }
  byCountry.set(country, [...(byCountry.get(country) ?? []), region])
}

/** The regions of a country, with the names they have. */
export function regionsOf(country: string): readonly IsoRegion[] {
  return byCountry.get(country) ?? []
}

/** True of the ISO 3166-2 codes in force. */
export function isRegion(code: string): boolean {
  return regionsOf(code.slice(0, 2)).some((region) => region.code === code)
}

const fillers = new Set(['of', 'the', 'autonomous'])
const kinds = new Set(
  'state province region district voivodeship oblast krai republic prefecture department county governorate canton community territory parish city'.split(' '), // prettier-ignore
)
/** What two ways of writing one name have in common, the strictest reading first; the last leaves out what kind of place it is. */
const readings: readonly ((name: string) => string)[] = [
  (name) => words(name).join(' '),
  (name) => bag(name, (word) => !fillers.has(word)),
  (name) => bag(name, (word) => !fillers.has(word) && !kinds.has(word)),
]

/** The words of a name in plain lower-case letters: Łódź and Lodz are the same. */
function words(name: string): string[] {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  const letters = plain.replaceAll('ł', 'l').replaceAll('ø', 'o').replaceAll('đ', 'd')
  return letters.match(/\p{L}+/gu) ?? []
}

function bag(name: string, counts: (word: string) => boolean): string {
  return words(name).filter(counts).sort().join(' ')
}

/**
 * Which of these places is meant by an ISO 3166-2 code: the one that has a name of it, read as strictly as finds one. A name two
 * regions of a country share says nothing of either, and two places of one name are none. Undefined where it stays open.
 */
export function placeOfRegion<P extends { name: string }>(code: string, places: readonly P[]): P | undefined {
  const regions = regionsOf(code.slice(0, 2))
  const names = regions.find((region) => region.code === code)?.names ?? []
  for (const read of readings) {
    if (read === readings.at(-1) && !saysAsMuch(names, regions)) return undefined
    const others = regions.flatMap((other) => (other.code === code ? [] : other.names.map(read)))
    const own = names.map(read).filter((name) => name !== '' && !others.includes(name))
    const found = places.filter(({ name }) => own.includes(read(name)))
    if (found.length > 0) return found.length === 1 ? found[0] : undefined
  }
  return undefined
}

/** False of a region that does not say its kind where most others do, as a city among districts: there the kind must match. */
function saysAsMuch(names: readonly string[], regions: readonly IsoRegion[]): boolean {
  const says = (list: readonly string[]) => list.some((name) => words(name).some((word) => kinds.has(word)))
  const saying = regions.filter((region) => says(region.names)).length
  return says(names) || saying * 2 < regions.length
}
