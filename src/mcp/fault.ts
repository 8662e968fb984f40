import { AdcpError, type Problem } from '../adcp/error.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'

/** SQLSTATE classes and socket errors which say that PostgreSQL is away, not that we asked it something wrong. */
const databaseAway =
  /^(08...|57P0[1-3]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|CONNECT_TIMEOUT)$/
const awayMessages =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error/i

/** True when the database could not be reached, so that the same call is worth trying again. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && databaseAway.test(code)) return true
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway)
  return awayMessages.test(error.message)
}

/**
 * What the buyer is told about an error: an AdcpError's own problems; for anything else SERVICE_UNAVAILABLE with a
 * reference that is also in the log, and never the error's own words.
 */
export function problemsOf(error: unknown, log: Log): readonly [Problem, ...Problem[]] {
  if (error instanceof AdcpError) return error.problems
  const reference = newId('err')
  if (isDatabaseAway(error)) {
    log.warn({ reference, reason: (error as Error).message }, 'the database is away')
    return [
      unavailable(
        'The desk cannot reach its database right now; nothing was changed that was not answered.',
        reference,
      ),
    ]
  }
  log.error({ reference, err: error }, 'a tool failed')
  return [unavailable('Something failed on our side.', reference)]
}

function unavailable(message: string, reference: string): Problem {
  return {
    code: 'SERVICE_UNAVAILABLE',
    message: `${message} Reference ${reference}.`,
    suggestion: 'Try again in a few seconds with the same idempotency_key; a purchase is never made twice.',
    retry_after: 5,
  }
}
