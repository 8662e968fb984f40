import pg from 'pg'

/** Has `heard` told of every statement this process sends to PostgreSQL, and as what application, before it is sent. */
export function listenToStatements(heard: (statement: string, application: string) => void): void {
  const send = pg.Client.prototype.query as (...args: unknown[]) => unknown
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [first] = args
    const { connectionParameters: of } = this as unknown as {
      connectionParameters: { application_name?: string }
    }
    heard(typeof first === 'string' ? first : (first as { text: string }).text, of.application_name ?? '')
    return send.apply(this, args)
  } as never
}
