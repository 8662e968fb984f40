import { AdapterError } from '../../adapters/adapter.ts'
import type { Db } from '../../db/database.ts'
import type { Log } from '../../log.ts'
import { settleNeedsHuman, settleRefused, type Question } from './give_up.ts'
import type { Fulfilment, Step } from './read.ts'
import { isOutOfPatience, retryAt } from './retry.ts'
import { settleLater } from './settle.ts'
import { isInDoubt } from './states.ts'

interface ErrorContext {
  db: Db
  log: Log
  clock: () => Date
  signal: AbortSignal
}

/** Settles what a plan or step ended with instead of an answer. @throws what is not from the ad server: the database, or a bug */
export async function settleError(
  ctx: ErrorContext,
  fulfilment: Fulfilment,
  step: Step | undefined,
  lagSeconds: number,
  error: unknown,
): Promise<void> {
  // graphile-worker tries again, and an intent left behind is reconciled then
  if (!(error instanceof AdapterError)) throw error
  const { db } = ctx
  const now = ctx.clock()
  const { code, message } = error
  const fault = { code, message }
  const about = { media_buy_id: fulfilment.media_buy_id, step: step?.kind, class: error.class, code }
  ctx.log.warn(about, message)
  const in_doubt = step !== undefined && isInDoubt(step)
  switch (error.class) {
    case 'permanent':
      return settleRefused(db, fulfilment, step, fault, now)
    case 'needs_human':
    case 'config': {
      const suggested_action = actions[error.class]
      return settleNeedsHuman(db, fulfilment, step, { ...fault, suggested_action, in_doubt }, now)
    }
    case 'transient':
    case 'rate_limited':
    case 'ambiguous': {
      if (!step) throw error
      const suggested_action = 'Look at the ad server; it has not answered usefully for a day.'
      if (isOutOfPatience(step, now)) {
        const question = { ...fault, suggested_action, in_doubt: error.class === 'ambiguous' }
        return settleNeedsHuman(db, fulfilment, step, question, now)
      }
      // a worker that is told to stop hands the step over at once
      const at = ctx.signal.aborted ? now : retryAt(step, error, lagSeconds, now)
      const unsent = step.state === 'waiting' ? 'waiting' : 'planned'
      const state = error.class === 'ambiguous' ? 'intent' : unsent
      return settleLater(db, fulfilment, step, { state, at, fault, now })
    }
  }
}

const actions = {
  needs_human: 'Put it right, then retry.',
  config: 'Correct the connection to the ad server, then retry.',
}

/** The ad server holds something else under a step's key. */
export function conflict({ external_key }: Step, detail: string): Question {
  return {
    code: 'conflict',
    message: `The ad server holds something else under ${external_key}: ${detail}`,
    suggested_action:
      'Compare it with the media buy there. If one is right, skip the step with its id; or put it right and retry.',
    in_doubt: true,
  }
}

/** The ad server said that it needs time, for too long. */
export function waitedTooLong(reason: string): Question {
  return {
    code: 'waited_too_long',
    message: `The ad server keeps us waiting: ${reason}.`,
    suggested_action: 'See on the ad server what the order is waiting for, then retry.',
  }
}
