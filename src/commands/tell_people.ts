import { jsonb, type Trx } from '../db/database.ts'
import type { NoticeKind } from '../db/schema.ts'
import { enqueue } from '../jobs.ts'

export interface Notice {
  tenant_id: string
  kind: NoticeKind
  /** The workflow step, media buy, creative (`subjectOfCreative`), run of a synchronisation or day it is about. */
  subject_id: string
  /** Tells notices of one kind about one subject apart, where there may be several: a time, a number. */
  occasion?: string
  detail?: Record<string, unknown>
  now: Date
}

/**
 * Tells a publisher's people what happened or waits for them, in the transaction of what happened: a notice, and where they are in
 * Slack a job that posts it. The same kind, subject and occasion again is no news.
 */
export async function tellPeople(trx: Trx, { now, detail = {}, ...notice }: Notice): Promise<void> {
  const told = await trx
    .insertInto('notices')
    .values({ ...notice, detail: jsonb(detail), created_at: now })
    .onConflict((oc) => oc.doNothing())
    .returning('notice_id')
    .executeTakeFirst()
  if (!told) return
  const { tenant_id } = notice
  const posted = await trx
    .insertInto('slack_posts')
    .columns(['notice_id', 'tenant_id'])
    .expression(
      trx
        .selectFrom('slack_connections')
        .select(({ val }) => [val(told.notice_id).$castTo<string>().as('notice_id'), 'tenant_id'])
        .where('tenant_id', '=', tenant_id)
        .where('uninstalled_at', 'is', null),
    )
    .returning('notice_id')
    .executeTakeFirst()
  if (posted) await enqueue(trx, 'tell_slack', { tenant_id })
}

/** How notices name a creative; its own id is only unique among those of its buyer. */
export const subjectOfCreative = (creative: { principal_id: string; creative_id: string }) =>
  `${creative.principal_id}/${creative.creative_id}`
