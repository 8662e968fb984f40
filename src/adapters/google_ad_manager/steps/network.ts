import { AdapterError, type DoneStep } from '../../adapter.ts'
import type { Client } from '../client.ts'
import type { Settings } from '../config.ts'
import type { References } from '../references.ts'

/** What a step works with: one network of Google Ad Manager, reached as one service account. */
export interface Network {
  client: Client
  references: References
  settings: Settings
}

/** The id of the order that the finished steps made. @throws AdapterError('permanent') if they made none. */
export function orderIdOf(done: readonly DoneStep[]): string {
  const id = done.find(({ kind }) => kind === 'create_order')?.external_ids['order']
  if (id !== undefined) return id
  throw new AdapterError('permanent', 'order_missing', 'No create_order among the steps done')
}
