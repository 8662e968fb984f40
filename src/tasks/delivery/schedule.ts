import { createHash } from 'node:crypto'

/**
 * When the figures of a connection are read next: at the same minutes of each interval, which differ from connection to connection, so
 * that not all are read at once.
 */
export function nextReading(
  { connection_id, delivery_minutes }: { connection_id: string; delivery_minutes: number },
  now: Date,
): Date {
  const interval = delivery_minutes * 60_000
  const shift = createHash('sha256').update(connection_id).digest().readUInt32BE() % interval
  const past = Math.floor((now.getTime() - shift) / interval)
  return new Date((past + 1) * interval + shift)
}
