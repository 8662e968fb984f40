import type { ApprovalRequest } from '../queries/approval_requests.ts'
import type { Block, Message } from './block.ts'
import { questionLines } from './questions.ts'
import { flight, minute, money } from './figures.ts'
import { packageLines, targetingWords } from './packages.ts'
import { isOpen, warnings } from './warnings.ts'
import {
  actions,
  button,
  context,
  divider,
  escaped,
  header,
  lines,
  link,
  oneLine,
  plain,
  table,
} from './words.ts'

/** So many packages are in the message itself; all are in Details and in the console. */
const PACKAGES_SHOWN = 4

/** What names a request in a button; whoever clicks is looked up anew. */
export const requestValue = ({
  tenant_id,
  workflow_step_id,
}: {
  tenant_id: string
  workflow_step_id: string
}) => `${tenant_id} ${workflow_step_id}`

/**
 * The message by which people decide on a purchase or a change of one. Once that is decided it says who did and what became of the
 * order, and has no buttons to decide any more. `console` is where this publisher's pages are; without it, it links to none.
 */
export function approvalMessage(request: ApprovalRequest, console: string | undefined): Message {
  const what = request.wanted ? 'a change of a purchase' : 'a purchase'
  const page = console && `${console}/approvals/${request.workflow_step_id}`
  const { said, title } = standing(request)
  const about = `${oneLine(request.agent, 80)} for ${oneLine(request.brand_domain, 80)}, ${amount(request)}`
  return {
    text: `${title}: ${what} by ${escaped(about)}`,
    blocks: [
      header(`${title}: ${what}`),
      ...facts(request),
      divider,
      ...packages(request),
      ...warnings(request).map((warning) => context(plain(`⚠ ${warning}`, 300))),
      ...said,
      ...(isOpen(request) ? [decide(request, page)] : look(request, page)),
    ],
  }
}

/** The rows that say what is asked for. */
export function facts(request: ApprovalRequest): Block[] {
  const { agent, sandbox, advertiser, brand_domain, start_time, end_time, wanted, currency, po_number } =
    request
  const rows: [string, string][] = [
    ['Asked by', sandbox ? `${oneLine(agent, 120)} (sandbox: nothing is booked)` : agent],
    ['Advertiser', `${oneLine(advertiser, 120)} (${oneLine(brand_domain, 120)})`],
    [
      'Flight',
      wanted
        ? changed(flight(start_time, end_time), flight(start_time, wanted.end_time))
        : flight(start_time, end_time),
    ],
    ['Budget', amount(request)],
  ]
  if (po_number !== null) rows.push(['Purchase order', po_number])
  if (currency && wanted) rows.push(['Change', request.title])
  return table(rows)
}

function amount({ wanted, total_budget, currency }: ApprovalRequest): string {
  const before = money(total_budget, currency)
  return wanted ? changed(before, money(wanted.total_budget, currency)) : before
}

const changed = (before: string, after: string) => (before === after ? before : `${before} → ${after}`)

function packages({ packages: all, currency, wanted }: ApprovalRequest): Block[] {
  const shown = all.slice(0, PACKAGES_SHOWN)
  const blocks = shown.map((item, i) => lines(...packageLines(item, i, currency), targetingWords(item, 200)))
  if (all.length > shown.length)
    blocks.push(context(plain(`and ${all.length - shown.length} more packages: see Details`)))
  if (wanted)
    blocks.push(context(plain('The packages are shown as they are now: see Details for the change')))
  return blocks
}

const decided = { completed: 'Approved', rejected: 'Rejected', canceled: 'Called off' } as const
const orders = {
  placing: 'being placed',
  changing: 'being changed',
  waiting: 'waiting for the ad server',
  placed: 'stands on the ad server',
  refused: 'refused by the ad server',
  needs_human: 'needs a person',
  canceled: 'taken back',
} as const

function standing(request: ApprovalRequest): { title: string; said: Block[] } {
  const { status, decided_by, decided_at, reason, orders: on } = request
  if (status !== 'completed' && status !== 'rejected' && status !== 'canceled')
    return {
      title: status === 'input_required' ? 'Waiting for the buyer' : 'Approval needed',
      said: stillOpen(request),
    }
  const title = decided[status]
  const by = decided_by === null ? '' : ` by ${oneLine(decided_by, 120)}`
  const at = decided_at === null ? '' : ` on ${minute(decided_at)}`
  const outcome = on.map(
    ({ connection, state, message }) =>
      `${oneLine(connection, 100)}: the order ${orders[state]}${message === null ? '' : ` (${oneLine(message, 200)})`}`,
  )
  return {
    title,
    said: [
      lines(`${title}${by}${at}`, reason === null ? undefined : `Reason: ${reason}`),
      ...(status === 'completed' ? outcome.slice(0, 5).map((line) => context(plain(line))) : []),
    ],
  }
}

function stillOpen(request: ApprovalRequest): Block[] {
  const { approvals_needed, agreed, deadline } = request
  const said = [
    ...questionLines(request),
    ...(approvals_needed > 1
      ? [
          `${approvals_needed} people must agree${agreed.length > 0 ? `; ${agreed.join(' and ')} agreed` : ''}`,
        ]
      : []),
    ...(deadline ? [`Decide before ${minute(deadline)}`] : []),
  ]
  return said.map((line) => context(plain(line)))
}

function decide(request: ApprovalRequest, page: string | undefined): Block {
  const value = requestValue(request)
  return actions(
    button('approve', 'Approve', { value, style: 'primary' }),
    button('reject', 'Reject…', { value, style: 'danger' }),
    ...(request.status === 'requires_approval' ? [button('ask', 'Ask…', { value })] : []),
    button('details', 'Details', { value }),
    ...(page === undefined ? [] : [link('Open in the console', page)]),
  )
}

function look(request: ApprovalRequest, page: string | undefined): Block[] {
  const value = requestValue(request)
  const details = button('details', 'Details', { value })
  return [actions(details, ...(page === undefined ? [] : [link('Open in the console', page)]))]
}
