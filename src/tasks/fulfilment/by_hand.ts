import { lineItemIdOf, orderIdOf, type Change, type DoneStep } from '../../adapters/adapter.ts'
import type { Question } from './give_up.ts'
import type { ByHand } from './plan.ts'

/** What a person is asked to do on an ad server that cannot be told so by us, by the ids it has there. */
export function questionByHand(connection: string, body: unknown, done: readonly DoneStep[]): Question {
  const { changes } = body as ByHand
  const all = changes.map((change) => `${instruct(change, done)} by hand`).join('; ')
  return {
    code: 'by_hand',
    message: `${connection} cannot be told to change this order so: ${changes.map(({ kind }) => kind).join(', ')}.`,
    suggested_action: `In ${connection}, ${all}. Then skip this step.`,
  }
}

function instruct(change: Change, done: readonly DoneStep[]): string {
  switch (change.kind) {
    case 'cancel_order':
      return `cancel order ${known(() => orderIdOf(done))}`
    case 'pause_line_item':
      return `pause ${lineItem(change, done)}`
    case 'resume_line_item':
      return `resume ${lineItem(change, done)}`
    case 'cancel_line_item':
      return `cancel ${lineItem(change, done)}`
    case 'update_line_item': {
      const fields = Object.entries(change.fields).map(([name, value]) => `${name} to ${told(value)}`)
      return `set ${fields.join(' and ')} of ${lineItem(change, done)}`
    }
    case 'upload_creative':
      return `upload creative ${change.creative.creative_id}`
    case 'attach_creative': {
      const { creative_id, weight } = change.creative
      return `show creative ${creative_id} on ${lineItem(change, done)}${weight === null ? '' : ` with weight ${weight}`}`
    }
    case 'detach_creative':
      return `take version ${change.creative.version} of creative ${change.creative.creative_id} off ${lineItem(change, done)}`
  }
}

const lineItem = ({ package_id }: { package_id: string }, done: readonly DoneStep[]) =>
  `line item ${known(() => lineItemIdOf(done, package_id))} (package ${package_id})`

const told = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function known(id: () => string): string {
  try {
    return id()
  } catch {
    return 'not known to us'
  }
}
