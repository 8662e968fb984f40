import type { Db } from '../../db/database.ts'
import type { NoticeKind } from '../../db/schema.ts'

/** A message in Slack that shows something people decide on. */
export interface Shown {
  channel_id: string
  ts: string
}
const showing: NoticeKind[] = ['approval_waiting', 'approval_escalated', 'needs_human', 'creative_review']

/** The messages that show a subject, the first one first. */
export async function subjectsShown(db: Db, tenant_id: string, subject_id: string): Promise<Shown[]> {
  const rows = await db
    .selectFrom('slack_posts as post')
    .innerJoin('notices as n', 'n.notice_id', 'post.notice_id')
    .select(['post.channel_id', 'post.ts'])
    .where('n.tenant_id', '=', tenant_id)
    .where('n.subject_id', '=', subject_id)
    .where('n.kind', 'in', showing)
    .orderBy('n.notice_id')
    .execute()
  return rows.flatMap(({ channel_id, ts }) =>
    channel_id !== null && ts !== null ? [{ channel_id, ts }] : [],
  )
}
