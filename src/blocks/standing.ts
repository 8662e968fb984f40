import type { ApprovalRequest } from '../queries/approval_requests.ts'
import type { Block } from './block.ts'
import { moment } from './figures.ts'
import { questionLines } from './questions.ts'
import { context, lines, marked, oneLine, plain } from './words.ts'

const closedAs: Partial<Record<ApprovalRequest['status'], string>> = {
  completed: 'Approved',
  rejected: 'Rejected',
  canceled: 'Called off, because its media buy is over',
}
const orders = {
  placing: 'is being placed',
  changing: 'is being changed',
  waiting: 'waits for the ad server',
  placed: 'stands on the ad server',
  refused: 'was refused by the ad server',
  needs_human: 'needs a person',
  canceled: 'was taken back',
} as const

/** How a request stands: in a word or two, and in blocks that say who decided and what came of it, or until when one may. */
export function standing(request: ApprovalRequest): { title: string; said: Block[] } {
  const { status } = request
  if (status === 'requires_approval') return { title: 'Approval needed', said: stillOpen(request) }
  if (status === 'input_required') return { title: 'Waiting for the buyer', said: stillOpen(request) }
  return { title: status === 'canceled' ? 'Called off' : (closedAs[status] ?? status), said: closed(request) }
}

function closed({ status, decided_by, decided_at, reason, orders: on }: ApprovalRequest): Block[] {
  const by = decided_by === null ? '' : ` by ${oneLine(decidedBy(decided_by), 120)}`
  return [
    lines(`${closedAs[status] ?? status}${by}`, reason === null ? undefined : `Reason: ${reason}`),
    ...(decided_at === null ? [] : [context(marked(moment(decided_at)))]),
    ...(status === 'completed' ? on.slice(0, 5).map((order) => context(plain(outcome(order)))) : []),
  ]
}

/** Who decided, as people read it. */
export const decidedBy = (name: string): string =>
  name === 'clock' ? 'the clock: nobody decided in time' : name

function outcome({ connection, state, message }: ApprovalRequest['orders'][number]): string {
  const why = message === null ? '' : ` (${oneLine(message, 200)})`
  return `${oneLine(connection, 100)}: the order ${orders[state]}${why}`
}

function stillOpen(request: ApprovalRequest): Block[] {
  const { approvals_needed, agreed, status, deadline, expire_at } = request
  const said = [
    ...questionLines(request),
    ...(approvals_needed > 1
      ? [
          `${approvals_needed} people must agree${agreed.length > 0 ? `; ${agreed.join(' and ')} agreed` : ''}`,
        ]
      : []),
  ]
  return [
    ...said.map((line) => context(plain(line))),
    // the people's clock stands still while they wait for the buyer
    ...(deadline && status === 'requires_approval'
      ? [context(marked(`Decide before ${moment(deadline)}`))]
      : []),
    ...(expire_at ? [context(marked(`Declined by itself on ${moment(expire_at)}`))] : []),
  ]
}
