import type { ApprovalRequest } from '../queries/approval_requests.ts'
import type { Message } from './block.ts'
import { moment, money } from './figures.ts'
import { actions, context, escaped, lines, link, marked, oneLine } from './words.ts'

/** Says again that a request waits, and until when. */
export function reminderMessage(request: ApprovalRequest, console: string | undefined): Message {
  const { agent, brand_domain, wanted, total_budget, currency, deadline, workflow_step_id } = request
  const about = `${oneLine(agent, 80)} for ${oneLine(brand_domain, 80)}, ${money(wanted?.total_budget ?? total_budget, currency)}`
  return {
    text: `Still waits for approval: ${escaped(about)}`,
    blocks: [
      lines(`⏰ Still waits for approval: ${about}`),
      ...(deadline === null ? [] : [context(marked(`Decide before ${moment(deadline)}`))]),
      ...(console === undefined
        ? []
        : [actions(link('Open in the console', `${console}/approvals/${workflow_step_id}`))]),
    ],
  }
}
