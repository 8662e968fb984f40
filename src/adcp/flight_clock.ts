import type { MediaBuyStatus } from '../db/schema.ts'

/** What time and the ad servers have to say about a media buy. Packages that were canceled do not count. */
export interface Flight {
  status: MediaBuyStatus
  /** When its first package begins. */
  starts: Date
  /** When it ends, and no package of it runs later. */
  ends: Date
  /** Each of its orders stands on its ad server, and no ad server says that it serves none of it. */
  stands: boolean
  /** Something of it ran: one of its orders stood before the end and was served, as far as anybody knows, or something was delivered. */
  ran: boolean
  /** From its first moment to its last the ad servers said that they serve none of it. */
  unserved: boolean
  /** Something was delivered. */
  delivered: boolean
}
export type Turn =
  { to: 'active' | 'completed' } | { to: 'canceled'; reason: string } | { to: 'rejected'; reason: string }

const neverPlaced = 'The flight ended before the order stood on its ad server.'
const neverServed = 'No ad server served any of it during its flight.'

/**
 * The next move of a media buy that only time brings about; undefined while there is none. Asked again after each move, it gives
 * the same moves in the same order however late it is asked. What never ran is not called completed.
 */
export function nextTurn(
  { status, starts, ends, stands, ran, unserved, delivered }: Flight,
  now: Date,
): Turn | undefined {
  const over = ends <= now
  const neverRan = { to: 'canceled', reason: unserved ? neverServed : neverPlaced } as const
  switch (status) {
    case 'pending_approval':
      return over ? { to: 'rejected', reason: 'Nobody decided before the flight ended.' } : undefined
    case 'pending_creatives':
      if (!over) return undefined
      if (delivered) return { to: 'active' }
      return { to: 'canceled', reason: 'The flight ended before every package had a creative.' }
    case 'pending_start':
      if (over) return ran ? { to: 'active' } : neverRan
      return starts <= now && stands ? { to: 'active' } : undefined
    case 'active':
    case 'paused':
      if (!over) return undefined
      return ran ? { to: 'completed' } : neverRan
    case 'completed':
    case 'rejected':
    case 'canceled':
      return undefined
  }
}
