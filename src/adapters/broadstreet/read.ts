import type { ReadKind } from '../../capabilities.ts'
import {
  AdapterError,
  type Call,
  type NetworkFacts,
  type Page,
  type PageQuestion,
  type RowOf,
} from '../adapter.ts'
import type { Client } from './client.ts'
import type { Settings } from './config.ts'
import { heldLineItems, heldOrders, zoneUnit } from './held.ts'

/** What capabilities.reads names. Broadstreet tells no changes. */
export const reads = { network: 'whole', ad_units: 'whole', orders: 'whole', line_items: 'whole' } as const

/** The network by its name; where its days begin and what it sells in are settings. */
export async function readNetwork(client: Client, settings: Settings, call: Call): Promise<NetworkFacts> {
  const { id, name } = await client.readNetwork(call)
  return {
    network_id: String(id),
    name,
    currencies: [settings.currency],
    time_zone: settings.time_zone,
    test: false,
    // two requests for records in five seconds, and a report takes one for each of its days
    limits: { reports_per_hour: null, line_items_per_order: null },
  }
}

/** One page: all zones at once, campaigns advertiser by advertiser. */
export async function readPage<K extends ReadKind>(
  client: Client,
  kind: K,
  question: PageQuestion,
  call: Call,
): Promise<Page<RowOf[K]>>
export async function readPage(
  client: Client,
  kind: ReadKind,
  { cursor }: PageQuestion,
  call: Call,
): Promise<Page<RowOf[ReadKind]>> {
  switch (kind) {
    case 'ad_units':
      return { rows: (await client.listZones(call)).map(zoneUnit), cursor: null, remaining: 0 }
    case 'orders':
      return ofAdvertiserAfter(client, cursor, call, heldOrders)
    case 'line_items':
      return ofAdvertiserAfter(client, cursor, call, heldLineItems)
    default:
      throw new AdapterError('permanent', 'not_held', `Broadstreet holds no ${kind}`)
  }
}

type Campaigns = Awaited<ReturnType<Client['listCampaigns']>>

/** Those of the first advertiser after the one in the cursor, by its id. */
async function ofAdvertiserAfter<Row>(
  client: Client,
  cursor: string | null,
  call: Call,
  toRows: (campaigns: Campaigns, advertiserId: number) => Row[],
): Promise<Page<Row>> {
  const ids = (await client.listAdvertisers(call)).map(({ id }) => id).sort((a, b) => a - b)
  const [id, ...later] = ids.filter((one) => one > Number(cursor ?? 0))
  if (id === undefined) return { rows: [], cursor: null, remaining: 0 }
  const rows = toRows(await client.listCampaigns(id, call), id)
  return later.length === 0
    ? { rows, cursor: null, remaining: 0, requests: 2 }
    : { rows, cursor: String(id), remaining: null, requests: 2 }
}
