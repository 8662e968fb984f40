import type { Db } from '../../src/db/database.ts'
import type { AdServer, BookedItem, BookedOrder } from './ad_servers/ad_server.ts'
import { readOurs, type Ours } from './ours.ts'

/** What is wrong in the end: less stands than should, more than should, or nothing will ever come of it. */
export interface Wrong {
  kind: 'lost' | 'duplicated' | 'stuck'
  media_buy_id: string
  what: string
}
type Report = (kind: Wrong['kind'], what: string) => void

/** Holds what we believe of these media buys against the ad servers' own books, object by object. */
export async function reconcile(
  db: Db,
  servers: readonly AdServer[],
  mediaBuyIds?: readonly string[],
): Promise<Wrong[]> {
  const wrong: Wrong[] = []
  for (const server of servers) {
    const ours = await readOurs(db, server.connection_id, mediaBuyIds)
    const orders = await server.orders()
    const uploads = await server.uploads()
    for (const one of ours) {
      const { media_buy_id } = one
      const theirs = orders.filter((order) => order.media_buy_id === media_buy_id)
      const report: Report = (kind, what) =>
        void wrong.push({ kind, media_buy_id, what: `${server.name}: ${what}` })
      compare(one, theirs, report)
      for (const key of repeated(uploads.filter((name) => name.startsWith(`adcp:${media_buy_id}:`))))
        report('duplicated', `creative ${key} was uploaded more than once`)
    }
  }
  return wrong
}

function compare(ours: Ours, theirs: readonly BookedOrder[], report: Report): void {
  const [order] = theirs
  if (theirs.length > 1) report('duplicated', `${theirs.length} orders`)
  for (const job of ours.jobs) report('stuck', `a job is left for it: ${job}`)
  for (const id of unknownIds(ours, theirs))
    report('duplicated', `${id} stands there and we do not know of it`)
  switch (ours.state) {
    case 'placed':
      if (!order) return report('lost', 'it is placed for us, and there is no order')
      if (!order.live || !order.approved) report('lost', 'it is placed for us, and the order does not run')
      return compareItems(ours, order, report)
    case 'canceled':
      if (theirs.some(({ live }) => live)) report('duplicated', 'it is canceled for us, and the order stands')
      return
    case 'refused':
      if (theirs.length > 0) report('duplicated', 'it was refused, and there is an order')
      if (ours.rejection_reason === null) report('lost', 'it was refused, and the buyer is not told why')
      return
    case 'needs_human':
      if (ours.questions === 0) report('stuck', 'it waits for a person, and nobody was asked')
      return
    case 'placing':
    case 'waiting':
    case 'changing':
      report('stuck', `it is ${ours.state}: ${ours.open_steps.join(', ')}`)
  }
}

/** Everything that stands there under our key must be known here; while a call is in doubt, that is for it to find out. */
function unknownIds(ours: Ours, theirs: readonly BookedOrder[]): string[] {
  if (ours.in_doubt) return []
  const all = theirs.flatMap(({ order_id, items }) => [order_id, ...items.map((item) => item.line_item_id)])
  return all.filter((id) => !ours.external_ids.has(id))
}

function compareItems({ packages }: Ours, { items }: BookedOrder, report: Report): void {
  const left = new Set(items.filter(({ live }) => live))
  for (const wanted of packages) {
    const { package_id } = wanted
    const mine = [...left].filter((item) =>
      item.package_id === undefined ? item.money === wanted.budget : item.package_id === package_id,
    )
    mine.forEach((item) => left.delete(item))
    const [item] = mine
    if (mine.length > 1) report('duplicated', `${mine.length} line items for ${package_id}`)
    if (!item) report('lost', `no line item for ${package_id}`)
    else for (const what of differences(wanted, item)) report('lost', `${package_id}: ${what}`)
  }
  for (const { line_item_id } of left) report('duplicated', `line item ${line_item_id} is of no package`)
}

/** What the line item is otherwise than the buyer last said. */
function differences(wanted: Ours['packages'][number], item: BookedItem): string[] {
  const shown =
    repeated(item.creatives).length === 0 ? [...item.creatives].sort().join() : 'one of them twice'
  return [
    ...(item.money === wanted.budget ? [] : [`${item.money} instead of ${wanted.budget}`]),
    ...(item.paused === undefined || item.paused === wanted.paused ? [] : [`paused is ${item.paused}`]),
    ...(item.end === undefined || item.end === wanted.end ? [] : ['another end']),
    ...(shown === wanted.creatives.join() ? [] : [`shows ${shown} instead of ${wanted.creatives.join()}`]),
  ]
}

const repeated = (keys: readonly string[]) => keys.filter((key, i) => keys.indexOf(key) !== i)
