import { beginning, plainLine } from '../plain_line.ts'

/** Characters that are not seen, or that hide, break or turn round what stands beside them; of control characters all but the line feed. */
const unseenInLines = /[^\P{Cc}\n]|[\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/**
 * Somebody else's words within a sentence of ours: in quotation marks they cannot end, on one line, without characters nobody sees, and
 * no longer than `most`. Whatever they ask for, a reader knows whose words they are.
 */
export function quoted(text: string, most = 200): string {
  const line = plainLine(text).replaceAll('"', '”')
  return `"${line.length > most ? `${beginning(line, most - 1)}…` : line}"`
}

/** Sentences of ours, perhaps over several lines, without what nobody sees; more than `most` characters are never ours. */
export const readable = (text: string, most = 20_000): string =>
  text.slice(0, most).replace(unseenInLines, '')
