import {
  currencyFinding,
  openFindings,
  productFinding,
  type Call,
  type ConnectionFinding,
  type Sold,
} from '../adapter.ts'
import type { Client } from './client.ts'
import { parseProductConfig, type ProductConfig, type Settings } from './config.ts'
import type { Network } from './steps/network.ts'

const DAY_MS = 86_400_000
/** From here on somebody should be told that the version of the API ends. */
const SOON_DAYS = 60

/**
 * What a publisher should know of a connection before it sells over it: who we are there, in which money and time, what we may see,
 * whether what products name exists, and how long Google keeps the version of the API. Reads only.
 */
export async function checkConnection(
  network: Network,
  sold: Sold,
  call: Call,
): Promise<ConnectionFinding[]> {
  const { client, references, settings } = network
  const { findings, look } = openFindings([checkVersion(settings, Date.now())])
  const known = await look('network', async () => {
    const { displayName, networkCode, isTest } = await references.network(call)
    return `${displayName} (${networkCode})${isTest ? ', a test network: it serves nothing' : ''}`
  })
  // without a network there is nothing further to ask
  if (!known) return findings
  await look('user', async () => {
    const { name, email, roleName } = await references.user(call)
    const approves =
      settings.approval === 'approve' ? 'approves orders, or submits them where it may not' : 'submits orders'
    return `${name} (${email}), ${roleName || 'no role'}; ${approves}`
  })
  await look('time zone', async () => (await references.network(call)).timeZone)
  await look('currency', async () => {
    const { currencyCode, secondaryCurrencyCodes } = await references.network(call)
    return currencyFinding([currencyCode, ...secondaryCurrencyCodes], sold)
  })
  await look('rights', async () => {
    await client.findOrders('id = :id', { id: 1n }, call)
    await client.findLineItems('id = :id', { id: 1n }, call)
    await client.findCompanies('id = :id', { id: 1n }, call)
    await client.select('SELECT Id, Name FROM Geo_Target WHERE Id = :id', { id: 2840n }, call)
    return 'may read orders, line items, companies and places'
  })
  for (const product of sold.products) {
    const { product_id } = product
    await look(product_id, async () => {
      const config = parseProductConfig(product)
      const { key_values, excluded_key_values } = config
      await references.keyValues({ include: key_values, exclude: excluded_key_values }, call)
      return productFinding(product_id, await missingInventory(client, config, call))
    })
  }
  return findings
}

/** The ad units and placements a product names that the network does not have, or no longer sells. */
async function missingInventory(
  client: Client,
  { ad_unit_ids, excluded_ad_unit_ids, placement_ids }: ProductConfig,
  call: Call,
): Promise<string[]> {
  const adUnits = [...ad_unit_ids, ...excluded_ad_unit_ids]
  const there = [
    ...(adUnits.length > 0 ? await client.findAdUnits(adUnits, call) : []),
    ...(placement_ids.length > 0 ? await client.findPlacements(placement_ids, call) : []),
  ]
  const active = new Set(there.filter(({ status }) => status === 'ACTIVE').map(({ id }) => id))
  return [...adUnits, ...placement_ids].filter((id) => !active.has(id))
}

/** Google ends a version at the end of its month a year later. */
function checkVersion({ api_version }: Settings, now: number): ConnectionFinding {
  const [year, month] = [Number(api_version.slice(1, 5)) + 1, Number(api_version.slice(5))]
  const end = Date.UTC(year, month, 1) - DAY_MS
  const days = Math.floor((end - now) / DAY_MS)
  const date = new Date(end).toISOString().slice(0, 7)
  const subject = 'API version'
  if (days < 0)
    return { ok: false, subject, text: `${api_version} ended in ${date}; set api_version to a newer one` }
  const text = `${api_version}, until ${date}`
  return days > SOON_DAYS
    ? { ok: true, subject, text }
    : { ok: false, subject, text: `${text}: set api_version to a newer one` }
}
