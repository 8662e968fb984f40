import type { Call } from '../../adapter.ts'
import type { Client } from '../client.ts'

/** A row of Google's table of places, as far as a region is told by it. */
export interface Region {
  id: string
  name: string
}

/** Coarse ones first: most codes name one of these, and a country has few of them. */
const few = ['Autonomous_Community', 'Canton', 'Country', 'Department', 'Governorate', 'Prefecture', 'Province', 'Region', 'State', 'Territory', 'Union_Territory'] // prettier-ignore
const many = ['County', 'Municipality']

/** What the network lists of a country between the country and its cities, its counties left out or alone. */
export async function readRegions(
  client: Client,
  country: string,
  kind: 'regions' | 'counties',
  call: Call,
): Promise<Region[]> {
  const types = (kind === 'regions' ? few : many).map((type) => `'${type}'`).join(', ')
  const query = `SELECT Id, Name, CanonicalParentId FROM Geo_Target WHERE CountryCode = :country AND Type IN (${types}) AND Targetable = true`
  const rows = await client.selectAll(query, { country }, call)
  // what has no parent is the country itself
  return rows
    .filter(({ canonicalparentid: parent }) => parent !== '' && parent !== undefined)
    .map(({ id = '', name = '' }) => ({ id, name }))
}
