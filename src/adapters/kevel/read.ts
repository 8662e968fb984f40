import type { ReadKind } from '../../capabilities.ts'
import {
  AdapterError,
  unlessGone,
  type Call,
  type NetworkFacts,
  type Page,
  type PageQuestion,
  type RowOf,
} from '../adapter.ts'
import type { Client, ListPage, Thing } from './client.ts'
import type { Settings } from './config.ts'
import { heldLineItem, heldOrder, heldSegment, siteUnit, zoneUnit } from './held.ts'

/** What capabilities.reads names. Kevel tells no changes. */
export const reads = {
  network: 'whole',
  ad_units: 'whole',
  audience_segments: 'whole',
  orders: 'whole',
  line_items: 'whole',
} as const

/** Kevel says nothing of a network but whether the key is one: its number and currency are settings, and its days are those of UTC. */
export async function readNetwork(client: Client, settings: Settings, call: Call): Promise<NetworkFacts> {
  await client.pageOfSites(1, call)
  return {
    network_id: String(settings.network_id),
    name: `Kevel network ${settings.network_id}`,
    currencies: [settings.currency],
    time_zone: 'UTC',
    test: false,
    limits: { reports_per_hour: null, line_items_per_order: null },
  }
}

/** One page. Archived flights are not told of: Kevel lists those that are not. */
export async function readPage<K extends ReadKind>(
  client: Client,
  settings: Settings,
  kind: K,
  question: PageQuestion,
  call: Call,
): Promise<Page<RowOf[K]>>
export async function readPage(
  client: Client,
  { currency }: Settings,
  kind: ReadKind,
  { cursor }: PageQuestion,
  call: Call,
): Promise<Page<RowOf[ReadKind]>> {
  switch (kind) {
    case 'ad_units':
      return adUnitsAfter(client, cursor, call)
    case 'audience_segments':
      return segmentsAfter(client, cursor, call)
    case 'orders':
      return mapped(await after(client.pageOfCampaigns, cursor, call), (one) => heldOrder(one, currency))
    case 'line_items':
      return mapped(await after(client.pageOfFlights, cursor, call), (one) => heldLineItem(one, currency))
    default:
      throw new AdapterError('permanent', 'not_held', `Kevel holds no ${kind}`)
  }
}

const mapped = <Row>(page: Page<Thing>, to: (one: Thing) => Row): Page<Row> => ({
  ...page,
  rows: page.rows.map(to),
})

/** None where the network has no list of them, as one without UserDB may. */
async function segmentsAfter(client: Client, cursor: string | null, call: Call) {
  const page = await unlessGone(after(client.pageOfSegments, cursor, call))
  return page ? mapped(page, heldSegment) : { rows: [], cursor: null, remaining: 0 }
}

/** Sites and then zones; how many of those there are nobody says before. */
async function adUnitsAfter(client: Client, cursor: string | null, call: Call) {
  const [list, rest = null] = cursor?.split('/') ?? []
  if (list === 'zones') {
    const zones = mapped(await after(client.pageOfZones, rest || null, call), zoneUnit)
    return { ...zones, cursor: zones.cursor && `zones/${zones.cursor}` }
  }
  const sites = mapped(await after(client.pageOfSites, rest, call), siteUnit)
  return { ...sites, remaining: null, cursor: sites.cursor ? `sites/${sites.cursor}` : 'zones/' }
}

/**
 * What follows a cursor such as `3:1042`: the page to come and the last id seen. Kevel pages by number, so a row that goes away moves
 * those behind it up: the page before is read again, and of both what has a greater id. @throws AdapterError where ids do not ascend
 */
async function after(
  pageOf: (page: number, call: Call) => Promise<ListPage>,
  cursor: string | null,
  call: Call,
): Promise<Page<Thing>> {
  const [page = 1, last = 0] = cursor?.split(':').map(Number) ?? []
  const before = page > 1 ? (await pageOf(page - 1, call)).items : []
  const { items, totalPages, pageSize, totalItems } = await pageOf(page, call)
  const all = [...before, ...items]
  const rows = all.filter(({ Id }) => Id > last)
  if (rows.some(({ Id }, i) => Id <= (rows[i - 1]?.Id ?? 0)))
    throw new AdapterError(
      'permanent',
      'unordered_pages',
      'Kevel lists them in another order than that of their ids',
    )
  const requests = page > 1 ? 2 : 1
  if (page >= totalPages) return { rows, cursor: null, remaining: 0, requests }
  const remaining = totalItems && pageSize ? Math.max(0, totalItems - page * pageSize) : null
  return { rows, cursor: `${page + 1}:${rows.at(-1)?.Id ?? last}`, remaining, requests }
}
