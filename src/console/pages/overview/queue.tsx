import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count } from '../../parts/figures.tsx'
import { Place } from '../../parts/place.tsx'

export interface Queue {
  due: number
  running: number
  given_up: number
  /** For how many seconds the oldest job has been due. */
  oldest: number
  workers: number
  webhooks: number
  dead_webhooks: number
}
/** Longer than this a job waits only where workers are too few, or none. */
const LATE_SECONDS = 60

/** How the work of the whole desk stands, all publishers' together, and this publisher's webhooks. */
export async function readQueue(db: ReadDb, tenant_id: string): Promise<Queue> {
  const open = sql`locked_at is null and attempts < max_attempts and run_at <= now()`
  const webhooks = (state: 'pending' | 'dead') =>
    sql<number>`(select count(*)::int from webhook_events where tenant_id = ${tenant_id} and state = ${sql.lit(state)})`
  const jobs = sql<Omit<Queue, 'workers' | 'webhooks' | 'dead_webhooks'>>`(
    select count(*) filter (where ${open})::int as due, count(*) filter (where locked_at is not null)::int as running,
      count(*) filter (where locked_at is null and attempts >= max_attempts)::int as given_up,
      coalesce(extract(epoch from now() - min(run_at) filter (where ${open})), 0)::int as oldest
    from graphile_worker._private_jobs)`
  return db
    .selectFrom(jobs.as('jobs'))
    .selectAll('jobs')
    .select([
      sql<number>`(select count(distinct (host, process_id))::int from workers where seen_at > now() - interval '20 seconds')`.as(
        'workers',
      ),
      webhooks('pending').as('webhooks'),
      webhooks('dead').as('dead_webhooks'),
    ])
    .executeTakeFirstOrThrow()
}

/** Whether the work gets done. */
export function Work({ visit, queue }: { visit: Visit; queue: Queue }) {
  const { due, running, given_up, oldest, workers, webhooks, dead_webhooks } = queue
  return (
    <section aria-labelledby="work">
      <h2 id="work">Work in the background</h2>
      <p>
        {workers === 0 ? (
          <Badge status="no worker runs, so no order is placed" tone="bad" />
        ) : oldest > LATE_SECONDS ? (
          <Badge status="late" tone="waiting" />
        ) : (
          <Badge status="on time" tone="good" />
        )}
      </p>
      <dl class="facts">
        <dt>Jobs due</dt>
        <dd>
          {count(due)}
          {due > 0 && `, the oldest for ${count(oldest)} s`}
          {running > 0 && `, ${count(running)} running`}
        </dd>
        <dt>Given up</dt>
        <dd>
          <Place visit={visit} room="jobs">
            {count(given_up)}
          </Place>
        </dd>
        <dt>Webhooks</dt>
        <dd>
          <Place visit={visit} room="webhooks">
            {count(webhooks)} waiting, {count(dead_webhooks)} dead
          </Place>
        </dd>
      </dl>
    </section>
  )
}
