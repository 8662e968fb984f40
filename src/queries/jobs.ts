import { sql } from 'kysely'
import type { ReadDb, Trx } from '../db/database.ts'

/** How a job stands: given up after its last try, to be tried again, not begun, or at it now. */
export type JobState = 'failed' | 'trying' | 'waiting' | 'running'

/** A job of the queue that works for one publisher, with what it is about. */
export interface TenantJob {
  job_id: string
  task: string
  state: JobState
  attempts: number
  run_at: Date
  created_at: Date
  /** The first line only: the rest is for the log. */
  last_error: string | null
  media_buy_id: string | null
  brand: string | null
  connection: string | null
  webhook_event_id: string | null
  /** A person is asked about the order it works on. */
  question_id: string | null
  /** What else it is about: a domain, an agent. */
  about: string | null
}

/**
 * The jobs that work for a publisher, as our own tables say: the queue knows no publishers. What is done for all of them together, such
 * as looking for what is due, is nobody's. Jobs whose subject is gone are nobody's either.
 */
export function selectJobs(db: ReadDb | Trx, tenant_id: string) {
  return db.selectFrom(jobs(tenant_id).as('job')).selectAll()
}

const jobs = (tenant_id: string) => sql<TenantJob>`(
  select j.id::text as job_id, t.identifier as task, j.attempts::int as attempts, j.run_at, j.created_at,
    case when j.locked_at is not null then 'running' when j.attempts >= j.max_attempts then 'failed'
      when j.attempts > 0 then 'trying' else 'waiting' end as state,
    left(split_part(ltrim(j.last_error), E'\n', 1), 300) as last_error,
    buy.media_buy_id, buy.brand ->> 'domain' as brand, connection.name as connection,
    event.webhook_event_id::text as webhook_event_id, (
      select w.workflow_step_id from workflow_steps w
      where w.fulfilment_id = f.fulfilment_id and w.kind = 'needs_human' and w.status = 'pending' limit 1) as question_id,
    coalesce(j.payload ->> 'publisher_domain', agent.agent_url) as about
  from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    left join fulfilments f on f.fulfilment_id = j.payload ->> 'fulfilment_id'
    left join webhook_events event on event.webhook_event_id = (j.payload ->> 'webhook_event_id')::uuid
    left join media_buys buy on buy.media_buy_id = coalesce(f.media_buy_id, event.media_buy_id, j.payload ->> 'media_buy_id')
    left join adapter_configs connection on connection.connection_id = coalesce(f.connection_id, j.payload ->> 'connection_id')
    left join creative_agents agent on agent.creative_agent_id = j.payload ->> 'creative_agent_id'
    left join tenants own on own.tenant_id = j.payload ->> 'tenant_id'
  where coalesce(buy.tenant_id, connection.tenant_id, agent.tenant_id, own.tenant_id) = ${tenant_id})`
