import pg from 'pg'

/** A statement as it goes to PostgreSQL. */
export interface Sent {
  text: string
  values: unknown[]
}

/** Hears every statement this process sends until `end`, on connections opened from now on: begin before there is a desk. */
export function listenToQueries(): { heard: Sent[]; end(): void } {
  const heard: Sent[] = []
  const send = pg.Client.prototype.query as (...args: unknown[]) => unknown
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [first, values] = args as [string | Partial<Sent>, unknown[] | undefined]
    const { text = '', values: own } = typeof first === 'string' ? { text: first } : first
    heard.push({ text, values: [...(own ?? (Array.isArray(values) ? values : []))] })
    return send.apply(this, args)
  } as never
  return { heard, end: () => void (pg.Client.prototype.query = send as never) }
}
