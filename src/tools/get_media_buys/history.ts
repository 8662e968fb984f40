import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Output } from '../define-tool.ts'

/** The latest entries of these media buys' histories, newest first, by media_buy_id; undefined where none were asked for. */
export async function readHistory(
  db: ReadDb,
  tenantId: string,
  ids: string[],
  each: number,
): Promise<Map<string, Output[]> | undefined> {
  if (each === 0) return undefined
  if (ids.length === 0) return new Map()
  const rows = await selectHistory(db, tenantId, ids, each).execute()
  return new Map(ids.map((id) => [id, rows.filter((row) => row.media_buy_id === id).map(toHistoryEntry)]))
}

type EventRow = Awaited<ReturnType<ReturnType<typeof selectHistory>['execute']>>[number]

function toHistoryEntry({
  revision,
  at,
  actor,
  actor_kind,
  action,
  from_status,
  to_status,
  package_id,
  detail,
}: EventRow): Output {
  const { summary } = detail as { summary?: string }
  // before the approval there was a task, and no media buy for the buyer
  const before = from_status === 'pending_approval' ? undefined : from_status
  const moved = before && to_status && before !== to_status ? `${before} → ${to_status}` : undefined
  const told = [summary, moved].filter(Boolean).join('; ').slice(0, 500)
  return {
    revision,
    timestamp: at.toISOString(),
    actor: actor_kind === 'buyer' ? actor : actor_kind,
    action,
    ...(told && { summary: told }),
    ...(package_id !== null && { package_id }),
  }
}

function selectHistory(db: ReadDb, tenantId: string, ids: string[], each: number) {
  const numbered = db
    .selectFrom('media_buy_events')
    .selectAll()
    .select(sql<number>`row_number() over (partition by media_buy_id order by event_id desc)`.as('age'))
    .where('tenant_id', '=', tenantId)
    .where('media_buy_id', 'in', ids)
  return db.selectFrom(numbered.as('event')).selectAll().where('age', '<=', each).orderBy('event_id', 'desc')
}
