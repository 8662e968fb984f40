import { createHash } from 'node:crypto'

const HOUR_MS = 3600 * 1000
/** Earlier or later by as much as this share of the time, so that agents are not all asked at once. */
const JITTER = 0.1

/** When an agent is asked again, some hours from now. */
export function nextReadAt(creative_agent_id: string, hours: number, now: Date): Date {
  const [byte = 0] = createHash('sha256').update(`${creative_agent_id} ${now.toISOString()}`).digest()
  return new Date(now.getTime() + hours * HOUR_MS * (1 + JITTER * (byte / 127.5 - 1)))
}
