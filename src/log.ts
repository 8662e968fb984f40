import pino from 'pino'
import { traceOfLine } from './trace.ts'

export type Log = pino.Logger

/** Paths whose values never reach a log line, however deep the object they sit in was logged. */
const secrets = ['authorization', 'token', 'credentials', 'password', 'secret', 'connectionString']

/** One JSON line per event on stderr, with the trace it belongs to; stdout belongs to the MCP stdio transport and to command output. */
export function createLog(level: string): Log {
  const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`])
  return pino(
    { level, redact: { paths, censor: '[secret]' }, base: null, mixin: traceOfLine },
    pino.destination({ fd: 2, sync: true }),
  )
}
