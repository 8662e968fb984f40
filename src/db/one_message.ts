import type pg from 'pg'

/** Has the statements that are asked before anything else happens leave in one message: a system call each would cost more than what they ask. */
export function sendInOneMessage(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const { stream } = (client as unknown as { connection: { stream: { cork(): void; uncork(): void } } })
      .connection
    const send = client.query.bind(client) as (...args: unknown[]) => unknown
    let waiting = false
    client.query = ((...args: unknown[]) => {
      if (!waiting) {
        waiting = true
        stream.cork()
        process.nextTick(() => {
          waiting = false
          stream.uncork()
        })
      }
      return send(...args)
    }) as typeof client.query
  })
}
