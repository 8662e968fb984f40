import { z } from 'zod'
import type { AskOutcome } from '../../../commands/ask_buyer.ts'
import type { Decision, DecisionOutcome } from '../../../commands/decide_approval.ts'
import type { ApprovalRequest } from '../../../queries/approval_requests.ts'
import { LongField } from '../../parts/field.tsx'
import { day } from '../../parts/figures.tsx'
import type { Problems } from '../../problems.ts'

/** What was typed into one of the forms and could not be taken. */
export interface Typed {
  values: Partial<Record<string, string>>
  problems: Problems
}

/** A rejection says why, and a question something; the buyer reads both. */
export const rejecting = z.object({
  reason: z.string().trim().min(1, 'Say why: the buyer reads it.').max(500, 'At most 500 characters.'),
})
export const asking = z.object({
  question: z.string().trim().min(1, 'Write what you want to know.').max(1000, 'At most 1,000 characters.'),
})

/** The ways to decide on a request that waits, and to ask its buyer something first. */
export function Decide({ request, here, typed }: { request: ApprovalRequest; here: string; typed: Typed }) {
  const { values, problems } = typed
  const { approvals_needed, agreed, status } = request
  const alone = approvals_needed - agreed.length <= 1
  return (
    <section class="decide" id="decide" aria-label="Decide">
      <form method="post" action={`${here}/approve`}>
        <h2>Approve</h2>
        <p class="hint">
          {alone ? 'A worker places it on the ad servers at once.' : 'Somebody else must agree after you.'}
        </p>
        <button class="primary">Approve</button>
      </form>
      <form method="post" action={`${here}/reject`}>
        <h2>Reject</h2>
        <LongField
          name="reason"
          label="Reason"
          hint="The buyer reads this."
          required
          maxlength={500}
          {...{ value: values['reason'] ?? '', problem: problems['reason'] }}
        />
        <button class="danger">Reject</button>
      </form>
      {status === 'requires_approval' && (
        <form method="post" action={`${here}/ask`}>
          <h2>Ask the buyer</h2>
          <LongField
            name="question"
            label="Question"
            hint="The buyer reads this. You can still decide."
            required
            maxlength={1000}
            {...{ value: values['question'] ?? '', problem: problems['question'] }}
          />
          <button>Ask</button>
        </form>
      )}
    </section>
  )
}

/** What a decision led to, for whoever made it. */
export function told(outcome: DecisionOutcome, decision: Decision['decision']): string {
  switch (outcome.type) {
    case 'recorded':
      return decision === 'approved'
        ? 'Approved. A worker places it now.'
        : 'Rejected. The buyer is told why.'
    case 'another_must_agree':
      return `${outcome.again ? 'You had agreed before.' : 'You agree.'} Somebody else must agree too before it is approved.`
    case 'already_decided':
      return `Nothing was changed: ${outcome.decided_by ?? 'somebody'} had decided before (${outcome.status}).`
    case 'no_longer_fits':
      return `This change no longer fits: ${outcome.problems.map(({ message }) => message).join(' ')}`
    case 'too_late':
      return `The flight ended on ${day(outcome.end_time)}; it can only be rejected now.`
    case 'not_found':
      return 'There is no such request any more.'
  }
}

/** What became of a question, for whoever asked it. */
export function toldOfQuestion(outcome: AskOutcome): string {
  switch (outcome.type) {
    case 'asked':
      return 'Asked. The buyer reads it when it next looks, and the answer appears here.'
    case 'already_asked':
      return `Nothing was asked: ${outcome.asked_by} has asked “${outcome.question}” and there is no answer yet.`
    case 'already_decided':
      return `Nothing was asked: ${outcome.decided_by ?? 'somebody'} had decided before (${outcome.status}).`
    case 'not_found':
      return 'There is no such request any more.'
  }
}
