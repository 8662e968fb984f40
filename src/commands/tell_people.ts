import { jsonb, type Trx } from '../db/database.ts'
import type { NoticeKind } from '../db/schema.ts'

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
 * Tells a publisher's people what happened or waits for them, in the transaction of what happened. The same kind, subject and
 * occasion again is no news.
 */
export async function tellPeople(trx: Trx, { now, detail = {}, ...notice }: Notice): Promise<void> {
  await trx
    .insertInto('notices')
    .values({ ...notice, detail: jsonb(detail), created_at: now })
    .onConflict((oc) => oc.doNothing())
    .execute()
}
