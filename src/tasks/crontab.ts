import { parseCronItems } from 'graphile-worker'
import type { JobName } from '../jobs.ts'

/** What runs on a clock (UTC). Any number of workers may hold this list; each entry still runs once. */
export const crontab = parseCronItems([
  { task: 'start_standings' satisfies JobName, match: '*/5 * * * *', identifier: 'start_standings' },
  { task: 'watch_pace' satisfies JobName, match: '*/10 * * * *', identifier: 'watch_pace' },
  { task: 'watch_approvals' satisfies JobName, match: '* * * * *', identifier: 'watch_approvals' },
  { task: 'turn_media_buys' satisfies JobName, match: '* * * * *', identifier: 'turn_media_buys' },
  { task: 'find_stuck_orders' satisfies JobName, match: '* * * * *', identifier: 'find_stuck_orders' },
  {
    task: 'forget_idempotency_keys' satisfies JobName,
    match: '17 4 * * *',
    identifier: 'forget_idempotency_keys',
  },
  { task: 'forget_proposals' satisfies JobName, match: '7 * * * *', identifier: 'forget_proposals' },
  {
    task: 'forget_request_nonces' satisfies JobName,
    match: '*/10 * * * *',
    identifier: 'forget_request_nonces',
  },
  { task: 'forget_call_counts' satisfies JobName, match: '*/10 * * * *', identifier: 'forget_call_counts' },
  { task: 'read_oauth_keys' satisfies JobName, match: '*/5 * * * *', identifier: 'read_oauth_keys' },
  { task: 'start_due_forecasts' satisfies JobName, match: '* * * * *', identifier: 'start_due_forecasts' },
  { task: 'start_due_syncs' satisfies JobName, match: '* * * * *', identifier: 'start_due_syncs' },
  {
    task: 'sweep_generations' satisfies JobName,
    match: '*/10 * * * *',
    identifier: 'sweep_generations',
  },
  {
    task: 'read_due_deliveries' satisfies JobName,
    match: '* * * * *',
    identifier: 'read_due_deliveries',
  },
  {
    task: 'start_due_authorisations' satisfies JobName,
    match: '* * * * *',
    identifier: 'start_due_authorisations',
  },
  {
    task: 'start_due_creative_agents' satisfies JobName,
    match: '* * * * *',
    identifier: 'start_due_creative_agents',
  },
  {
    task: 'start_daily_summaries' satisfies JobName,
    match: '*/10 * * * *',
    identifier: 'start_daily_summaries',
  },
  { task: 'report_delivery' satisfies JobName, match: '* * * * *', identifier: 'report_delivery' },
])
