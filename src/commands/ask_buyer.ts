import { nextLook, whileAsked } from '../adcp/approval_times.ts'
import { asked } from '../adcp/question.ts'
import type { Db, Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import { selectStep, type Step } from './approval_step.ts'
import { recordAudit } from './record.ts'
import { readListener, tellBuyer } from './tell_buyer.ts'
import { tellPeople } from './tell_people.ts'
import { isUndecided } from './workflow_step_lifecycle.ts'

export interface NewQuestion {
  tenant_id: string
  /** A workflow step's id, the buyer's task_id or the media buy's id. */
  id: string
  question: string
  asked_by: string
  user_id?: string
  now: Date
}
export type AskOutcome =
  | { type: 'asked'; media_buy_id: string; context_id: string }
  /** The buyer has one question at a time, and did not answer this one yet. */
  | { type: 'already_asked'; question: string; asked_by: string }
  | { type: 'already_decided'; status: string; decided_by: string | null }
  | { type: 'not_found' }

/**
 * Asks the buyer something before its purchase, or its change of one, is decided on. The request then waits for the buyer, who
 * reads the question in tasks_get and, where it listens, in a webhook; people may decide all the same.
 */
export async function askBuyer(db: Db, ask: NewQuestion): Promise<AskOutcome> {
  return db.transaction().execute(async (trx) => {
    const step = await selectStep(trx, ask).forUpdate('step').executeTakeFirst()
    if (!step) return { type: 'not_found' }
    const { media_buy_id, status, decided_by } = step
    if (!isUndecided(status)) return { type: 'already_decided', status, decided_by }
    const open = await selectOpenQuestion(trx, step.workflow_step_id).executeTakeFirst()
    if (open) return { type: 'already_asked', ...open }
    const context_id = newId('ctx')
    await keep(trx, ask, step, context_id)
    await tellEverybody(trx, ask, step, context_id)
    return { type: 'asked', media_buy_id, context_id }
  })
}

async function keep(trx: Trx, ask: NewQuestion, step: Step, context_id: string) {
  const { question, asked_by, user_id = null, now } = ask
  const { tenant_id, workflow_step_id } = step
  await trx
    .insertInto('approval_questions')
    .values({ context_id, tenant_id, workflow_step_id, question, asked_by, user_id, asked_at: now })
    .execute()
  const { expire_at, expire_reason, waits_since } = step
  const times = { ...noTimes, expire_at, expire_reason, waits_since: waits_since ?? now }
  await trx
    .updateTable('workflow_steps')
    .set({ status: 'input_required', updated_at: now, clock_at: nextLook(whileAsked(times), now) })
    .where('workflow_step_id', '=', workflow_step_id)
    .execute()
}

const noTimes = { deadline: null, remind_after_hours: null, escalate_at: null }

async function tellEverybody(trx: Trx, ask: NewQuestion, step: Step, context_id: string) {
  const { question, asked_by, user_id, now } = ask
  const { tenant_id, workflow_step_id: subject_id, media_buy_id, task_id, task_type } = step
  const actor = { kind: 'approver', name: asked_by, ...(user_id !== undefined && { user_id }) } as const
  await recordAudit(trx, actor, {
    tenant_id,
    action: 'ask_buyer',
    subject_kind: 'workflow_step',
    subject_id,
    detail: { media_buy_id, context_id, question },
  })
  await tellPeople(trx, { tenant_id, kind: 'approval_changed', subject_id, occasion: context_id, now })
  const listener = await readListener(trx, { media_buy_id, task_id: task_id ?? '' })
  if (!listener) return
  const message = asked({ context_id, task_type, question })
  const result = { reason: 'APPROVAL_REQUIRED' }
  await tellBuyer(trx, listener, { status: 'input-required', message, context_id, result, now })
}

const selectOpenQuestion = (trx: Trx, workflow_step_id: string) =>
  trx
    .selectFrom('approval_questions')
    .select(['question', 'asked_by'])
    .where('workflow_step_id', '=', workflow_step_id)
    .where('answered_at', 'is', null)
