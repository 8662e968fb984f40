import { fail } from './fail.ts'
import * as data from './network_data.ts'
import type { Thing } from './objects.ts'
import { pageOf } from './people.ts'

/** What the network has to sell and to aim with, each list in the order of its ids. */
export interface Inventory {
  adUnits: Thing[]
  placements: Thing[]
  customKeys: Thing[]
  customValues: Thing[]
  segments: Thing[]
}

export function openInventory(): Inventory {
  const copies = (things: readonly Thing[]) => things.map((one) => ({ ...one }))
  return {
    adUnits: copies(data.adUnits),
    placements: copies(data.placements),
    customKeys: copies(data.customKeys),
    customValues: copies(data.customValues),
    segments: copies(data.segments),
  }
}

/** Values are told only of keys that are named. */
export function valuesOf({ customValues }: Inventory, statement: Thing): Thing {
  if (!/customTargetingKeyId/i.test(String(statement['query'])))
    fail('CustomTargetingError', 'GET_VALUES_BY_STATEMENT_MUST_CONTAIN_KEY_ID', 'filterStatement.query')
  return pageOf(customValues, statement)
}

/** So many ad units under one root, a section for every hundred, as they stood at `changed`. */
export function manyAdUnits(count: number, changed: Date, firstId = 10_000_000): Thing[] {
  const lastModifiedDateTime = changed.toISOString()
  const adUnitSizes = [
    { size: { width: '300', height: '250', isAspectRatio: 'false' }, fullDisplayString: '300x250' },
  ]
  return Array.from({ length: count }, (_, i) => ({
    id: String(firstId + i),
    ...(i > 0 && {
      parentId: String(i % 100 === 1 ? firstId : firstId + 100 * Math.floor((i - 1) / 100) + 1),
    }),
    name: `Unit ${i}`,
    status: 'ACTIVE',
    adUnitCode: `unit_${i}`,
    adUnitSizes,
    lastModifiedDateTime,
  }))
}
