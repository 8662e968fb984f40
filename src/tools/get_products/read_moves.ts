/** One change to how a plan shares its budget. `words` say which products it is about. */
export type Move =
  | { kind: 'drop' | 'more' | 'less'; words: string }
  | { kind: 'set'; words: string; percent: number }
  | { kind: 'scale'; factor: number }

const scale =
  /\b(reduce|cut|lower|decrease|less|increase|raise)\b.*\b(?:total|budget)\b.*?\bby\s+(\d+(?:\.\d+)?)\s*%/i
const set =
  /(\d+(?:\.\d+)?)\s*%\s*(?:of\s+)?(?:the\s+)?(?:total\s+)?(?:budget\s+)?(?:to|into|on|in|for|towards?)\s+(.+)/i
const drop = /\b(?:drop|remove|omit|exclude|without|no)\b\s+(.+)/i
const more =
  /\b(?:more|increase|shift|move|redistribute|put|raise|add|prefer)\b(?:.*\b(?:to|towards?|into|on|for)\b)?\s+(.+)/i
const less = /\b(?:less|reduce|decrease|lower|cut|fewer)\b\s+(.+)/i
const clauses =
  /[.;,\n]+|\band\s+(?=(?:then\s+)?(?:drop|remove|omit|exclude|shift|move|put|increase|raise|reduce|decrease|lower|cut|redistribute|add|more|less)\b)/i

/** Reads changes to a plan in plain words, clause by clause; a clause that is none comes back in `unread`. */
export function readMoves(ask: string): { moves: Move[]; unread: string[] } {
  const found = ask
    .split(clauses)
    .map((clause) => clause.trim())
    .filter(Boolean)
    .map((clause) => ({ clause, move: readMove(clause) }))
  return {
    moves: found.flatMap(({ move }) => move ?? []),
    unread: found.flatMap(({ clause, move }) => (move ? [] : [clause])),
  }
}

function readMove(clause: string): Move | undefined {
  const scaled = scale.exec(clause)
  if (scaled) {
    const part = Number(scaled[2]) / 100
    return { kind: 'scale', factor: /increase|raise/i.test(scaled[1] ?? '') ? 1 + part : 1 - part }
  }
  const fixed = set.exec(clause)
  if (fixed) return { kind: 'set', percent: Math.min(100, Number(fixed[1])), words: fixed[2] ?? '' }
  for (const [kind, pattern] of [
    ['drop', drop],
    ['more', more],
    ['less', less],
  ] as const) {
    const words = pattern.exec(clause)?.[1]
    if (words !== undefined) return { kind, words }
  }
  return undefined
}
