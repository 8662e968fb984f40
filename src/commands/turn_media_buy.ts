import { sql } from 'kysely'
import { nextTurn, type Turn } from '../adcp/flight_clock.ts'
import type { Db, Trx } from '../db/database.ts'
import type { MediaBuyStatus } from '../db/schema.ts'
import { enqueue } from '../jobs.ts'
import { selectFlights, type FlightRow } from '../queries/flights.ts'
import { announce } from './announce.ts'
import { announceStatus } from './announce_status.ts'
import { decide } from './decide_approval.ts'
import { moveMediaBuy } from './move_media_buy.ts'
import type { Actor } from './record.ts'

const clock: Actor = { kind: 'clock', name: 'clock' }
const actions = { active: 'started', completed: 'ended', canceled: 'never_ran' } as const
const words = { active: 'Running', completed: 'Completed' } as const

/**
 * Moves a media buy to where time has brought it, with all that follows, in one transaction; says where it went, in order. Late or
 * twice, the moves are the same, and each is made once.
 */
export async function turnMediaBuy(db: Db, media_buy_id: string, now: Date): Promise<MediaBuyStatus[]> {
  return db.transaction().execute(async (trx) => {
    const flight = await readFlight(trx, media_buy_id)
    if (!flight) return []
    // whoever decides takes the approval first and then the buy, so nobody waits for anybody in a circle
    if (flight.status === 'pending_approval') return expire(trx, flight, now)
    await trx
      .selectFrom('media_buys')
      .select('media_buy_id')
      .where('media_buy_id', '=', media_buy_id)
      .forUpdate()
      .execute()
    const moves: MediaBuyStatus[] = []
    for (;;) {
      const locked = await readFlight(trx, media_buy_id)
      const turn = locked && nextTurn(locked, now)
      if (!turn || turn.to === 'rejected') return moves
      await follow(trx, locked, turn, now)
      moves.push(turn.to)
    }
  })
}

async function readFlight(trx: Trx, media_buy_id: string): Promise<FlightRow | undefined> {
  return selectFlights(trx).where('buy.media_buy_id', '=', media_buy_id).executeTakeFirst()
}

/** What waited for a person until there was nothing left to decide is declined. */
async function expire(trx: Trx, flight: FlightRow, now: Date): Promise<MediaBuyStatus[]> {
  const turn = nextTurn(flight, now)
  if (turn?.to !== 'rejected') return []
  const { tenant_id, media_buy_id: id } = flight
  const decision = {
    tenant_id,
    id,
    decision: 'rejected',
    decided_by: clock.name,
    reason: turn.reason,
  } as const
  const { type } = await decide(trx, { ...decision, actor: clock, now })
  return type === 'recorded' ? ['rejected'] : []
}

async function follow(
  trx: Trx,
  { tenant_id, media_buy_id }: FlightRow,
  turn: Exclude<Turn, { to: 'rejected' }>,
  now: Date,
) {
  const { to } = turn
  const reason = to === 'canceled' ? turn.reason : undefined
  await moveMediaBuy(trx, clock, {
    tenant_id,
    media_buy_id,
    to,
    action: actions[to],
    now,
    ...(reason !== undefined && { reason }),
  })
  if (to === 'completed') await giveUpUnplaced(trx, media_buy_id)
  if (to === 'canceled') return announce(trx, { tenant_id, media_buy_id, now, canceled: turn.reason })
  await announceStatus(trx, { media_buy_id, now, message: `${words[to]}: ${media_buy_id}.` })
}

/** An order that did not come to stand while the others ran is not placed any more, and what was begun of it is taken back. */
async function giveUpUnplaced(trx: Trx, media_buy_id: string) {
  const unplaced = await trx
    .updateTable('fulfilments')
    .set({ desired_revision: sql`desired_revision + 1` })
    .where('media_buy_id', '=', media_buy_id)
    .where('placed_at', 'is', null)
    .where('state', 'not in', ['refused', 'canceled'])
    .returning('fulfilment_id')
    .execute()
  for (const { fulfilment_id } of unplaced) await enqueue(trx, 'fulfil_media_buy', { fulfilment_id })
}
