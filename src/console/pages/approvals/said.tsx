import { isOpen } from '../../../blocks/warnings.ts'
import type { ApprovalRequest } from '../../../queries/approval_requests.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { When } from '../../parts/figures.tsx'

/** How a request stands, in a badge. */
export function Stands({ status }: Pick<ApprovalRequest, 'status'>) {
  if (status === 'requires_approval') return <Badge status="waits for a decision" tone="waiting" />
  if (status === 'input_required') return <Badge status="waits for the buyer" tone="waiting" />
  return status === 'completed' ? <Badge status="approved" /> : <Badge status={status} />
}

const words: Partial<Record<ApprovalRequest['status'], string>> = {
  completed: 'Approved',
  rejected: 'Rejected',
  canceled: 'Called off, because its media buy is over',
}

/** What was decided, and what became of it on the ad servers. */
export function Outcome({ request, at, visit }: { request: ApprovalRequest; at: Date; visit: Visit }) {
  if (isOpen(request)) return null
  const { status, decided_by, decided_at, reason, orders } = request
  return (
    <section class="card" aria-label="The decision">
      <p>
        <strong>
          {words[status] ?? status}
          {decided_by !== null && ` by ${decided_by}`}
        </strong>{' '}
        <When at={decided_at ?? at} now={visit.now} />
        {reason !== null && `: ${reason}`}
      </p>
      {status === 'completed' &&
        orders.map(({ connection, state, message }) => (
          <p>
            {connection}: <Badge status={state} /> {message}
          </p>
        ))}
    </section>
  )
}

/** What the buyer was asked, and what it answered. */
export function Questions({ request: { questions }, visit }: { request: ApprovalRequest; visit: Visit }) {
  if (questions.length === 0) return null
  return (
    <>
      <h2>Questions to the buyer</h2>
      <ul class="questions">
        {questions.map(({ question, asked_by, asked_at, answer, answered_at }) => (
          <li class="card">
            <p class="faint">
              {asked_by} asked <When at={new Date(asked_at)} now={visit.now} />
            </p>
            <p>{question}</p>
            {answer === null || answered_at === null ? (
              <p>
                <Badge status="no answer yet" tone="waiting" />
              </p>
            ) : (
              <>
                <p class="faint">
                  The buyer answered <When at={new Date(answered_at)} now={visit.now} />
                </p>
                <p class="answer">{answer}</p>
              </>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
