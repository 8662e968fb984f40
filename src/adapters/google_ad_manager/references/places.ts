import type { Call } from '../../adapter.ts'
import type { Client } from '../client.ts'
import type { Place, Places } from '../targeting/geo.ts'
import { regionName } from '../targeting/regions.ts'
import type { Sent } from '../wsdl/canonical.ts'
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

/** The id a place has in the network. @throws AdapterError('permanent') where it is not listed, or listed twice. */
export async function findPlace(client: Client, place: Place, call: Call): Promise<string> {
  const [kind, ...rest] = place.split(':')
  const code = rest.join(':')
  const find = async (where: string, bound: Record<string, string | bigint>) => {
    const rows = await client.select(
      `SELECT Id, Name FROM Geo_Target WHERE ${where} AND Targetable = true`,
      bound,
      call,
    )
    const [row, ...others] = rows
    if (row?.['id'] && others.length === 0) return row['id']
    throw unknown(place, rows.length === 0 ? 'has no such place' : 'has several of that name')
  }
  switch (kind) {
    case 'country':
      return find("Type = 'Country' AND CountryCode = :country", { country: code })
    case 'metro':
      // Google numbers Nielsen's areas from 200000 on
      return find("Type = 'DMA_Region' AND Id = :id", { id: 200_000n + BigInt(code) })
    case 'postal': {
      const [country = '', name = ''] = code.split(':')
      return find("Type = 'Postal_Code' AND CountryCode = :country AND Name = :name", { country, name })
    }
    default: {
      const types = "Type IN ('State', 'Province', 'Region', 'Territory')"
      const bound = { country: code.slice(0, 2), name: regionName(code) ?? '' }
      return find(`${types} AND CountryCode = :country AND Name = :name`, bound)
    }
  }
}
