import { visible } from '../../plain_line.ts'

/** An ad server, what is read of it, and how that stands. */
export type Row = readonly [connection: string, kind: string, state: string]

/** How it stands needs so much room beside the rest; with less it goes beneath, in all rows. */
const BESIDE = 16

/** A line for each row, columns beneath one another. */
export const lines = (rows: readonly Row[]): string[] => inColumns(rows).map(([head, state]) => head + state)

/** The same where a line has only so much room: what is longer goes on beneath itself. */
export function fitted(rows: readonly Row[], room: number): string[] {
  return inColumns(rows).flatMap(([head, state]) => {
    const beneath = head.length + BESIDE > room
    const indent = beneath ? 2 : head.length
    const parts = wrapped(beneath ? state.trimStart() : state, room - indent)
    const [first = '', ...further] = parts.map((part) => ' '.repeat(indent) + part)
    return beneath ? [head.trimEnd(), first, ...further] : [head + first.slice(indent), ...further]
  })
}

function inColumns(rows: readonly Row[]): [head: string, state: string][] {
  const [first, second] = [widest(rows.map(([one]) => one)), widest(rows.map(([, two]) => two))]
  return rows.map(([one, two, three]) => [`${one.padEnd(first)}  ${two.padEnd(second)}  `, visible(three)])
}

export const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length))

/** In parts of at most so many characters, but for words that are longer. */
function wrapped(text: string, room: number): string[] {
  const [first = '', ...words] = text.split(' ')
  const parts = [first]
  for (const word of words) {
    const longer = `${parts.at(-1)} ${word}`
    if (longer.length > room) parts.push(word)
    else parts[parts.length - 1] = longer
  }
  return parts
}
