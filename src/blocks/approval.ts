import type { ApprovalRequest } from '../queries/approval_requests.ts'
import type { Block, Message } from './block.ts'
import { changesOf } from './changes.ts'
import { day, flight, money } from './figures.ts'
import { packageLines, targetingWords } from './packages.ts'
import { standing } from './standing.ts'
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
  marked,
  oneLine,
  plain,
  section,
  table,
} from './words.ts'

/** So many packages are in the message itself; all are in Details and in the console. */
const PACKAGES_SHOWN = 4
/** So much of a change is. */
const CHANGES_SHOWN = 6

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
      ...changes(request, CHANGES_SHOWN),
      divider,
      ...packages(request),
      ...warnings(request).map((warning) => context(plain(`⚠ ${warning}`, 300))),
      ...said,
      ...(isOpen(request) ? [decide(request, page)] : look(request, page)),
    ],
  }
}

/** What a change asks for, thing by thing; nothing where a whole purchase is asked for. */
export function changes(request: ApprovalRequest, most: number): Block[] {
  const all = changesOf(request, { money, day })
  if (all.length === 0) return []
  return [
    section(marked('*The change*')),
    ...all
      .slice(0, most)
      .map(({ what, before, after }) => lines(`${what}: ${before === '–' ? '' : `${before} → `}${after}`)),
    ...(all.length > most ? [context(plain(`and ${all.length - most} more changes`))] : []),
  ]
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
  if (wanted && shown.length > 0) blocks.push(context(plain('The packages are shown as they are now')))
  return blocks
}

/** The button that asks the buyer; none while it has not answered. */
export const askButton = (request: ApprovalRequest) =>
  request.status === 'requires_approval' ? [button('ask', 'Ask…', { value: requestValue(request) })] : []

function decide(request: ApprovalRequest, page: string | undefined): Block {
  const value = requestValue(request)
  return actions(
    button('approve', 'Approve', { value, style: 'primary' }),
    button('reject', 'Reject…', { value, style: 'danger' }),
    ...askButton(request),
    button('details', 'Details', { value }),
    ...(page === undefined ? [] : [link('Open in the console', page)]),
  )
}

function look(request: ApprovalRequest, page: string | undefined): Block[] {
  const value = requestValue(request)
  const details = button('details', 'Details', { value })
  return [actions(details, ...(page === undefined ? [] : [link('Open in the console', page)]))]
}
