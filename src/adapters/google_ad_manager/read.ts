import type { ReadKind } from '../../capabilities.ts'
import type { Call, NetworkFacts, Page, PageQuestion, RowOf } from '../adapter.ts'
import * as inventory from './read/inventory.ts'
import * as held from './read/orders.ts'
import type { Pages } from './read/pages.ts'
import { readValues } from './read/values.ts'
import type { References } from './references.ts'
import { toNetworkTime } from './network_time.ts'

export interface Readable {
  pages: Pages
  references: References
}

/** What capabilities.reads names: Google says when inventory and orders were last changed, of key-values and audiences not. */
export const reads = {
  network: 'whole',
  ad_units: 'changes',
  placements: 'changes',
  targeting_keys: 'whole',
  targeting_values: 'whole',
  audience_segments: 'whole',
  orders: 'changes',
  line_items: 'changes',
} as const

/** One page of what the network holds of a kind. */
export async function readPage<K extends ReadKind>(
  network: Readable,
  kind: K,
  question: PageQuestion,
  call: Call,
): Promise<Page<RowOf[K]>>
export async function readPage(
  { pages, references }: Readable,
  kind: ReadKind,
  { cursor: after, changed_since }: PageQuestion,
  call: Call,
): Promise<Page<RowOf[ReadKind]>> {
  const since = changed_since === null ? {} : { since: await networkTime(references, changed_since, call) }
  const conditions = changed_since === null ? [] : ['lastModifiedDateTime >= :since']
  const question = { after, conditions, bound: since }
  switch (kind) {
    case 'ad_units': {
      // of all ids only these are text to Google
      const asText = { ...question, idAs: (id: string) => id }
      return pages('InventoryService', 'getAdUnitsByStatement', inventory.AdUnit, asText, call)
    }
    case 'placements':
      return pages('PlacementService', 'getPlacementsByStatement', inventory.Placement, question, call)
    case 'targeting_keys':
      return pages(
        'CustomTargetingService',
        'getCustomTargetingKeysByStatement',
        inventory.TargetingKey,
        question,
        call,
      )
    case 'targeting_values':
      return readValues(pages, after, call)
    case 'audience_segments':
      return pages(
        'AudienceSegmentService',
        'getAudienceSegmentsByStatement',
        inventory.AudienceSegment,
        question,
        call,
      )
    case 'orders':
      return pages('OrderService', 'getOrdersByStatement', held.Order, question, call)
    case 'line_items':
      return pages('LineItemService', 'getLineItemsByStatement', held.LineItem, question, call)
  }
}

async function networkTime(references: References, iso: string, call: Call) {
  const { timeZone } = await references.network(call)
  return toNetworkTime(iso, timeZone, 'end')
}

/** The facts of the network. Google's own limit of reports; others differ by network. */
export async function readNetwork({ references }: Readable, call: Call): Promise<NetworkFacts> {
  const { networkCode, displayName, timeZone, currencyCode, secondaryCurrencyCodes, isTest } =
    await references.network(call)
  return {
    network_id: networkCode,
    name: displayName,
    currencies: [currencyCode, ...secondaryCurrencyCodes],
    time_zone: timeZone,
    test: isTest,
    limits: { reports_per_hour: 250, line_items_per_order: null },
  }
}
