import { sql, type RawBuilder } from 'kysely'
import { isBookedId } from '../../adcp/booked_id.ts'
import type { AccountRef } from '../../adcp/request_schemas.ts'
import type { ReadDb } from '../../db/database.ts'
import { isAccount } from '../../queries/accounts.ts'
import { selectBookedOrders, type BookedRow } from '../../queries/booked_orders.ts'
import { selectMediaBuys, type MediaBuyRow } from '../../queries/media_buys.ts'
import type { Principal } from '../define-tool.ts'
import type { Request } from './request.ts'

interface Asked {
  principal: Principal
  now: Date
  request: Request
  /** So many of each kind at most. */
  limit: number
  /** The position and id of the last one told of; empty from the beginning. */
  after: (string | number)[]
}
export type Bought = MediaBuyRow & { position: string }
export type BookedThere = BookedRow & { position: string }

/** What was bought here, the newest first. A buy awaiting the publisher's approval is a task, not yet a media buy. */
export function selectBought(db: ReadDb, { principal, request, limit, after }: Asked): Promise<Bought[]> {
  const { media_buy_ids, account } = request
  const statuses = statusesOf(request)
  return selectMediaBuys(db, principal)
    .where('buy.confirmed_at', 'is not', null)
    .$if(media_buy_ids !== undefined, (q) => q.where('buy.media_buy_id', 'in', media_buy_ids ?? []))
    .$if(statuses !== undefined, (q) => q.where('buy.status', 'in', statuses ?? []))
    .$if(account !== undefined, (q) => q.where(isAccount(account ?? {})))
    .$if(after.length > 0, (q) => q.where(isBehind(after, sql`buy.created_at`, sql`buy.media_buy_id`)))
    .select(positionOf('buy.created_at').as('position'))
    .orderBy('buy.created_at', 'desc')
    .orderBy('buy.media_buy_id', 'desc')
    .limit(limit)
    .execute()
}

/** What people booked on the ad servers for this buyer, what the desk learned of last first. */
export async function selectBookedThere(
  db: ReadDb,
  { principal, now, request, limit, after }: Asked,
): Promise<BookedThere[]> {
  const { media_buy_ids, account } = request
  const named = media_buy_ids?.filter(isBookedId)
  if (principal.sandbox || named?.length === 0) return []
  const statuses = statusesOf(request)
  return selectBookedOrders(db, principal, now)
    .$if(named !== undefined, (q) => q.where('booked.media_buy_id', 'in', named ?? []))
    .$if(statuses !== undefined, (q) =>
      q.where('booked.status', 'in', (statuses ?? []) as BookedRow['status'][]),
    )
    .$if(account !== undefined, (q) =>
      q.where('booked.account_id', 'in', idsOf(db, principal, account ?? {})),
    )
    .$if(after.length > 0, (q) => q.where(isBehind(after, sql`booked.known_since`, sql`booked.media_buy_id`)))
    .select(positionOf('booked.known_since').as('position'))
    .orderBy('booked.known_since', 'desc')
    .orderBy('booked.media_buy_id', 'desc')
    .limit(limit)
    .execute()
}

const idsOf = (db: ReadDb, { tenant_id }: Principal, account: AccountRef) =>
  db
    .selectFrom('accounts as account')
    .select('account.account_id')
    .where('account.tenant_id', '=', tenant_id)
    .where(isAccount(account))

const statusesOf = ({ status_filter, media_buy_ids }: Request) =>
  status_filter === undefined ? (media_buy_ids ? undefined : ['active' as const]) : [status_filter].flat()

const isBehind = ([at, id]: Asked['after'], column: RawBuilder<unknown>, ids: RawBuilder<unknown>) =>
  sql<boolean>`(${column}, ${ids}) < (${at}::timestamptz, ${id})`

/** Of one width, so that two compare as the moments do. */
const positionOf = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Both in one order, the newest first, and of the same moment what was bought here first: `mb_…` is behind `booked:…` in every alphabet. */
export function inOrder(bought: readonly Bought[], booked: readonly BookedThere[]): (Bought | BookedThere)[] {
  const rest = [...booked]
  const merged = bought.flatMap((buy) => {
    const before = rest.findIndex(({ position }) => position <= buy.position)
    return [...rest.splice(0, before < 0 ? rest.length : before), buy]
  })
  return [...merged, ...rest]
}
