import { addCalls } from '../../commands/add_calls.ts'
import type { Db } from '../../db/database.ts'
import type { Log } from '../../log.ts'

/** Counts somebody's requests in a minute. */
export interface SharedLimit {
  /** Seconds to wait, if there were too many already. Asks nobody. */
  full(subject: string): number | undefined
  /** Counts one more; seconds to wait, if that is too many. */
  count(subject: string): Promise<number | undefined>
}
/** What counting takes. */
export interface Counting {
  db: Db
  clock: () => Date
  log: Log
}
interface Counted {
  /** By all servers, as PostgreSQL said last. */
  shared: number
  /** By this one since. */
  here: number
}

/** A part of the limit that one server keeps to itself before it adds it up in PostgreSQL. */
const SHARE = 10
/** So many are told from each other in a minute; those that come later count as one. */
const MOST_SUBJECTS = 10_000

/**
 * At most so many in a minute, over all servers. Each counts in its own memory and adds that up in PostgreSQL once it is a tenth of
 * the limit: whoever comes seldom costs no query, and who comes too often costs ten a minute and none after. So each server may let
 * through a tenth too many. Where PostgreSQL is away, each counts alone.
 */
export function sharedLimit({ db, clock, log }: Counting, most: number): SharedLimit {
  const batch = Math.max(1, Math.floor(most / SHARE))
  let minute = 0
  let counts = new Map<string, Counted>()

  function countsOf(subject: string): Counted {
    const now = Math.floor(clock().getTime() / 60_000)
    if (now !== minute) {
      minute = now
      counts = new Map()
    }
    const key = counts.has(subject) || counts.size < MOST_SUBJECTS ? subject : 'everybody else'
    const known = counts.get(key) ?? { shared: 0, here: 0 }
    counts.set(key, known)
    return known
  }
  function waitOf({ shared, here }: Counted): number | undefined {
    if (shared + here <= most) return undefined
    return Math.max(1, Math.ceil(60 - ((clock().getTime() / 1000) % 60)))
  }
  async function addUp(subject: string, counted: Counted) {
    const calls = counted.here
    counted.here = 0
    // until PostgreSQL answers they count as shared already
    counted.shared += calls
    const all = await addCalls(db, { subject, minute: new Date(minute * 60_000), calls }).catch(
      (error: unknown) => {
        log.warn({ reason: String(error) }, 'calls are counted by this server alone')
        return 0
      },
    )
    counted.shared = Math.max(counted.shared, all)
  }

  return {
    full(subject) {
      const counted = countsOf(subject)
      return waitOf({ ...counted, here: counted.here + 1 })
    },
    async count(subject) {
      const counted = countsOf(subject)
      counted.here++
      if (counted.here >= batch && counted.shared <= most) await addUp(subject, counted)
      return waitOf(counted)
    },
  }
}
