import { sql, type RawBuilder } from 'kysely'
import { isBookedId } from '../../adcp/booked_id.ts'
import type { AccountRef } from '../../adcp/request_schemas.ts'
import { compiled } from '../../db/compiled.ts'
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
export function selectBought(db: ReadDb, asked: Asked): Promise<Bought[]> {
  return boughtHere(db, filterOf(asked, asked.request.media_buy_ids))
}

const boughtHere = compiled((db, asked: Filter) => {
  const { buyer, ids, statuses, account, after, limit } = asked
  return selectMediaBuys(db, buyer)
    .where('buy.confirmed_at', 'is not', null)
    .$if(ids !== undefined, (q) => q.where(sql<boolean>`buy.media_buy_id = any(${ids}::text[])`))
    .$if(statuses !== undefined && ids !== undefined, (q) =>
      q.where(sql<boolean>`buy.status = any(${statuses}::media_buy_status[])`),
    )
    .$if(statuses !== undefined && ids === undefined, (q) =>
      q.where('buy.media_buy_id', 'in', newestOfEach(db, asked)),
    )
    .$if(account !== undefined, (q) => q.where(isAccount(account ?? {})))
    .$if(after !== undefined, (q) => q.where(isBehind(after, sql`buy.created_at`, sql`buy.media_buy_id`)))
    .select(positionOf('buy.created_at').as('position'))
    .orderBy('buy.created_at', 'desc')
    .orderBy('buy.media_buy_id', 'desc')
    .limit(limit)
})

/** As many as are asked for of each status: an index has those of one in order, however few they are. */
function newestOfEach(db: ReadDb, { buyer, statuses, account, after, limit }: Filter) {
  const ofOne = db
    .selectFrom('media_buys as one')
    .select('one.media_buy_id')
    .where('one.tenant_id', '=', buyer.tenant_id)
    .where('one.principal_id', '=', buyer.principal_id)
    .where('one.confirmed_at', 'is not', null)
    .where(sql<boolean>`one.status = wanted.status`)
    .$if(account !== undefined, (q) =>
      q
        .innerJoin('accounts as account', 'account.account_id', 'one.account_id')
        .where(isAccount(account ?? {})),
    )
    .$if(after !== undefined, (q) => q.where(isBehind(after, sql`one.created_at`, sql`one.media_buy_id`)))
    .orderBy('one.created_at', 'desc')
    .orderBy('one.media_buy_id', 'desc')
    .limit(limit)
  return sql<string>`(select newest.media_buy_id from unnest(${statuses}::media_buy_status[]) as wanted (status), lateral (${ofOne}) as newest)`
}

/** What people booked on the ad servers for this buyer, what the desk learned of last first. */
export async function selectBookedThere(db: ReadDb, asked: Asked): Promise<BookedThere[]> {
  const named = asked.request.media_buy_ids?.filter(isBookedId)
  if (asked.principal.sandbox || named?.length === 0) return []
  return bookedThere(db, filterOf(asked, named))
}

const bookedThere = compiled((db, { buyer, now, ids, statuses, account, after, limit }: Filter) =>
  selectBookedOrders(db, buyer, now)
    .$if(ids !== undefined, (q) => q.where(sql<boolean>`booked.media_buy_id = any(${ids}::text[])`))
    .$if(statuses !== undefined, (q) => q.where(sql<boolean>`booked.status = any(${statuses}::text[])`))
    .$if(account !== undefined, (q) => q.where('booked.account_id', 'in', idsOf(db, buyer, account ?? {})))
    .$if(after !== undefined, (q) =>
      q.where(isBehind(after, sql`booked.known_since`, sql`booked.media_buy_id`)),
    )
    .select(positionOf('booked.known_since').as('position'))
    .orderBy('booked.known_since', 'desc')
    .orderBy('booked.media_buy_id', 'desc')
    .limit(limit),
)

interface Filter {
  buyer: Pick<Principal, 'tenant_id' | 'principal_id' | 'sandbox'>
  now: Date
  ids: readonly string[] | undefined
  statuses: readonly string[] | undefined
  account: AccountRef | undefined
  after: { at: string | number; id: string | number } | undefined
  limit: number
}

function filterOf(
  { principal, now, request, limit, after }: Asked,
  ids: readonly string[] | undefined,
): Filter {
  const { tenant_id, principal_id, sandbox } = principal
  const [at, id] = after
  return {
    buyer: { tenant_id, principal_id, sandbox },
    now,
    ids,
    statuses: statusesOf(request),
    account: request.account && accountOf(request.account),
    after: at === undefined || id === undefined ? undefined : { at, id },
    limit,
  }
}

/** What a reference says that we ask for, without what a buyer may write besides. */
function accountOf({ account_id, brand, operator, sandbox }: AccountRef): AccountRef {
  return {
    account_id,
    brand: brand && { domain: brand.domain, brand_id: brand.brand_id },
    operator,
    sandbox,
  }
}

const idsOf = (db: ReadDb, { tenant_id }: Filter['buyer'], account: AccountRef) =>
  db
    .selectFrom('accounts as account')
    .select('account.account_id')
    .where('account.tenant_id', '=', tenant_id)
    .where(isAccount(account))

const statusesOf = ({ status_filter, media_buy_ids }: Request) =>
  status_filter === undefined ? (media_buy_ids ? undefined : ['active' as const]) : [status_filter].flat()

const isBehind = (after: Filter['after'], column: RawBuilder<unknown>, ids: RawBuilder<unknown>) =>
  sql<boolean>`(${column}, ${ids}) < (${after?.at}::timestamptz, ${after?.id})`

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
