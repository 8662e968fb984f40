import type pg from 'pg'

/** Each costs PostgreSQL memory on every connection. */
const MOST_STATEMENTS = 200
/** Asked so often, a statement will be asked again; others may be as many as there are lists of ids. */
const ASKED_OFTEN = 3
const MOST_COUNTED = 5000

/**
 * Has PostgreSQL parse and plan what is asked often once per connection instead of each time: pg does so for statements with a
 * name, and Kysely gives them none. What cannot be kept because a table changed under it (a newer version migrates) is asked again
 * without a name, and never named again.
 */
export function prepareOften(pool: pg.Pool): void {
  const names = new Map<string, string>()
  const asked = new Map<string, number>()
  let named = 0

  const nameOf = (text: string): string | undefined => {
    const name = names.get(text)
    if (name !== undefined) return name
    const times = (asked.get(text) ?? 0) + 1
    if (asked.size >= MOST_COUNTED) asked.clear()
    asked.set(text, times)
    if (times < ASKED_OFTEN || named >= MOST_STATEMENTS) return undefined
    names.set(text, `salesdesk_${++named}`)
    return names.get(text)
  }

  pool.on('connect', (client) => {
    const send = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
    const query = async (text: string, values: unknown[], name: string) => {
      try {
        return await send({ name, text, values })
      } catch (error) {
        if ((error as { code?: string }).code !== CHANGED_UNDER_IT) throw error
        names.delete(text)
        asked.set(text, -Infinity)
        // nothing of it has run; only within a transaction, which is broken now, can it not be asked again
        return send(text, values).catch(() => Promise.reject(error as Error))
      }
    }
    client.query = ((...args: unknown[]) => {
      const [text, values] = args
      if (typeof text !== 'string' || !Array.isArray(values) || args.length > 2) return send(...args)
      const name = values.length > 0 ? nameOf(text) : undefined
      return name === undefined ? send(text, values) : query(text, values, name)
    }) as typeof client.query
  })
}

/** feature_not_supported: "cached plan must not change result type" */
const CHANGED_UNDER_IT = '0A000'
