import { AdapterError, type Call } from '../adapter.ts'
import { boundList, type Client, type Network } from './client.ts'
import type { Place, Places } from './targeting/geo.ts'
import { regionName } from './targeting/regions.ts'
import type { LookUps } from './plan.ts'
import type { Sent } from './wsdl/canonical.ts'

/** How long what a network told of itself is taken for granted. */
const KEPT_MS = 3_600_000
const LARGEST_CACHE = 5000
const kept = new Map<string, { value: Promise<unknown>; until: number }>()

export type References = ReturnType<typeof openReferences>

/** What we must know of a network to write to it. Read when first needed, kept for an hour, never part of a plan. */
export function openReferences(client: Client, scope: string) {
  function remember<T>(what: string, read: () => Promise<T>): Promise<T> {
    const key = `${scope} ${what}`
    const known = kept.get(key)
    if (known && known.until > Date.now()) return known.value as Promise<T>
    if (kept.size >= LARGEST_CACHE) kept.clear()
    const value = read()
    kept.set(key, { value, until: Date.now() + KEPT_MS })
    value.catch(() => kept.delete(key))
    return value
  }
  const table = (name: string, columns: string, call: Call) =>
    remember(name, () => client.select(`SELECT ${columns} FROM ${name}`, {}, call))
  const keyValueIds = (call: Call) => (key: string, values: readonly string[]) =>
    remember(`key ${JSON.stringify([key, values])}`, () => findKeyValues(client, key, values, call))
  return {
    network: (call: Call): Promise<Network> => remember('network', () => client.readNetwork(call)),
    user: (call: Call) => remember('user', () => client.readUser(call)),
    /** The id of an advertiser by its id or its name; undefined where there is none, which is not remembered. */
    advertiser: async (idOrName: string, call: Call): Promise<string | undefined> => {
      const found = remember(`advertiser ${idOrName}`, () => findAdvertiser(client, idOrName, call))
      return found.catch((error: unknown) => {
        if (error === noAdvertiser) return undefined
        throw error
      })
    },
    keyValues: (wanted: LookUps['key_values'], call: Call) => customTargeting(wanted, keyValueIds(call)),
    /** What targets all that; nothing is left out. @throws AdapterError('permanent') naming what the network does not know. */
    targeting: async (wanted: LookUps, call: Call): Promise<Sent> => ({
      geoTargeting: await geoTargeting(wanted.places, (place) =>
        remember(place, () => findPlace(client, place, call)),
      ),
      technologyTargeting: await technologyTargeting(wanted, { call, table }),
      customTargeting: await customTargeting(wanted.key_values, keyValueIds(call)),
    }),
  }
}

const noAdvertiser = new AdapterError('needs_human', 'advertiser_missing', 'There is no such advertiser.')

async function findAdvertiser(client: Client, idOrName: string, call: Call): Promise<string> {
  const byId = /^\d{1,19}$/.test(idOrName)
  const where = `${byId ? 'id' : 'name'} = :one AND type IN ('ADVERTISER', 'HOUSE_ADVERTISER', 'AD_NETWORK')`
  const [company] = await client.findCompanies(where, { one: byId ? BigInt(idOrName) : idOrName }, call)
  if (company) return company.id
  throw noAdvertiser
}

