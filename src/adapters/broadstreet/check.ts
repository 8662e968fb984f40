import {
  currencyFinding,
  openFindings,
  productFinding,
  type Call,
  type ConnectionFinding,
  type Sold,
} from '../adapter.ts'
import type { Client } from './client.ts'
import { parseProductConfig, type Settings } from './config.ts'

/**
 * What a publisher should know of a connection before it sells over it: whose network the token opens, in which money and days it
 * sells, for whom, and whether the zones of products are there. Reads only.
 */
export async function checkConnection(
  client: Client,
  { time_zone, currency, advertiser_id }: Settings,
  sold: Sold,
  call: Call,
): Promise<ConnectionFinding[]> {
  const { findings, look } = openFindings()
  const known = await look('network', async () => {
    const { id, name } = await client.readNetwork(call)
    return `${name} (${id})`
  })
  if (!known) return findings
  await look('time zone', () => `${time_zone}, as the settings say`)
  await look('currency', () => currencyFinding([currency], sold))
  if (advertiser_id !== null)
    await look('advertiser', async () => {
      const one = (await client.listAdvertisers(call)).find(({ id }) => id === advertiser_id)
      if (one) return `${one.name} (${one.id})`
      return { ok: false, subject: 'advertiser', text: `${advertiser_id} is not in the network` }
    })
  const zones = new Set<number>()
  const listed = await look('zones', async () => {
    for (const { id } of await client.listZones(call)) zones.add(id)
    return `${zones.size}`
  })
  if (!listed) return findings
  for (const { product_id, ad_server_config } of sold.products)
    await look(product_id, () => {
      const { zone_ids } = parseProductConfig(ad_server_config, product_id)
      return productFinding(product_id, zone_ids.filter((id) => !zones.has(id)).map(String))
    })
  return findings
}
