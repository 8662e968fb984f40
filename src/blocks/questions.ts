import type { ApprovalRequest } from '../queries/approval_requests.ts'
import type { Message } from './block.ts'
import { actions, escaped, lines, link, oneLine, plain, section } from './words.ts'

/** So many of the latest questions are in the message; the console has all. */
const SHOWN = 3

/** What the buyer was asked and what it answered, a line each. */
export function questionLines({ questions }: ApprovalRequest): string[] {
  return questions.slice(-SHOWN).map(({ question, asked_by, answer }) => {
    const asked = `${oneLine(asked_by, 80)} asked: ${oneLine(question, 400)}`
    return answer === null
      ? `${asked} The buyer has not answered yet; it can be decided all the same.`
      : `${asked} The buyer answered: ${oneLine(answer, 800)}`
  })
}

/** Tells people that the buyer has answered. */
export function answeredMessage(request: ApprovalRequest, console: string | undefined): Message {
  const { agent, brand_domain, questions, workflow_step_id } = request
  const latest = questions.findLast(({ answer }) => answer !== null)
  const about = `${oneLine(agent, 80)} for ${oneLine(brand_domain, 80)}`
  return {
    text: `The buyer has answered: ${escaped(about)}`,
    blocks: [
      lines(`The buyer has answered: ${about}`, latest && `Asked: ${latest.question}`),
      ...(latest ? [section(plain(latest.answer ?? '', 2900))] : []),
      ...(console === undefined
        ? []
        : [actions(link('Open in the console', `${console}/approvals/${workflow_step_id}`))]),
    ],
  }
}
