import { iso31661Alpha2ToNumeric } from 'iso-3166'
import type { Call } from '../../adapter.ts'
import type { Client } from '../client.ts'
import type { Place, Places } from '../targeting/geo.ts'
import { placeOfRegion } from '../targeting/regions.ts'
import type { Sent } from '../wsdl/canonical.ts'
import type { Region } from './regions.ts'
import { unknown } from './unknown.ts'

/** Places by the ids `idOf` finds for them; null where none are wanted. */
export async function geoTargeting(
  { include, exclude }: Places,
  idOf: (place: Place) => Promise<string>,
): Promise<Sent | null> {
  if (include.length + exclude.length === 0) return null
  const located = async (places: Place[]) => {
    const found: Sent[] = []
    for (const place of places) found.push({ id: await idOf(place) })
    return found
  }
  return { targetedLocations: await located(include), excludedLocations: await located(exclude) }
}

/** What finding a place takes: the network, and what it lists of a country, which many places share. */
export interface Atlas {
  client: Client
  /** What the publisher says of regions itself. */
  region_ids: Readonly<Record<string, string>>
  regions: (country: string, kind: 'regions' | 'counties') => Promise<Region[]>
}

/** The id a place has in the network. @throws AdapterError('permanent') where it is not listed, or listed twice. */
export async function findPlace(atlas: Atlas, place: Place, call: Call): Promise<string> {
  const [kind, ...rest] = place.split(':')
  const code = rest.join(':')
  const find = async (where: string, bound: Record<string, string | bigint>) => {
    const query = `SELECT Id, Name FROM Geo_Target WHERE ${where} AND Targetable = true`
    const rows = await atlas.client.select(query, bound, call)
    const [row, ...others] = rows
    if (row?.['id'] && others.length === 0) return row['id']
    throw unknown(place, rows.length === 0 ? 'has no such place' : 'has several of that name')
  }
  switch (kind) {
    case 'country':
      // Google numbers countries from 2000 on, as ISO 3166-1 numbers them; not all of them are of its type Country
      return find('Id = :id AND CountryCode = :country', { id: countryId(code), country: code })
    case 'metro':
      // Google numbers Nielsen's areas from 200000 on
      return find("Type = 'DMA_Region' AND Id = :id", { id: 200_000n + BigInt(code) })
    case 'postal': {
      const [country = '', name = ''] = code.split(':')
      return find("Type = 'Postal_Code' AND CountryCode = :country AND Name = :name", { country, name })
    }
    default:
      return atlas.region_ids[code] ?? findRegion(atlas.regions, code)
  }
}

/** An id nothing has, for a code that is no country's. */
const NOWHERE = 0n

function countryId(code: string): bigint {
  const number = iso31661Alpha2ToNumeric[code]
  return number === undefined ? NOWHERE : 2000n + BigInt(number)
}

async function findRegion(regions: Atlas['regions'], code: string): Promise<string> {
  for (const kind of ['regions', 'counties'] as const) {
    const found = placeOfRegion(code, await regions(code.slice(0, 2), kind))
    if (found) return found.id
  }
  throw unknown(`region:${code}`, 'lists no place that is surely this one')
}
