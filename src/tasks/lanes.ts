import type { TaskList } from 'graphile-worker'
import type { JobName } from '../jobs.ts'

/** What waits for others, by whom it waits for. Each lane has workers of its own, so that a server that hangs keeps no order waiting. */
const waiting = {
  buyers: ['deliver_webhook'],
  people: ['tell_slack'],
  strangers: [
    'sync_ad_server',
    'check_connection',
    'read_delivery',
    'take_forecasts',
    'check_authorisation',
    'read_creative_agent',
    'read_oauth_keys',
  ],
} as const satisfies Record<string, readonly JobName[]>

type Lane = keyof typeof waiting | 'orders'

/** The lane a job runs in. */
export function laneOf(job: string): Lane {
  const lanes = Object.keys(waiting) as (keyof typeof waiting)[]
  return lanes.find((lane) => (waiting[lane] as readonly string[]).includes(job)) ?? 'orders'
}

/** The tasks by lane; `orders` is everything that is in no other. */
export function inLanes(tasks: TaskList): Record<Lane, TaskList> {
  const only = (holds: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(tasks).filter(([name]) => holds(name)))
  const of = (names: readonly string[]) => only((name) => names.includes(name))
  const apart: readonly string[] = Object.values(waiting).flat()
  return {
    buyers: of(waiting.buyers),
    people: of(waiting.people),
    strangers: of(waiting.strangers),
    orders: only((name) => !apart.includes(name)),
  }
}
