import pino from 'pino'
import { traceOfLine } from './trace.ts'

export type Log = pino.Logger

/** Paths whose values never reach a log line, however deep the object they sit in was logged. */
const secrets = ['authorization', 'token', 'credentials', 'password', 'secret', 'connectionString']

/** One JSON line per event on stderr, with the trace it belongs to; stdout belongs to the MCP stdio transport and to command output. */
export function createLog(level: string, to: pino.DestinationStream = stderr()): Log {
  const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`])
  const redact = { paths, censor: '[secret]' }
  return pino({ level, redact, base: null, mixin: traceOfLine, hooks: { streamWrite: inert } }, to)
}

const stderr = () => pino.destination({ fd: 2, sync: true })

/** What JSON lets stand raw in a text though a terminal may act on it (C1 controls), a reader take it for the end of the line, or nobody see it. */
const active = /[\u007f-\u009f\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Co}]/gu

/** The same JSON on the same one line, with such characters written as escapes. */
function inert(line: string): string {
  return line.replace(active, (one) =>
    one
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
