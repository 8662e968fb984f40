import type { AskedOfPeople } from '../queries/notice_subjects.ts'
import type { Button, Message } from './block.ts'
import { requestValue } from './approval.ts'
import { actions, button, escaped, header, lines, link, oneLine, table } from './words.ts'

/** The message by which people let an order go on that could not by itself; once it is settled, it says how. */
export function questionMessage(question: AskedOfPeople, console: string | undefined): Message {
  const { media_buy_id, connection, agent, brand_domain, title, suggested_action, status } = question
  const page = console && `${console}/media_buys/${media_buy_id}`
  const open = status === 'pending'
  const heading = open ? 'An order needs a person' : 'An order needed a person'
  return {
    text: `${heading}: ${escaped(`${oneLine(brand_domain, 80)} on ${oneLine(connection, 80)}`)}`,
    blocks: [
      header(heading),
      ...table([
        ['Media buy', `${media_buy_id}, ${oneLine(agent, 80)} for ${oneLine(brand_domain, 80)}`],
        ['Ad server', connection],
      ]),
      lines(title, suggested_action === null ? undefined : suggested_action),
      ...(open ? [] : [lines(outcome(question))]),
      ...(open
        ? [
            actions(
              ...resolveButtons(question),
              ...(page === undefined ? [] : [link('Open in the console', page)]),
            ),
          ]
        : []),
    ],
  }
}

/** The choices there are about an order that needs a person. */
export function resolveButtons(question: AskedOfPeople): [Button, ...Button[]] {
  const value = requestValue(question)
  return [
    button('retry_step', 'Retry', { value, style: 'primary' }),
    ...(question.fulfilment_step_id === null ? [] : [button('skip_step', 'Done by hand…', { value })]),
    button('abandon_step', 'Give it up…', { value, style: 'danger' }),
  ]
}

function outcome({ decided_by, reason }: AskedOfPeople): string {
  const how = reason === null ? 'settled' : oneLine(reason, 300)
  return decided_by === null ? `Settled: ${how}` : `Settled by ${oneLine(decided_by, 120)}: ${how}`
}
