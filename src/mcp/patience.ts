import type { ServerOptions } from 'node:http'

/** How long somebody may take to say what it wants, in milliseconds. */
export interface Patience {
  /** For its headers, from when it connected. */
  headersMs: number
  /** For all of a request. */
  requestMs: number
  /** How often connections are looked at. */
  checkMs: number
}
const ordinary: Patience = { headersMs: 15_000, requestMs: 60_000, checkMs: 5_000 }

/** Longer than load balancers and clients keep an idle connection (60 s), so that none is closed under a request on its way. */
const KEEP_ALIVE_MS = 65_000

/**
 * What node takes of a connection: many that say little each hold one for a minute at the most, and their headers fit 16 kB. Answers
 * may take as long as they like.
 */
export const patienceOf = ({ headersMs, requestMs, checkMs }: Patience = ordinary): ServerOptions => ({
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: checkMs,
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: 16 * 1024,
})
