import { sql } from 'kysely'
import { z } from 'zod'
import type { ReadDb } from '../../../db/database.ts'

const day = z.iso.date().optional().catch(undefined)
/** What narrows the log, as an address has it; what cannot be understood narrows nothing. */
export const Filter = z.object({
  q: z.string().trim().max(200).catch(''),
  who: z.enum(['buyer', 'approver', 'worker', 'ad_server', 'operator', 'clock']).optional().catch(undefined),
  action: z.string().max(100).catch(''),
  from: day,
  until: day,
})
export type Filter = z.output<typeof Filter>

/** What was done at a publisher, as far as the filter lets through. Days are in UTC, both included. */
export function selectAudit(db: ReadDb, tenant_id: string, { q, who, action, from, until }: Filter) {
  const like = `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`
  return db
    .selectFrom('audit_log as a')
    .leftJoin('users as u', 'u.user_id', 'a.user_id')
    .leftJoin('users as about', (join) =>
      join.onRef('about.user_id', '=', 'a.subject_id').on('a.subject_kind', '=', 'user'),
    )
    .where('a.tenant_id', '=', tenant_id)
    .$if(q !== '', (s) =>
      s.where(
        sql<boolean>`(a.subject_id ilike ${like} or a.actor ilike ${like} or a.detail::text ilike ${like}
          or u.email ilike ${like} or about.email ilike ${like} or about.name ilike ${like})`,
      ),
    )
    .$if(who !== undefined, (s) => s.where('a.actor_kind', '=', who ?? 'operator'))
    .$if(action !== '', (s) => s.where('a.action', '=', action))
    .$if(from !== undefined, (s) => s.where('a.at', '>=', new Date(`${from}T00:00:00Z`)))
    .$if(until !== undefined, (s) => s.where('a.at', '<', dayAfter(until ?? '')))
}

function dayAfter(day: string): Date {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + 1)
  return at
}

/** The rows of it, the newest first. */
export const selectEntries = (db: ReadDb, tenant_id: string, filter: Filter) =>
  selectAudit(db, tenant_id, filter)
    .select(['a.audit_id', 'a.at', 'a.actor_kind', 'a.actor', 'a.user_id', 'u.email', 'a.action'])
    .select(['a.subject_kind', 'a.subject_id', 'a.detail', 'about.name as about'])
    .orderBy('a.audit_id', 'desc')
export type Entry = Awaited<ReturnType<ReturnType<typeof selectEntries>['execute']>>[number]

/** Every kind of thing that was ever done there, to choose from. */
export async function readActions(db: ReadDb, tenant_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_log')
    .select('action')
    .distinct()
    .where('tenant_id', '=', tenant_id)
    .orderBy('action')
    .execute()
  return rows.map(({ action }) => action)
}
