import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { afterAnswer, nextLook } from '../adcp/approval_times.ts'
import { AdcpError, throwProblems, type Problem } from '../adcp/error.ts'
import { answerOf, asked, howToAnswer } from '../adcp/question.ts'
import { withoutSecrets } from '../adcp/request_hash.ts'
import type { AccountRef } from '../adcp/request_schemas.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import type { PushNotificationConfig } from '../adcp/webhook_schemas.ts'
import type { Trx } from '../db/database.ts'
import { isAccount } from '../queries/accounts.ts'
import { answerOnce } from './answer_once.ts'
import { keepPushNotificationConfig, type WebhookTerms } from './keep_push_notification_config.ts'
import { recordAudit } from './record.ts'
import { tellPeople } from './tell_people.ts'

type Request = Record<string, unknown> & {
  idempotency_key: string
  account: AccountRef
  context_id?: string | undefined
  ext?: unknown
  push_notification_config?: PushNotificationConfig | undefined
  context?: Record<string, unknown> | undefined
}
export interface Answering {
  principal: { tenant_id: string; principal_id: string; name: string; sandbox: boolean }
  version: AdcpVersion
  webhooks: WebhookTerms | undefined
  tool: 'create_media_buy' | 'update_media_buy'
  request: Request
  now: Date
}
export type Question = NonNullable<Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirst']>>>

/** Whether a request answers a question, so that it must not be taken for a new one. */
export const isAnswer = ({ context_id, ext }: Pick<Request, 'context_id' | 'ext'>): boolean =>
  context_id !== undefined || answerOf(ext) !== undefined

/**
 * Takes a buyer's answer to what people asked it about a purchase or a change, once: people are told, and the request waits for
 * them again. `told` says what the buyer hears. @throws AdcpError where it answers nothing, and as answerOnce does
 */
export async function answerQuestion(
  trx: Trx,
  answering: Answering,
  told: (question: Question) => Promise<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const { principal, tool, request, now } = answering
  const question = await select(trx, principal, request).executeTakeFirst()
  if (!question) throw request.context_id === undefined ? contextMissing(tool) : notAsked
  const { principal_id } = principal
  const attempt = { principal_id, account_id: question.account_id, tool, request, now }
  return answerOnce(trx, attempt, async () => {
    // an answer, a decision and another answer at once: each sees what the one before left
    await lockStep(trx, question.workflow_step_id)
    const now_asked = await select(trx, principal, request).executeTakeFirstOrThrow()
    throwProblems(problemsOf(now_asked, tool, request))
    await keep(trx, now_asked, principal.name, answerOf(request.ext) ?? '', now)
    await listenAnew(trx, answering, now_asked)
    return told(now_asked)
  })
}

function problemsOf(question: Question, tool: Answering['tool'], request: Request): Problem[] {
  const { task_type, status, answered_at, task_id } = question
  if (answered_at) return [settled(`This question was answered before.`, task_id)]
  if (status !== 'input_required') return [settled('The publisher has decided without an answer.', task_id)]
  if (task_type !== tool)
    return [{ ...invalid, message: `This was asked about ${task_type}.`, suggestion: howToAnswer(question) }]
  if (answerOf(request.ext) === undefined)
    return [
      {
        ...invalid,
        message: asked(question),
        field: 'ext.salesdesk.answer',
        suggestion: 'Ask the person you buy for, if you do not know.',
      },
    ]
  return differing(question.request as Record<string, unknown>, request)
}

/** Not part of what is asked for, or may be said anew at any time. */
const envelope = new Set(
  'idempotency_key context context_id ext account revision adcp_version adcp_major_version push_notification_config governance_context'.split(
    ' ',
  ),
)

/** An answer is no way to change the request it is about: people would agree to something else than they saw. */
function differing(kept: Record<string, unknown>, request: Request): Problem[] {
  return Object.entries(withoutSecrets(request))
    .filter(([name, value]) => !envelope.has(name) && !isDeepStrictEqual(kept[name], value))
    .map(([field]) => ({
      ...invalid,
      message: `${field} is not as you first sent it, and an answer changes nothing about the request.`,
      field,
      suggestion:
        'Send it as it was, or leave it out where it may be; say in the answer what should be different.',
    }))
}

