import type { Task, TaskList } from 'graphile-worker'
import { jobs, Traced, type JobName, type JobPayload } from '../jobs.ts'
import type { Meter } from '../monitoring/meter.ts'
import { continueTrace, inSpan } from '../trace.ts'
import type { TaskContext, TaskDefinition } from './define-task.ts'
import { checkAuthorisation } from './check_authorisation.ts'
import { checkConnection } from './check_connection.ts'
import { deliverWebhook } from './deliver_webhook.ts'
import { findStuckOrders } from './find_stuck_orders.ts'
import { forgetCallCounts } from './forget_call_counts.ts'
import { forgetIdempotencyKeys } from './forget_idempotency_keys.ts'
import { forgetProposals } from './forget_proposals.ts'
import { forgetRequestNonces } from './forget_request_nonces.ts'
import { fulfilMediaBuy } from './fulfil_media_buy.ts'
import { readDelivery } from './read_delivery.ts'
import { readDueDeliveries } from './read_due_deliveries.ts'
import { reportDelivery } from './report_delivery.ts'
import { readCreativeAgent } from './read_creative_agent.ts'
import { startDueCreativeAgents } from './start_due_creative_agents.ts'
import { startDailySummaries } from './start_daily_summaries.ts'
import { startDueAuthorisations } from './start_due_authorisations.ts'
import { startDueForecasts } from './start_due_forecasts.ts'
import { startDueSyncs } from './start_due_syncs.ts'
import { sweepGenerations } from './sweep_generations.ts'
import { syncAdServer } from './sync_ad_server.ts'
import { syncAdapterCapabilities } from './sync_adapter_capabilities.ts'
import { readOauthKeys } from './read_oauth_keys.ts'
import { readStandings } from './read_standings.ts'
import { startStandings } from './start_standings.ts'
import { watchApprovals } from './watch_approvals.ts'
import { watchPace } from './watch_pace.ts'
import { turnOneMediaBuy } from './turn_media_buy.ts'
import { turnMediaBuys } from './turn_media_buys.ts'
import { takeForecasts } from './take_forecasts.ts'
import { tellSlack } from './tell_slack.ts'

/** One task per job of jobs.ts; leaving one out is a type error. */
const tasks: { [N in JobName]: TaskDefinition<N> } = {
  fulfil_media_buy: fulfilMediaBuy,
  find_stuck_orders: findStuckOrders,
  sync_adapter_capabilities: syncAdapterCapabilities,
  check_connection: checkConnection,
  start_due_syncs: startDueSyncs,
  sync_ad_server: syncAdServer,
  sweep_generations: sweepGenerations,
  forget_idempotency_keys: forgetIdempotencyKeys,
  forget_proposals: forgetProposals,
  forget_request_nonces: forgetRequestNonces,
  read_oauth_keys: readOauthKeys,
  forget_call_counts: forgetCallCounts,
  read_due_deliveries: readDueDeliveries,
  read_delivery: readDelivery,
  report_delivery: reportDelivery,
  start_standings: startStandings,
  read_standings: readStandings,
  watch_approvals: watchApprovals,
  watch_pace: watchPace,
  turn_media_buys: turnMediaBuys,
  turn_media_buy: turnOneMediaBuy,
  deliver_webhook: deliverWebhook,
  start_due_forecasts: startDueForecasts,
  take_forecasts: takeForecasts,
  start_due_authorisations: startDueAuthorisations,
  check_authorisation: checkAuthorisation,
  start_due_creative_agents: startDueCreativeAgents,
  read_creative_agent: readCreativeAgent,
  tell_slack: tellSlack,
  start_daily_summaries: startDailySummaries,
}

/** The tasks as graphile-worker runs them: the payload is parsed before a task sees it. */
export function createTaskList(ctx: Omit<TaskContext, 'signal'>): TaskList {
  const names = Object.keys(jobs) as JobName[]
  return Object.fromEntries(names.map((name) => [name, toWorkerTask(name, ctx)]))
}

function toWorkerTask<N extends JobName>(name: N, ctx: Omit<TaskContext, 'signal'>): Task {
  return (raw, helpers) => {
    const { id, attempts } = helpers.job
    const log = ctx.log.child({ job: name, job_id: id, attempt: attempts })
    const work = async () => {
      const payload = jobs[name].parse(raw) as JobPayload<N>
      await tasks[name].run(payload, { ...ctx, log, signal: helpers.abortSignal })
    }
    const span = {
      name: `job ${name}`,
      kind: 'consumer',
      attributes: { job_id: id, attempt: attempts },
    } as const
    const { _traceparent } = Traced.catch({}).parse(raw)
    return continueTrace(_traceparent, ctx.spans, () => inSpan(span, () => counted(name, ctx.meter, work)))
  }
}

async function counted(name: JobName, meter: Meter | undefined, work: () => Promise<void>): Promise<void> {
  const began = performance.now()
  const ended = (outcome: 'done' | 'failed') =>
    meter?.jobRan(name, outcome, (performance.now() - began) / 1000)
  try {
    await work()
    ended('done')
  } catch (error) {
    ended('failed')
    throw error
  }
}
