import type { Db } from '../../db/database.ts'
import { selectSyncs, type SyncRow } from '../../queries/syncs.ts'
import { messageOf } from '../sync/line.ts'
import type { Finding } from './checks.ts'

/** No page for so long. */
const STUCK_MS = 15 * 60_000
const subject = 'synchronised'

/** Whether what the ad servers hold is known: what could not be read the last time, and what does not get on. */
export async function checkSyncs(db: Db): Promise<Finding> {
  const runs = await selectSyncs(db).execute()
  const failed = runs.filter(({ state }) => state === 'failed')
  if (failed[0])
    return {
      ok: false,
      subject,
      text: `not read: ${names(failed)} (${messageOf(failed[0])}); see salesdesk sync --status`,
    }
  const since = Date.now() - STUCK_MS
  const stuck = runs.filter(({ finished_at, updated_at }) => !finished_at && updated_at.getTime() < since)
  if (stuck.length > 0)
    return { ok: false, subject, text: `does not get on: ${names(stuck)}; is a worker running?` }
  const current = runs.filter(({ state }) => state === 'current')
  return { ok: true, subject, text: `${current.length} of ${runs.length} kinds up to date` }
}

const names = (runs: SyncRow[]) =>
  runs.map(({ connection_id, kind }) => `${connection_id} ${kind}`).join(', ')
