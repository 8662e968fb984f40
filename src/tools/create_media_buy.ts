import { answerOnce } from '../commands/answer_once.ts'
import { ANSWER_HEARD, answerQuestion, isAnswer, type Question } from '../commands/answer_question.ts'
import { resolveAccount } from '../commands/resolve_account.ts'
import { inTransaction } from '../db/transaction.ts'
import { agree } from './create_media_buy/agree.ts'
import { book } from './create_media_buy/book.ts'
import { takeForcedQuestion, takeForcedTask } from './create_media_buy/forced_arm.ts'
import { request as input } from './create_media_buy/request.ts'
import { writeTool, type Output } from './define-tool.ts'
import { quoted } from '../adcp/quoted.ts'

export const createMediaBuy = writeTool({
  name: 'create_media_buy',
  title: 'Buy advertising',
  description:
    'Buy products found with get_products. Spends money: agree products, budget and dates with the person you buy for first. Answers at once with a media_buy_id, or with status "submitted" and a task_id when a person at the publisher must approve (follow it with tasks_get). If unsure whether a call arrived, send it again with the same idempotency_key: nothing is bought twice. To change a buy use update_media_buy. Example: {"idempotency_key": "put-a-new-uuid-here", "account": {"account_id": "acc_…"}, "brand": {"domain": "acme.example"}, "packages": [{"product_id": "…", "pricing_option_id": "…", "budget": 4000, "bid_price": 5}], "start_time": "asap", "end_time": "2027-06-30T00:00:00Z"}',
  destructive: true,
  input,
  summary,
  /**
   * One transaction holds the idempotency key, the buy and all that follows from it, and the answer kept under the key.
   * It ends either with all of that or, after any error, with nothing.
   */
  async handle(request, ctx) {
    const { principal, now } = ctx
    const tool = 'create_media_buy'
    return inTransaction(ctx.db, async (trx) => {
      if (isAnswer(request)) return answerQuestion(trx, { ...ctx, tool, request }, heard)
      const account = await resolveAccount(trx, principal, request.account)
      const { principal_id } = principal
      const attempt = { principal_id, account_id: account.account_id, tool, request, now }
      const question = await takeForcedQuestion(trx, principal)
      if (question) return question
      return answerOnce(trx, attempt, async () => {
        const agreed = await agree(trx, ctx, request, account)
        const forced = await takeForcedTask(trx, principal)
        if (!forced) return book(trx, ctx, request, account, agreed)
        const waits = { ...agreed, people: 1 as const }
        const answer = await book(trx, ctx, request, account, waits, forced.task_id)
        return { ...answer, ...(forced.message !== null && { message: forced.message }) }
      })
    })
  },
})

const heard = ({ task_id }: Question): Promise<Output> =>
  Promise.resolve({ status: 'submitted', task_id, message: ANSWER_HEARD })

function summary(output: Output): string {
  if (output['status'] === 'submitted')
    return `Not bought yet: a person at the publisher must approve. Follow task_id ${String(output['task_id'])} with tasks_get.`
  if (output['status'] === 'input-required') return `Not bought: ${quoted(String(output['message']), 2000)}`
  return `Bought: ${String(output['media_buy_id'])}, now ${String(output['media_buy_status'])}. See it with get_media_buys.`
}
