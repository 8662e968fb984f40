import { withSignal } from '../abort.ts'
import { webhookBody } from '../adcp/webhook_payload.ts'
import { authenticated } from '../webhooks/authenticate.ts'
import { outcomeOf, outcomeOfError, type Outcome } from '../webhooks/outcome.ts'
import { send } from '../webhooks/send.ts'
import { inSpan } from '../trace.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { claimAttempt, settleAttempt, type Attempt } from './webhooks/attempt.ts'
import { openProof, openToken } from './webhooks/proof.ts'

/**
 * Tells a buyer once, if its webhook is due and no other worker is at it. The attempt is written down before it is made, so one
 * that a dying worker leaves behind is known; the buyer may hear twice then, with the same id and bytes.
 */
export const deliverWebhook = defineTask({
  name: 'deliver_webhook',
  async run({ webhook_event_id }, ctx) {
    const attempt = await claimAttempt(ctx.db, webhook_event_id, ctx.clock())
    if (!attempt) return
    const span = { name: 'webhook', kind: 'client', attributes: { attempt: attempt.attempt } } as const
    const outcome = await inSpan(span, async (note) => {
      const told = await tell(attempt, ctx)
      note({ outcome: told.type }, told.type === 'delivered' ? undefined : told.result)
      return told
    })
    const { attempt: number, media_buy_id } = attempt
    const seen = { webhook_event_id, media_buy_id, number, outcome: outcome.type, result: outcome.result }
    ctx.log[outcome.type === 'delivered' ? 'info' : 'warn'](seen, 'webhook')
    await settleAttempt(ctx.db, attempt, outcome, ctx.clock())
  },
})

async function tell(attempt: Attempt, ctx: TaskContext): Promise<Outcome> {
  const { seal, allowLoopback, deadlineMs } = ctx.webhooks
  try {
    const body = webhookBody(attempt.payload, openToken(seal, attempt))
    const proof = await openProof(ctx.db, seal, attempt, ctx.clock())
    const sending = authenticated(attempt.url, body, proof, ctx.clock())
    return await withSignal([ctx.signal], deadlineMs, async (signal) =>
      outcomeOf(await send(sending, { allowLoopback, signal })),
    )
  } catch (error) {
    if ((error as Error).name === 'SealError') ctx.log.error((error as Error).message)
    return outcomeOfError(error)
  }
}
