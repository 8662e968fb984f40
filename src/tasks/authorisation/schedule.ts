import { createHash } from 'node:crypto'

const HOUR_MS = 3600 * 1000
/** Earlier or later by as much as this share of the interval, so that domains are not all asked at once. */
const JITTER = 0.1

/** When a domain is asked again: about a day later, or about an hour where it could not be. */
export function nextCheckAt(publisher_domain: string, failed: boolean, now: Date): Date {
  const [byte = 0] = createHash('sha256').update(`${publisher_domain} ${now.toISOString()}`).digest()
  const shift = 1 + JITTER * (byte / 127.5 - 1)
  return new Date(now.getTime() + (failed ? 1 : 24) * HOUR_MS * shift)
}
