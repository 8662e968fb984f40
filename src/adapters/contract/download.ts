/**
 * Fetches a buyer's file from the public internet, for an ad server that keeps a copy of its own. Addresses that lead anywhere
 * else, files that are too large and hosts that are too slow are refused: these are outcomes, as no ad server is to blame.
 */
export type Download = (
  url: string,
  limits: { most_bytes: number; signal: AbortSignal },
) => Promise<Downloaded>

export type Downloaded =
  | { type: 'file'; bytes: Buffer }
  /** `lasting`: the buyer must put something right. */
  | { type: 'unavailable'; why: string; lasting: boolean }
