import type { ReviewedCreative } from '../queries/notice_subjects.ts'
import type { Message } from './block.ts'
import { spelled } from './packages.ts'
import { actions, button, context, escaped, header, lines, link, oneLine, plain, table } from './words.ts'

const ASSETS_SHOWN = 6

/** What names a creative, as it is now, in a button: its ids are its buyer's words, and may be long. */
export const creativeValue = ({ tenant_id, principal_id, creative_id, updated_at }: ReviewedCreative) =>
  JSON.stringify([tenant_id, principal_id, creative_id, updated_at])

/** The message by which people review a creative; once they have, it says who and why. `and_more` came with it and are not told. */
export function creativeMessage(
  creative: ReviewedCreative,
  console: string | undefined,
  and_more = 0,
): Message {
  const { name, creative_id, principal_id, agent, format_id, assets, media_buys, status } = creative
  const open = status === 'pending_review'
  const heading = open ? 'A creative waits for review' : 'A creative was reviewed'
  const value = creativeValue(creative)
  const query = `?principal_id=${encodeURIComponent(principal_id)}`
  const page = console && `${console}/creatives/${encodeURIComponent(creative_id)}${query}`
  // longer than Slack takes in a button, it can only be decided in the console
  const decidable = open && value.length <= 2000
  const links = page === undefined || page.length > 3000 ? [] : [link('Open in the console', page)]
  return {
    text: `${heading}: ${escaped(`${oneLine(name, 80)} of ${oneLine(agent, 80)}`)}`,
    blocks: [
      header(heading),
      ...table([
        ['Creative', `${oneLine(name, 140)} (${oneLine(creative_id, 120)})`],
        ['Of', agent],
        ['Format', format_id],
        ['For', media_buys.length > 0 ? media_buys.slice(0, 4).join(', ') : 'no media buy yet'],
      ]),
      lines(...Object.entries(assets).slice(0, ASSETS_SHOWN).map(asset)),
      ...(open ? [] : [lines(outcome(creative))]),
      ...(open && and_more > 0
        ? [context(plain(`${and_more} more came with it: see the console, or /salesdesk pending`))]
        : []),
      ...buttons(decidable, value, links),
    ],
  }
}

function buttons(decidable: boolean, value: string, links: ReturnType<typeof link>[]) {
  const approve = button('approve_creative', 'Approve', { value, style: 'primary' })
  const reject = button('reject_creative', 'Reject…', { value, style: 'danger' })
  if (decidable) return [actions(approve, reject, ...links)]
  const [first] = links
  return first ? [actions(first)] : []
}

function asset([slot, value]: [string, unknown]): string {
  const { url, content } = (value ?? {}) as { url?: unknown; content?: unknown }
  return `${oneLine(slot, 60)}: ${spelled(url ?? content ?? value)}`
}

function outcome({ status, reviewed_by, rejection_reason }: ReviewedCreative): string {
  const by = reviewed_by === null ? '' : ` by ${oneLine(reviewed_by, 120)}`
  const why = rejection_reason === null ? '' : `: ${rejection_reason}`
  return `It is ${status.replaceAll('_', ' ')}${by}${why}`
}
