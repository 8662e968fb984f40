import type { Actor } from '../commands/record.ts'
import type { Visit } from './desk.ts'

/** Who does what is done from a page, as history and the audit log name them. */
export const actorOf = ({ person }: Visit) =>
  ({ kind: 'operator', name: person.name, user_id: person.user_id }) as const satisfies Actor
