import { errorCodes, type ErrorCode, type Recovery } from './error_codes.ts'
import { readable } from './quoted.ts'

/** No sentence of ours is longer, whatever it quotes. */
const MOST_SAID = 4000

/** One thing wrong with a request, in AdCP's words (core/error.json). `field` is a path like `packages[0].budget`. */
export interface Problem {
  code: ErrorCode
  message: string
  field?: string
  suggestion?: string
  /** Seconds, 1 to 3600. */
  retry_after?: number
  issues?: Issue[]
  details?: Record<string, unknown>
}
export interface Issue {
  /** RFC 6901, for example `/packages/0/budget`. */
  pointer: string
  message: string
  keyword: string
}
export interface WireError extends Problem {
  recovery?: Recovery
}

/** What a tool throws when the buyer can act on it. All problems found are told at once; the first one leads. */
export class AdcpError extends Error {
  override name = 'AdcpError'
  readonly problems: readonly [Problem, ...Problem[]]
  constructor(first: Problem, ...others: Problem[]) {
    super(first.message)
    this.problems = [first, ...others]
  }
}

/** A problem as it goes over the wire, with the spec's recovery for its code. */
export function toWireError(problem: Problem): WireError {
  const { code, message: said, suggestion, ...rest } = problem
  const message = readable(said, MOST_SAID)
  // the spec lets an idempotency conflict say nothing that could describe the earlier request
  if (code === 'IDEMPOTENCY_CONFLICT') return { code, message }
  const advice = suggestion === undefined ? {} : { suggestion: readable(suggestion, MOST_SAID) }
  return { code, message, recovery: errorCodes[code], ...rest, ...advice }
}

/** Throws all of them together if there are any. */
export function throwProblems(problems: readonly Problem[]): void {
  const [first, ...others] = problems
  if (first) throw new AdcpError(first, ...others)
}
