import type { ApprovalRequest } from '../queries/approval_requests.ts'
import { changes, facts } from './approval.ts'
import type { Block, Message, Modal } from './block.ts'
import { packageLines, targetingWords } from './packages.ts'
import { context, divider, escaped, lines, oneLine, plain, section } from './words.ts'

/** A modal holds at most 100 blocks; a package takes one, the rest of this one up to twenty. */
const MOST_PACKAGES = 60
const MOST_CHANGES = 15
const modal = (title: string, blocks: Block[]): Modal => ({
  type: 'modal',
  callback_id: 'looked',
  private_metadata: '',
  title: plain(title, 24),
  close: plain('Close', 24),
  blocks,
})

/** Every package of a request and, for a change, what it asks for. */
export function detailsModal(request: ApprovalRequest, console: string | undefined): Modal {
  const { packages, currency } = request
  const more = packages.length - MOST_PACKAGES
  return modal('Details', [
    ...facts(request),
    ...changes(request, MOST_CHANGES),
    divider,
    ...packages
      .slice(0, MOST_PACKAGES)
      .map((item, i) =>
        lines(...packageLines(item, i, currency), targetingWords(item, 400), item.package_id),
      ),
    ...(more > 0
      ? [context(plain(`There is more${console === undefined ? '' : ': open it in the console'}.`))]
      : []),
    context(plain(`${request.media_buy_id}, ${request.workflow_step_id}`)),
  ])
}

/** One sentence for whoever clicked, whoever wrote parts of it. */
export const toldMessage = (said: string): Message => ({
  text: escaped(oneLine(said, 2900)),
  blocks: [section(plain(said, 2900))],
})

/** The same, where there is no place for a message. */
export const toldModal = (title: string, said: string): Modal => modal(title, [section(plain(said, 2900))])

/** The question for a reason, or for what the buyer is asked; `subject` comes back with the answer. */
export function reasonModal(ask: {
  callback_id: 'reject' | 'ask' | 'reject_creative' | 'abandon' | 'skip'
  subject: string
  title: string
  label: string
  hint: string
  optional?: boolean
}): Modal {
  return {
    ...modal(ask.title, [
      {
        type: 'input',
        block_id: 'answer',
        label: plain(ask.label, 2000),
        hint: plain(ask.hint, 2000),
        optional: ask.optional ?? false,
        element: {
          type: 'plain_text_input',
          action_id: 'text',
          multiline: ask.callback_id !== 'skip',
          max_length: ask.callback_id === 'ask' ? 1000 : 500,
        },
      },
    ]),
    callback_id: ask.callback_id,
    private_metadata: ask.subject,
    close: plain('Cancel', 24),
    submit: plain('Send', 24),
  }
}
