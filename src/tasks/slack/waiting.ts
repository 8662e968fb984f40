import type { Db } from '../../db/database.ts'
import type { WaitingNotice } from './compose.ts'

/** The notice Slack is to be told of next. */
export async function nextNotice(db: Db, tenant_id: string): Promise<WaitingNotice | undefined> {
  const row = await db
    .selectFrom('slack_posts as post')
    .innerJoin('notices as n', 'n.notice_id', 'post.notice_id')
    .select([
      'n.notice_id',
      'n.tenant_id',
      'n.kind',
      'n.subject_id',
      'n.detail',
      'n.created_at',
      'post.tried_at',
    ])
    .where('post.tenant_id', '=', tenant_id)
    .where('post.done_at', 'is', null)
    .orderBy('post.notice_id')
    .limit(1)
    .executeTakeFirst()
  return row && { ...row, detail: row.detail as Record<string, unknown> }
}

interface Done {
  posted?: { channel_id: string; ts: string } | undefined
  given_up?: string
}

/** Slack knows of it, or never will. */
export async function settlePost(db: Db, notice_id: string, { posted, given_up }: Done, now: Date) {
  await db
    .updateTable('slack_posts')
    .set({ done_at: now, ...posted, ...(given_up !== undefined && { given_up }) })
    .where('notice_id', '=', notice_id)
    .execute()
}

/** Writes down, before it is sent, that a message may arrive from now on; or that after all none did. */
export async function setTried(db: Db, notice_id: string, tried_at: Date | null) {
  await db.updateTable('slack_posts').set({ tried_at }).where('notice_id', '=', notice_id).execute()
}
