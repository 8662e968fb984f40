import { createHash } from 'node:crypto'

/**
 * In the sandbox every buyer has ids of its own: two may both seed "test-product". In the database such an id ends in a mark
 * of its owner; the buyer says and hears it without.
 */
export function ownId(principal_id: string, id: string): string {
  const mark = markOf(principal_id)
  return id.endsWith(mark) ? id : `${id}${mark}`
}

/** True of an id that carries this buyer's mark. */
export const isOwnId = (principal_id: string, id: string): boolean => id.endsWith(markOf(principal_id))

/** What ids of this buyer end in. */
export const markOf = (principal_id: string): string =>
  `~${createHash('sha256').update(principal_id).digest('hex').slice(0, 16)}`

/** A text as this buyer reads it: its own ids as it said them. */
export const asSaid = (principal_id: string, text: string): string =>
  text.replaceAll(markOf(principal_id), '')
