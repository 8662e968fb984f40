/** What the desk asked PostgreSQL during one tool call, and what it answered. */
export interface Recording {
  /** On one connection where it begins a transaction, else anywhere. */
  queries: { text: string; values: unknown[] }[]
  result: unknown
  /** Ids that the call made; a replay makes others of the same shape. */
  made: string[]
}

/** What two recordings of the same call do not share was made by the call. */
export function madeAnew(one: Recording, other: Recording): string[] {
  const known = new Set(idsIn(other))
  return idsIn(one).filter((id) => !known.has(id))
}

/** What looks like an id or a key: a word and a long rest. */
function idsIn({ queries, result }: Recording): string[] {
  const texts = [...queries.flatMap(({ values }) => values), JSON.stringify(result)]
  const found = texts.flatMap((value) =>
    typeof value === 'string' ? (value.match(/\b[a-z]+[_-][\w-]{16,}/g) ?? []) : [],
  )
  return [...new Set(found)]
}