async function geoTargeting(
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

async function findPlace(client: Client, place: Place, call: Call): Promise<string> {
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

interface Tables {
  call: Call
  table: (name: string, columns: string, call: Call) => Promise<Record<string, string>[]>
}

async function technologyTargeting(wanted: LookUps, tables: Tables): Promise<Sent | null> {
  const { device_types, platforms, languages } = wanted
  const ids = async (
    list: readonly string[],
    name: string,
    column: string,
    patterns: (word: string) => RegExp,
  ) => {
    if (list.length === 0) return null
    const rows = await tables.table(name, `Id, ${column}`, tables.call)
    return list.flatMap((word) => {
      const found = rows.filter((row) => patterns(word).test(row[column.toLowerCase()] ?? ''))
      if (found.length === 0) throw unknown(word, `lists no ${column} for it`)
      return found.map((row) => ({ id: row['id'] ?? '' }))
    })
  }
  const devices = (list: readonly string[]) =>
    ids(list, 'Device_Category', 'DeviceCategoryName', (word) => deviceNames[word] ?? /^$/)
  const [included, excluded] = [await devices(device_types.include), await devices(device_types.exclude)]
  const systems = await ids(
    platforms,
    'Operating_System',
    'OperatingSystemName',
    (word) => systemNames[word] ?? /^$/,
  )
  const spoken = await ids(languages, 'Browser_Language', 'BrowserLanguageName', languageName)
  if (!included && !excluded && !systems && !spoken) return null
  return {
    browserLanguageTargeting: spoken && { isTargeted: true, browserLanguages: spoken },
    deviceCategoryTargeting:
      included || excluded
        ? { targetedDeviceCategories: included, excludedDeviceCategories: excluded }
        : null,
    operatingSystemTargeting: systems && { isTargeted: true, operatingSystems: systems },
  }
}

/** AdCP's device types by the names Google's table gives them. */
const deviceNames: Readonly<Record<string, RegExp>> = {
  desktop: /^desktop$/i,
  mobile: /^(smart|feature )phone$/i,
  tablet: /^tablet$/i,
  ctv: /^(connected tv|set[- ]?top box)$/i,
}
const systemNames: Readonly<Record<string, RegExp>> = {
  ios: /^(apple )?i(phone )?os$/i,
  android: /^android$/i,
  windows: /\bwindows\b(?!.*(phone|mobile))/i,
  macos: /\bmac/i,
  linux: /^linux/i,
  chromeos: /chrome ?os/i,
  tvos: /\btvos$/i,
  tizen: /tizen/i,
  webos: /web ?os/i,
  fire_os: /^fire ?os/i,
  roku_os: /roku/i,
}
const english = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

function languageName(code: string): RegExp {
  const name = english.of(code)
  return name === undefined ? /^$/ : new RegExp(`^${name}( \\(|$)`, 'i')
}

interface KeyValues {
  keyId: string
  valueIds: string[]
}

async function customTargeting(
  { include, exclude }: LookUps['key_values'],
  idsOf: (key: string, values: readonly string[]) => Promise<KeyValues>,
): Promise<Sent | null> {
  const criteria: Sent[] = []
  for (const [operator, list] of [
    ['IS', include],
    ['IS_NOT', exclude],
  ] as const)
    for (const [key, values] of Object.entries(list))
      criteria.push({ xsi_type: 'CustomCriteria', operator, ...(await idsOf(key, values)) })
  if (criteria.length === 0) return null
  const all = { xsi_type: 'CustomCriteriaSet', logicalOperator: 'AND', children: criteria }
  return { logicalOperator: 'OR', children: [all] }
}

async function findKeyValues(
  client: Client,
  name: string,
  values: readonly string[],
  call: Call,
): Promise<KeyValues> {
  const [key] = await client.findKeys('name = :name', { name }, call)
  if (!key) throw noKeyValue(name)
  const { names, bound } = boundList('value', values)
  const where = `customTargetingKeyId = :key AND name IN (${names})`
  const found = await client.findValues(where, { ...bound, key: BigInt(key.id) }, call)
  const missing = values.find((value) => !found.some((one) => one.name === value))
  if (missing !== undefined) throw noKeyValue(`${name}=${missing}`)
  return { keyId: key.id, valueIds: found.map(({ id }) => id) }
}

function unknown(what: string, why: string): AdapterError {
  const message = `${what} cannot be targeted: the network of this connection ${why}`
  return new AdapterError('permanent', 'unsupported_targeting', message)
}

// key-values stand in the publisher's own configuration, so it is no fault of the buyer's
function noKeyValue(what: string): AdapterError {
  const message = `The network of this connection has no key-value ${what}, which a product’s ad_server_config names.`
  return new AdapterError('config', 'unknown_key_value', message)
}
