import type { TaskList } from 'graphile-worker'
import type { JobName } from '../jobs.ts'

/** What waits for others, by whom it waits for. Each lane has workers of its own, so that a server that hangs keeps no order waiting. */
const waiting = {
  buyers: ['deliver_webhook'],
  strangers: [
    'sync_ad_server',
    'read_delivery',
    'take_forecasts',
    'check_authorisation',
    'read_creative_agent',
  ],
} as const satisfies Record<string, readonly JobName[]>

/** The tasks by lane; `orders` is everything that is in no other. */
export function inLanes(tasks: TaskList): Record<'buyers' | 'strangers' | 'orders', TaskList> {
  const apart: readonly string[] = Object.values(waiting).flat()
  const only = (holds: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(tasks).filter(([name]) => holds(name)))
  return {
    buyers: only((name) => (waiting.buyers as readonly string[]).includes(name)),
    strangers: only((name) => (waiting.strangers as readonly string[]).includes(name)),
    orders: only((name) => !apart.includes(name)),
  }
}
