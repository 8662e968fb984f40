import { approvalMessage } from '../../blocks/approval.ts'
import type { Message } from '../../blocks/block.ts'
import { concernMessage } from '../../blocks/concern.ts'
import { creativeMessage } from '../../blocks/creative.ts'
import { questionMessage } from '../../blocks/question.ts'
import { answeredMessage } from '../../blocks/questions.ts'
import { reminderMessage } from '../../blocks/reminder.ts'
import { syncFailedMessage, type FailedSync } from '../../blocks/sync_failed.ts'
import { summaryMessage } from '../../blocks/waiting.ts'
import { isOpen } from '../../blocks/warnings.ts'
import type { Db } from '../../db/database.ts'
import type { NoticeKind } from '../../db/schema.ts'
import { selectApprovalRequests } from '../../queries/approval_requests.ts'
import { selectTroubledBuys } from '../../queries/concerns.ts'
import { selectQuestions, selectReviewedCreatives } from '../../queries/notice_subjects.ts'
import { readDay, readWaiting } from '../../queries/waiting.ts'
import { subjectsShown, type Shown } from './shown.ts'

export interface WaitingNotice {
  notice_id: string
  tenant_id: string
  kind: NoticeKind
  subject_id: string
  detail: Record<string, unknown>
  created_at: Date
  tried_at: Date | null
}
interface CreativeDetail {
  principal_id: string
  creative_id: string
  and_more: number
}
/** What a notice comes to: a message to post, and what messages of before are to say now. */
export interface Composed {
  post?: { message: Message; to: 'channel' | 'escalation'; below?: Shown | undefined }
  updates?: { message: Message; where: Shown[] }
}

/** As things stand now, which may be further than when the notice was written. Empty where there is nothing left to say. */
export async function compose(
  db: Db,
  notice: WaitingNotice,
  console: string | undefined,
  mayUpdate: boolean,
): Promise<Composed> {
  const { tenant_id, subject_id, kind, detail } = notice
  switch (kind) {
    case 'approval_waiting':
    case 'approval_changed':
    case 'approval_answered':
    case 'approval_escalated':
    case 'approval_reminder':
    case 'approval_settled':
      return ofApproval(db, notice, console, mayUpdate)
    case 'order_outcome':
      return ofOrder(db, tenant_id, subject_id, console, mayUpdate)
    case 'needs_human':
    case 'needs_human_settled': {
      const question = await selectQuestions(db, tenant_id)
        .where('w.workflow_step_id', '=', subject_id)
        .executeTakeFirst()
      if (!question) return {}
      if (kind === 'needs_human') {
        const post = { message: questionMessage(question, console), to: 'channel' } as const
        const { updates } = await ofOrder(db, tenant_id, question.media_buy_id, console, mayUpdate)
        return updates ? { post, updates } : { post }
      }
      const where = await subjectsShown(db, tenant_id, subject_id)
      return either(questionMessage(question, console), false, where, mayUpdate)
    }
    case 'creative_review':
    case 'creative_settled': {
      const { principal_id = '', creative_id = '', and_more } = detail as Partial<CreativeDetail>
      const creative = await selectReviewedCreatives(db, tenant_id)
        .where('c.principal_id', '=', principal_id)
        .where('c.creative_id', '=', creative_id)
        .executeTakeFirst()
      if (!creative) return {}
      const where = await subjectsShown(db, tenant_id, subject_id)
      const message = creativeMessage(creative, console, and_more)
      const told = either(message, kind === 'creative_review', where, mayUpdate)
      // what an earlier message asks about is no longer what the buyer has sent
      return told.post ? { ...told, updates: { message, where } } : told
    }
    case 'delivery_concern': {
      const troubled = await selectTroubledBuys(db, tenant_id)
        .where('buy.media_buy_id', '=', subject_id)
        .executeTakeFirst()
      return troubled ? { post: { message: concernMessage(troubled, console), to: 'channel' } } : {}
    }
    case 'sync_failed': {
      const { connection_id, kind: what, code, message } = detail as unknown as FailedSync
      const connection = await nameOf(db, tenant_id, connection_id)
      const failed = { connection_id, connection, kind: what, code, message }
      return { post: { message: syncFailedMessage(failed, console), to: 'channel' } }
    }
    case 'daily_summary': {
      const since = new Date(notice.created_at.getTime() - 86_400_000)
      const figures = await readDay(db, tenant_id, subject_id, since)
      const message = summaryMessage(figures, await readWaiting(db, tenant_id), console)
      return { post: { message, to: 'channel' } }
    }
  }
}

/** What opens is posted; what settles changes the messages there are or, where none can be changed, is posted too. */
function either(message: Message, opens: boolean, where: Shown[], mayUpdate: boolean): Composed {
  if (opens || !mayUpdate) return { post: { message, to: 'channel' } }
  return { updates: { message, where } }
}

async function ofApproval(
  db: Db,
  { tenant_id, subject_id, kind }: WaitingNotice,
  console: string | undefined,
  mayUpdate: boolean,
): Promise<Composed> {
  const request = await selectApprovalRequests(db, tenant_id)
    .where('step.workflow_step_id', '=', subject_id)
    .executeTakeFirst()
  if (!request) return {}
  const message = approvalMessage(request, console)
  const where = await subjectsShown(db, tenant_id, subject_id)
  const open = isOpen(request)
  if (kind === 'approval_waiting' || kind === 'approval_changed' || kind === 'approval_settled')
    return either(message, kind === 'approval_waiting', where, mayUpdate)
  if (!open) return {}
  if (kind === 'approval_answered')
    return {
      updates: { message, where },
      post: { message: answeredMessage(request, console), to: 'channel', below: where[0] },
    }
  if (kind === 'approval_escalated') return { post: { message, to: 'escalation' } }
  return { post: { message: reminderMessage(request, console), to: 'channel', below: where[0] } }
}

/** The approvals of a media buy say what became of its orders. */
async function ofOrder(
  db: Db,
  tenant_id: string,
  media_buy_id: string,
  console: string | undefined,
  mayUpdate: boolean,
): Promise<Composed> {
  const request = await selectApprovalRequests(db, tenant_id)
    .where('step.media_buy_id', '=', media_buy_id)
    .where('step.status', '=', 'completed')
    .orderBy('step.created_at', 'desc')
    .executeTakeFirst()
  if (!request) return {}
  const where = await subjectsShown(db, tenant_id, request.workflow_step_id)
  return either(approvalMessage(request, console), false, where, mayUpdate)
}

async function nameOf(db: Db, tenant_id: string, connection_id: string): Promise<string> {
  const row = await db
    .selectFrom('adapter_configs')
    .select('name')
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .executeTakeFirst()
  return row?.name ?? connection_id
}
