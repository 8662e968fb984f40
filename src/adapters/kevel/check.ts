import {
  currencyFinding,
  openFindings,
  productFinding,
  unlessGone,
  type Call,
  type ConnectionFinding,
  type Sold,
} from '../adapter.ts'
import type { Client, ListPage, Thing } from './client.ts'
import { parseProductConfig, type Settings } from './config.ts'

/**
 * What a publisher should know of a connection before it sells over it: whether Kevel takes the key, in which money and for whom it
 * sells, and whether the sites and zones of products are there. Priorities and ad types are not looked at. Reads only.
 */
export async function checkConnection(
  client: Client,
  { network_id, currency, advertiser_id }: Settings,
  sold: Sold,
  call: Call,
): Promise<ConnectionFinding[]> {
  const { findings, look } = openFindings()
  const there = new Set<string>()
  const known = await look('network', async () => {
    for (const { Id } of await listAll(client.pageOfSites, call)) there.add(`site ${Id}`)
    for (const { Id, SiteId } of await listAll(client.pageOfZones, call))
      there.add(`zone ${Id} of site ${String(SiteId)}`)
    return `Kevel takes the key; that it is of network ${network_id} only the settings say`
  })
  if (!known) return findings
  await look('currency', () => currencyFinding([currency], sold))
  if (advertiser_id !== null)
    await look('advertiser', async () => {
      const there = await unlessGone(client.readAdvertiser(advertiser_id, call))
      if (there && !there['IsDeleted']) return `${String(there['Title'])} (${advertiser_id})`
      return { ok: false, subject: 'advertiser', text: `${advertiser_id} is not in the network` }
    })
  for (const { product_id, ad_server_config } of sold.products)
    await look(product_id, () => {
      const { site_zones } = parseProductConfig(ad_server_config, product_id)
      const named = site_zones.flatMap(({ site_id, zone_id }) => [
        `site ${site_id}`,
        ...(zone_id === undefined ? [] : [`zone ${zone_id} of site ${site_id}`]),
      ])
      return productFinding(
        product_id,
        named.filter((one) => !there.has(one)),
      )
    })
  return findings
}

/** Everything that is listed and not deleted. */
async function listAll(
  pageOf: (page: number, call: Call) => Promise<ListPage>,
  call: Call,
): Promise<Thing[]> {
  const all: Thing[] = []
  for (let page = 1; ; page++) {
    const { items, totalPages } = await pageOf(page, call)
    all.push(...items.filter(({ IsDeleted }) => !IsDeleted))
    if (page >= totalPages) return all
  }
}