async function keep(trx: Trx, question: Question, name: string, answer: string, now: Date) {
  const { context_id, tenant_id, workflow_step_id: subject_id, media_buy_id, asked_at, ...step } = question
  await trx
    .updateTable('approval_questions')
    .set({ answer, answered_at: now })
    .where('context_id', '=', context_id)
    .execute()
  const times = step.waits_since && afterAnswer({ ...step, waits_since: step.waits_since }, asked_at, now)
  const { waits_since, deadline, escalate_at } = times ?? step
  await trx
    .updateTable('workflow_steps')
    .set({ status: 'requires_approval', updated_at: now, waits_since, deadline, escalate_at })
    .set({ clock_at: times ? nextLook(times, now) : null })
    .where('workflow_step_id', '=', subject_id)
    .execute()
  const notice = { tenant_id, kind: 'approval_answered', subject_id, occasion: context_id, now } as const
  await tellPeople(trx, notice)
  const detail = { media_buy_id, context_id, answer }
  const actor = { kind: 'buyer', name } as const
  await recordAudit(trx, actor, {
    tenant_id,
    action: 'answer_question',
    subject_kind: 'workflow_step',
    subject_id,
    detail,
  })
}

/** Agents send along where they want to be told, and must not wait there for what goes elsewhere. */
async function listenAnew(
  trx: Trx,
  { tool, request, version, webhooks, now }: Answering,
  question: Question,
) {
  const { push_notification_config: config, context } = request
  const { tenant_id, media_buy_id, task_id } = question
  if (!config || !webhooks || task_id === null) return
  const task = { tenant_id, media_buy_id, task_id, task_type: tool }
  await keepPushNotificationConfig(trx, webhooks, { ...task, config, version, context, now })
}

const lockStep = (trx: Trx, workflow_step_id: string) =>
  trx
    .selectFrom('workflow_steps')
    .select('workflow_step_id')
    .where('workflow_step_id', '=', workflow_step_id)
    .forUpdate()
    .execute()

/** The question with what it is about, if it was put to this principal on the account it names. */
function select(trx: Trx, { tenant_id, principal_id, sandbox }: Answering['principal'], request: Request) {
  return (
    trx
      .selectFrom('approval_questions as q')
      .innerJoin('workflow_steps as step', 'step.workflow_step_id', 'q.workflow_step_id')
      .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
      .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
      .leftJoin('media_buy_updates as u', 'u.workflow_step_id', 'step.workflow_step_id')
      .select(['q.context_id', 'q.question', 'q.asked_at', 'q.answered_at', 'q.workflow_step_id'])
      .select(['step.tenant_id', 'step.media_buy_id', 'step.task_id', 'step.task_type', 'step.status'])
      .select(['step.waits_since', 'step.deadline', 'step.remind_after_hours', 'step.escalate_at'])
      .select(['step.expire_at', 'step.expire_reason', 'account.account_id'])
      .select(sql<unknown>`coalesce(u.request, buy.request)`.as('request'))
      .where('q.context_id', '=', request.context_id ?? '')
      .where('buy.tenant_id', '=', tenant_id)
      .where('buy.principal_id', '=', principal_id)
      // in the sandbox one buyer plays with several accounts and means its own buy all the same
      .$if(!sandbox, (q) => q.where(isAccount(request.account)))
  )
}

/** What a buyer hears of an answer that arrived. */
export const ANSWER_HEARD =
  'The publisher has your answer, and a person decides. Follow task_id with tasks_get.'

const invalid = { code: 'INVALID_REQUEST' } as const
const settled = (message: string, task_id: string | null): Problem => ({
  code: 'INVALID_STATE',
  message,
  field: 'context_id',
  suggestion: `See with tasks_get what became of ${task_id ?? 'it'}; leave context_id out to ask for something new.`,
})
const contextMissing = (tool: string) =>
  new AdcpError({
    ...invalid,
    message: 'ext.salesdesk.answer answers a question, and there is no context_id to say which.',
    field: 'context_id',
    suggestion: `Use the context_id of tasks_get, or leave the answer out to send a new ${tool}.`,
  })
const notAsked = new AdcpError({
  code: 'REFERENCE_NOT_FOUND',
  message: 'You were asked nothing under this context_id on this account.',
  field: 'context_id',
  suggestion: 'Use the context_id and account of a task that is input-required; leave context_id out to buy.',
})
