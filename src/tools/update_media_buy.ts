import { bookedThere } from '../adcp/booked_order_answers.ts'
import { AdcpError } from '../adcp/error.ts'
import { updatedMediaBuy } from '../adcp/media_buy_answers.ts'
import { announceUpdate } from '../commands/announce_update.ts'
import { answerOnce } from '../commands/answer_once.ts'
import { answerQuestion, isAnswer } from '../commands/answer_question.ts'
import { changeMediaBuy } from '../commands/change_media_buy.ts'
import { keepPushNotificationConfig } from '../commands/keep_push_notification_config.ts'
import { keepReportingWebhook } from '../commands/keep_reporting_webhook.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Db, Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import { isAccount } from '../queries/accounts.ts'
import { readBookedAmong } from '../queries/booked_orders.ts'
import { readMediaBuy } from '../queries/media_buys.ts'
import { writeTool, type Output, type Principal, type ToolContext } from './define-tool.ts'
import { answered } from './update_media_buy/answered.ts'
import { askPerson } from './update_media_buy/ask_person.ts'
import { request as input, type Request } from './update_media_buy/request.ts'

export const updateMediaBuy = writeTool({
  name: 'update_media_buy',
  title: 'Change what was bought',
  description:
    'Change a media buy: pause, resume, cancel, budgets, bids, dates, targeting, creatives, more packages. Only what you send changes; targeting_overlay and creative_assignments replace what was there. See valid_actions for what is possible now. Canceling is for good. More money may need a person at the publisher. To buy anew use create_media_buy. Example: {"idempotency_key": "put-a-new-uuid-here", "account": {"account_id": "acc_…"}, "media_buy_id": "mb_…", "paused": true}',
  destructive: true,
  input,
  summary,
  /** One transaction, as create_media_buy has: the change with all that follows from it, and the answer under its key. */
  async handle(request, ctx) {
    const { principal, now } = ctx
    const tool = 'update_media_buy'
    return inTransaction(ctx.db, async (trx) => {
      if (isAnswer(request))
        return answerQuestion(trx, { ...ctx, tool, request }, (question) => answered(trx, ctx, question))
      const buy = await selectAccount(trx, principal, request).executeTakeFirst()
      if (!buy) throw await unchangeable(trx, ctx, request)
      const { principal_id } = principal
      const attempt = { principal_id, account_id: buy.account_id, tool, request, now }
      return answerOnce(trx, attempt, () => change(trx, ctx, request))
    })
  },
})

async function change(trx: Trx, ctx: ToolContext<Db>, request: Request): Promise<Output> {
  const { principal, now, version } = ctx
  const { media_buy_id } = request
  const actor = { kind: 'buyer', name: principal.name } as const
  const outcome = await changeMediaBuy(trx, principal, { media_buy_id, request, actor, now })
  if (outcome.type === 'not_found') throw notFound
  const task_id = newId('task')
  const note = {
    ...(await subscribe(trx, ctx, request, task_id)),
    ...(await subscribeToReports(trx, ctx, request)),
  }
  if (outcome.type === 'needs_person')
    return { ...(await askPerson(trx, ctx, request, outcome, task_id)), ...note }
  await announceUpdate(trx, { media_buy_id, task_id, now, affected: outcome.affected })
  const row = await readMediaBuy(trx, principal, media_buy_id)
  const update = { affected: outcome.affected, implementation_date: now }
  return { ...updatedMediaBuy(row, update, version), ...note }
}

/** Keeps where the buyer wants to be told; it must not wait for a webhook that does not come. */
async function subscribe(
  trx: Trx,
  { principal, version, now, webhooks }: ToolContext<Db>,
  { media_buy_id, push_notification_config: config, context }: Request,
  task_id: string,
): Promise<Output> {
  if (!config) return {}
  if (!webhooks) return { message: 'This seller sends no webhooks: see get_media_buys and tasks_get.' }
  const task = {
    tenant_id: principal.tenant_id,
    media_buy_id,
    task_id,
    task_type: 'update_media_buy',
  } as const
  await keepPushNotificationConfig(trx, webhooks, { ...task, config, version, context, now })
  return {}
}

/** Reports go where the buyer now says, whether or not a person must agree to the rest. */
async function subscribeToReports(
  trx: Trx,
  { principal: { tenant_id }, version, now, webhooks }: ToolContext<Db>,
  { media_buy_id, reporting_webhook: config, context }: Request,
): Promise<Output> {
  if (!config) return {}
  const subscription = { tenant_id, media_buy_id, config, version, context, now }
  const reported = webhooks && (await keepReportingWebhook(trx, webhooks, subscription))
  return reported ? {} : { message: 'Not reported by webhook here: ask get_media_buy_delivery instead.' }
}

/** The buy if it is this principal's, on the account named, and accepted: before that it is a task. */
function selectAccount(trx: Trx, principal: Principal, { media_buy_id, account }: Request) {
  return (
    trx
      .selectFrom('media_buys as buy')
      .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
      .select('account.account_id')
      .where('buy.media_buy_id', '=', media_buy_id)
      .where('buy.tenant_id', '=', principal.tenant_id)
      .where('buy.principal_id', '=', principal.principal_id)
      .where('buy.confirmed_at', 'is not', null)
      // in the sandbox one buyer plays with several accounts and means its own buy all the same
      .$if(!principal.sandbox, (q) => q.where(isAccount(account)))
  )
}

/** What people booked on an ad server is changed there. */
async function unchangeable(trx: Trx, { principal, now }: ToolContext<Db>, { media_buy_id }: Request) {
  const [there] = await readBookedAmong(trx, principal, [media_buy_id], now)
  return there ? new AdcpError(bookedThere(there, 'change', 'media_buy_id')) : notFound
}

const notFound = new AdcpError({
  code: 'MEDIA_BUY_NOT_FOUND',
  message: 'There is no such media buy of yours on this account.',
  field: 'media_buy_id',
  suggestion: 'Use media_buy_id and account as get_media_buys lists them.',
})

function summary(output: Output): string {
  const id = String(output['media_buy_id'])
  if (typeof output['task_id'] === 'string')
    return `Not changed yet: a person at the publisher must agree. Follow task_id ${output['task_id']} with tasks_get.`
  return `${id} is ${String(output['media_buy_status'])}, revision ${String(output['revision'])}.`
}
