import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { z } from 'zod'
import { compiledWrite } from './db/compiled.ts'
import type { Trx } from './db/database.ts'
import { traceparent } from './trace.ts'

/** Every job there is. Request code names them here; src/tasks does them. */
export const jobs = {
  fulfil_media_buy: z.object({ fulfilment_id: z.string() }),
  find_stuck_orders: z.object({}),
  sync_adapter_capabilities: z.object({ connection_id: z.string() }),
  check_connection: z.object({ connection_check_id: z.string() }),
  start_due_forecasts: z.object({}),
  take_forecasts: z.object({ connection_id: z.string() }),
  start_due_syncs: z.object({}),
  sync_ad_server: z.object({ sync_job_id: z.string(), connection_id: z.string() }),
  sweep_generations: z.object({}),
  forget_idempotency_keys: z.object({}),
  forget_proposals: z.object({}),
  forget_request_nonces: z.object({}),
  read_oauth_keys: z.object({}),
  forget_call_counts: z.object({}),
  read_due_deliveries: z.object({}),
  read_delivery: z.object({ connection_id: z.string() }),
  report_delivery: z.object({}),
  start_due_authorisations: z.object({}),
  check_authorisation: z.object({ tenant_id: z.string(), publisher_domain: z.string() }),
  start_due_creative_agents: z.object({}),
  read_creative_agent: z.object({ creative_agent_id: z.string() }),
  start_standings: z.object({}),
  watch_approvals: z.object({}),
  read_standings: z.object({ connection_id: z.string() }),
  watch_pace: z.object({}),
  turn_media_buys: z.object({}),
  turn_media_buy: z.object({ media_buy_id: z.string() }),
  deliver_webhook: z.object({ webhook_event_id: z.string(), lane: z.string() }),
  tell_slack: z.object({ tenant_id: z.string() }),
  start_daily_summaries: z.object({}),
} as const

export type JobName = keyof typeof jobs
export type JobPayload<N extends JobName> = z.infer<(typeof jobs)[N]>

/** Beside the payload: the trace of whoever asked for the job, which the job goes on with. */
export const Traced = z.object({ _traceparent: z.string().optional() })

/** What a job is about, for its key: one waiting job per name and subject. */
const subject: { [N in JobName]: (payload: JobPayload<N>) => string } = {
  fulfil_media_buy: (payload) => payload.fulfilment_id,
  sync_adapter_capabilities: (payload) => payload.connection_id,
  check_connection: (payload) => payload.connection_check_id,
  start_due_syncs: () => 'all',
  sync_ad_server: (payload) => payload.sync_job_id,
  sweep_generations: () => 'all',
  find_stuck_orders: () => 'all',
  start_due_forecasts: () => 'all',
  take_forecasts: (payload) => payload.connection_id,
  forget_idempotency_keys: () => 'all',
  forget_proposals: () => 'all',
  forget_request_nonces: () => 'all',
  read_oauth_keys: () => 'all',
  forget_call_counts: () => 'all',
  read_due_deliveries: () => 'all',
  read_delivery: (payload) => payload.connection_id,
  report_delivery: () => 'all',
  start_due_authorisations: () => 'all',
  check_authorisation: ({ tenant_id, publisher_domain }) => `${tenant_id}:${publisher_domain}`,
  start_due_creative_agents: () => 'all',
  read_creative_agent: (payload) => payload.creative_agent_id,
  start_standings: () => 'all',
  watch_approvals: () => 'all',
  read_standings: (payload) => payload.connection_id,
  watch_pace: () => 'all',
  turn_media_buys: () => 'all',
  turn_media_buy: (payload) => payload.media_buy_id,
  deliver_webhook: (payload) => payload.webhook_event_id,
  tell_slack: (payload) => payload.tenant_id,
  start_daily_summaries: () => 'all',
}

/** Jobs in one queue are done one after another, whoever does them; a job without a queue waits for no other. */
const queue: { [N in JobName]?: (payload: JobPayload<N>) => string } = {
  deliver_webhook: ({ lane }) => `deliver_webhook:${lane}`,
  tell_slack: ({ tenant_id }) => `tell_slack:${tenant_id}`,
  read_standings: ({ connection_id }) => `read_standings:${connection_id}`,
  take_forecasts: ({ connection_id }) => `take_forecasts:${connection_id}`,
  sync_ad_server: ({ connection_id }) => `sync_ad_server:${connection_id}`,
  read_delivery: ({ connection_id }) => `read_delivery:${connection_id}`,
  check_authorisation: () => 'check_authorisation',
  read_creative_agent: () => 'read_creative_agent',
}

/** Readings that a clock begins anew when they are due. Anything else would be lost, or has a row that waits for it. */
const begunAnew: readonly string[] = [
  'take_forecasts',
  'read_delivery',
  'read_standings',
  'check_authorisation',
  'read_creative_agent',
] satisfies JobName[]

/** True of a job that a person may take out of the queue: nothing is lost, and no order waits for it. */
export const mayBeCanceled = (name: string): boolean => begunAnew.includes(name)

/** After so many errors of ours, which is about a day, a job is given up; find_stuck_orders and `salesdesk doctor` tell of it. */
const MAX_ATTEMPTS = 14

const LANES_OF_A_BUYER = 4

/**
 * The lane a webhook is sent in: one buyer has a few, so that however many of its servers hang, it is sent no more at once, and
 * its other servers seldom wait for them.
 */
export function webhookLane(principal_id: string, url: string): string {
  const [first = 0] = createHash('sha256').update(new URL(url).host).digest()
  return `${principal_id}:${first % LANES_OF_A_BUYER}`
}

/**
 * Adds a job in the caller's transaction, so the rows and the work they need commit together or not at all.
 * A job of the same name and subject that still waits is replaced; one that runs already is not disturbed, so tasks
 * must bear running twice. Those of one transaction are begun in the order they were added.
 */
export async function enqueue<N extends JobName>(
  trx: Trx,
  name: N,
  payload: JobPayload<N>,
  runAt?: Date,
): Promise<void> {
  const key = `${name}:${subject[name](payload)}`
  const traced: z.infer<typeof Traced> = { _traceparent: traceparent() }
  await addJob(trx, {
    name,
    payload: JSON.stringify({ ...payload, ...traced }),
    key,
    run_at: runAt ?? null,
    queue_name: queue[name]?.(payload) ?? null,
  })
}

interface Job {
  name: string
  payload: string
  key: string
  run_at: Date | null
  queue_name: string | null
}
const addJob = compiledWrite(
  (_db, { name, payload, key, run_at, queue_name }: Job) => sql`select graphile_worker.add_job(
    ${name}, ${payload}::json, run_at := coalesce(${run_at}::timestamptz, clock_timestamp()), job_key := ${key},
    max_attempts := ${MAX_ATTEMPTS}, queue_name := ${queue_name}
  )`,
)

/** What `enqueue` does for fulfil_media_buy, as an expression for a statement whose rows bear a `fulfilment_id`. */
export const enqueueFulfilment = (trace: string | null) => sql`graphile_worker.add_job(
    ${sql.lit('fulfil_media_buy' satisfies JobName)},
    json_strip_nulls(json_build_object('fulfilment_id', fulfilment_id, '_traceparent', ${trace}::text)),
    run_at := clock_timestamp(), job_key := ${sql.lit('fulfil_media_buy:' satisfies `${JobName}:`)} || fulfilment_id,
    max_attempts := ${sql.lit(MAX_ATTEMPTS)}
  )`
