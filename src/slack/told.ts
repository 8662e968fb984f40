import { decidedBy } from '../blocks/standing.ts'
import type { AskOutcome } from '../commands/ask_buyer.ts'
import type { CreativeDecisionOutcome } from '../commands/decide_creative.ts'
import type { DecisionOutcome } from '../commands/decide_approval.ts'
import type { ResolutionOutcome } from '../commands/resolve_step.ts'

/** What a decision led to, for whoever made it; nothing where the message itself shows it. */
export function toldOfDecision(outcome: DecisionOutcome): string | undefined {
  switch (outcome.type) {
    case 'recorded':
      return undefined
    case 'another_must_agree':
      return outcome.again
        ? 'You agreed before. Another person must agree too.'
        : 'Your yes is kept. Another person must agree too.'
    case 'already_decided':
      return before(outcome.status, outcome.decided_by, outcome.reason)
    case 'no_longer_fits':
      return `This no longer fits, and can only be rejected now: ${outcome.problems.map(({ message }) => message).join(' ')}`
    case 'too_late':
      return `The flight ended on ${outcome.end_time.toISOString().slice(0, 10)}; it can only be rejected now.`
    case 'not_found':
      return 'There is no such request any more.'
  }
}

export function toldOfQuestion(outcome: AskOutcome): string | undefined {
  switch (outcome.type) {
    case 'asked':
      return undefined
    case 'already_asked':
      return `Nothing was asked: ${outcome.asked_by} has asked “${outcome.question}”, and there is no answer yet.`
    case 'already_decided':
      return before(outcome.status, outcome.decided_by, null)
    case 'not_found':
      return 'There is no such request any more.'
  }
}

export function toldOfResolution(outcome: ResolutionOutcome): string | undefined {
  switch (outcome.type) {
    case 'recorded':
      return undefined
    case 'already_resolved':
      return before('seen to', outcome.by, outcome.reason)
    case 'external_id_missing':
      return `Say which id the ${outcome.object.replace('_', ' ')} made by hand has on the ad server.`
    case 'nothing_to_skip':
      return 'This is about the whole order, so nothing can be skipped. Retry or give it up.'
    case 'not_found':
      return 'There is no such question any more.'
  }
}

export function toldOfCreative(outcome: CreativeDecisionOutcome): string | undefined {
  switch (outcome.type) {
    case 'recorded':
      return undefined
    case 'already_decided':
      return before(outcome.status, outcome.by, outcome.reason)
    case 'changed_since':
      return 'Nothing was changed: the buyer has sent another version since. Look at the newest message.'
    case 'not_found':
      return 'There is no such creative any more.'
  }
}

function before(status: string, by: string | null, reason: string | null): string {
  const what = status === 'completed' ? 'approved' : status.replaceAll('_', ' ')
  return `Nothing was changed: it was ${what} before${by === null ? '' : ` by ${decidedBy(by)}`}${reason === null ? '' : ` (${reason})`}.`
}
