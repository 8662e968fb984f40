import type { Call } from '../adapter.ts'
import type { Network } from './answers.ts'
import type { Client } from './client.ts'
import type { LookUps } from './plan.ts'
import { customTargeting, findKeyValues } from './references/key_values.ts'
import { findPlace, geoTargeting, type Atlas } from './references/places.ts'
import { readRegions } from './references/regions.ts'
import { technologyTargeting } from './references/technology.ts'
import type { Sent } from './wsdl/canonical.ts'

/** How long what a network told of itself is taken for granted. */
const KEPT_MS = 3_600_000
const LARGEST_CACHE = 5000
const kept = new Map<string, { value: Promise<unknown>; until: number }>()

export type References = ReturnType<typeof openReferences>

/** What we must know of a network to write to it. Read when first needed, kept for an hour, never part of a plan. */
export function openReferences(client: Client, scope: string, region_ids: Atlas['region_ids']) {
  function remember<T>(what: string, read: () => Promise<T>, keep = (_value: T) => true): Promise<T> {
    const key = `${scope} ${what}`
    const known = kept.get(key)
    if (known && known.until > Date.now()) return known.value as Promise<T>
    if (kept.size >= LARGEST_CACHE) kept.clear()
    const value = read()
    kept.set(key, { value, until: Date.now() + KEPT_MS })
    value.then(
      (one) => keep(one) || kept.delete(key),
      () => kept.delete(key),
    )
    return value
  }
  const table = (name: string, columns: string, call: Call) =>
    remember(name, () => client.selectAll(`SELECT ${columns} FROM ${name}`, {}, call))
  const atlas = (call: Call): Atlas => ({
    client,
    region_ids,
    regions: (country, kind) =>
      remember(`${kind} ${country}`, () => readRegions(client, country, kind, call)),
  })
  const keyValueIds = (call: Call) => (key: string, values: readonly string[]) =>
    remember(`key ${JSON.stringify([key, values])}`, () => findKeyValues(client, key, values, call))
  return {
    network: (call: Call): Promise<Network> => remember('network', () => client.readNetwork(call)),
    user: (call: Call) => remember('user', () => client.readUser(call)),
    /** The id of an advertiser by its id or its name; undefined where there is none, which is not remembered. */
    advertiser: (idOrName: string, call: Call) =>
      remember(
        `advertiser ${idOrName}`,
        () => findAdvertiser(client, idOrName, call),
        (id) => id !== undefined,
      ),
    keyValues: (wanted: LookUps['key_values'], call: Call) => customTargeting(wanted, keyValueIds(call)),
    /** What targets all that; nothing is left out. @throws AdapterError('permanent') naming what the network does not know. */
    targeting: async (wanted: LookUps, call: Call): Promise<Sent> => ({
      geoTargeting: await geoTargeting(wanted.places, (place) =>
        remember(place, () => findPlace(atlas(call), place, call)),
      ),
      technologyTargeting: await technologyTargeting(wanted, { call, table }),
      customTargeting: await customTargeting(wanted.key_values, keyValueIds(call)),
    }),
  }
}

async function findAdvertiser(client: Client, idOrName: string, call: Call): Promise<string | undefined> {
  const byId = /^\d{1,19}$/.test(idOrName)
  const where = `${byId ? 'id' : 'name'} = :one AND type IN ('ADVERTISER', 'HOUSE_ADVERTISER', 'AD_NETWORK')`
  const [company] = await client.findCompanies(where, { one: byId ? BigInt(idOrName) : idOrName }, call)
  return company?.id
}
