import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AdcpError, type Problem } from '../../adcp/error.ts'
import type { Principal } from '../../tools/define-tool.ts'
import type { Refusal } from '../http_answer.ts'
import type { ClientAddress } from './client_address.ts'
import { sharedLimit, type Counting } from './shared_limit.ts'

/** How much may come: from addresses nobody knows, and from buyers the publisher gave no limit of their own. */
export interface Limits {
  /** For a request from where too many came already; one with a token that was good here lately is let in all the same. */
  refusal(request: IncomingMessage, token: string | undefined): Refusal | undefined
  /** Counts a request of somebody who is not known; the refusal, once there were too many. */
  countStranger(request: IncomingMessage): Promise<Refusal | undefined>
  /** Counts a request of a buyer, whose token was good. @throws AdcpError RATE_LIMITED */
  countBuyer(buyer: Principal, token: string): Promise<void>
}
interface Settings {
  addressOf: ClientAddress
  strangers_a_minute: number
  buyer_a_minute: number
}
/** Hashes of tokens, so that memory holds none. */
const MOST_TOKENS = 10_000

export function createLimits(desk: Counting, settings: Settings): Limits {
  const { addressOf, strangers_a_minute, buyer_a_minute } = settings
  const strangers = sharedLimit(desk, strangers_a_minute)
  const buyers = sharedLimit(desk, buyer_a_minute)
  const good = new Set<string>()
  const subjectOf = (request: IncomingMessage) => `address ${addressOf(request)}`

  return {
    refusal(request, token) {
      const wait = strangers.full(subjectOf(request))
      if (wait === undefined || (token !== undefined && good.has(hashOf(token)))) return undefined
      return tooMany(wait, 'from this address without a token that is known')
    },
    async countStranger(request) {
      const wait = await strangers.count(subjectOf(request))
      return wait === undefined ? undefined : tooMany(wait, 'from this address without a token that is known')
    },
    async countBuyer({ principal_id, max_calls_per_minute }, token) {
      if (good.size >= MOST_TOKENS) good.clear()
      good.add(hashOf(token))
      // its own limit is counted call by call: src/commands/count_call.ts
      if (max_calls_per_minute !== null) return
      const wait = await buyers.count(`principal ${principal_id}`)
      if (wait !== undefined) throw new AdcpError(problemOf(wait, 'of yours'))
    },
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64')

const problemOf = (retry_after: number, whose: string): Problem => ({
  code: 'RATE_LIMITED',
  message: `There were too many requests ${whose} in this minute.`,
  suggestion: `Send it again in ${retry_after} seconds.`,
  retry_after,
})

function tooMany(wait: number, whose: string): Refusal {
  return {
    status: 429,
    rpc: 'refused',
    problem: problemOf(wait, whose),
    headers: { 'retry-after': String(wait) },
  }
}
