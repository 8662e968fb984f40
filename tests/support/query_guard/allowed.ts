import type { Finding } from './bind.ts'

/** Statements that are right although they do not say whose rows they mean. */
export interface Allowance {
  why: string
  by: Finding['by']
  /** A file or folder that sends them, and the tables meant: with the column of the id (`key`), or any (`*`). '': it is not known who sends them. */
  where: Readonly<Record<string, readonly string[]>>
}

export const allowances: readonly Allowance[] = [
  {
    why: 'A job names its rows by ids that only the desk writes into a payload, in the transaction of what the job is about.',
    by: 'key',
    where: { 'src/tasks/': ['*'], 'src/connections.ts': ['*'] },
  },
  {
    why: 'What looks for what is due, or goes on by the clock, does so for every publisher; each thing it finds becomes a job or a step of its own.',
    by: 'nothing',
    where: {
      'src/tasks/creative_agents/lapse.ts': ['creative_agents', 'creative_formats'],
      'src/tasks/find_stuck_orders.ts': ['fulfilments', 'fulfilment_steps', 'workflow_steps'],
      'src/tasks/forecasts/due.ts': [
        'adapter_configs',
        'forecasts',
        'pricing_options',
        'products',
        'tenants',
      ],
      'src/tasks/forget_idempotency_keys.ts': ['idempotency_keys', 'principal_calls'],
      'src/tasks/forget_proposals.ts': ['proposal_holds', 'proposals'],
      'src/tasks/forget_request_nonces.ts': ['request_nonces'],
      'src/tasks/read_due_deliveries.ts': ['adapter_configs', 'delivery_readings'],
      'src/tasks/report_delivery.ts': ['media_buys', 'reporting_webhooks'],
      'src/tasks/start_daily_summaries.ts': ['slack_connections', 'tenants'],
      'src/tasks/start_due_authorisations.ts': ['publisher_partners', 'tenants'],
      'src/tasks/start_due_creative_agents.ts': ['creative_agents', 'tenants'],
      'src/tasks/start_due_syncs.ts': ['adapter_configs', 'sync_jobs'],
      'src/tasks/start_standings.ts': ['fulfilments', 'media_buys'],
      'src/tasks/sweep_generations.ts': ['sync_jobs'],
      'src/tasks/turn_media_buys.ts': [
        ...['accounts', 'delivery_concerns', 'fulfilments', 'media_buys', 'media_packages'],
        ...['package_delivery', 'package_snapshots'],
      ],
      'src/tasks/watch_approvals.ts': ['workflow_steps'],
      'src/tasks/watch_pace.ts': ['accounts', 'delivery_concerns', 'media_buys', 'media_packages'],
      'src/commands/learn_capabilities.ts': ['adapter_configs'],
    },
  },
  {
    why: 'Commands are handed the id of a purchase, or of what hangs under it, by a door that found it under its tenant or principal, or by a job.',
    by: 'key',
    where: {
      'src/commands/': [
        ...['media_buys.media_buy_id', 'media_packages.media_buy_id', 'media_packages.package_id'],
        ...['media_buy_updates.media_buy_id', 'media_buy_updates.workflow_step_id'],
        ...['reservations.package_id', 'creative_assignments.package_id', 'package_delivery.package_id'],
        ...['workflow_steps.workflow_step_id', 'workflow_steps.task_id', 'workflow_steps.media_buy_id'],
        ...['approvals_given.workflow_step_id', 'approval_questions.workflow_step_id'],
        ...['approval_questions.context_id', 'fulfilments.fulfilment_id', 'fulfilments.media_buy_id'],
        ...['fulfilment_steps.fulfilment_id', 'fulfilment_steps.fulfilment_step_id'],
        ...['push_notification_configs.task_id', 'push_notification_configs.media_buy_id'],
        ...['reporting_webhooks.media_buy_id', 'webhook_events.webhook_event_id'],
      ],
      'src/tools/create_media_buy/book.ts': ['media_buys.media_buy_id'],
      'src/tools/sync_creatives/judge_assignments.ts': ['creative_assignments.package_id'],
      'src/tools/tasks_get.ts': ['media_buy_updates.workflow_step_id'],
      'src/tools/update_media_buy/answered.ts': ['media_buy_updates.workflow_step_id'],
      'src/tools/comply_test_controller/': ['workflow_steps.workflow_step_id', 'workflow_steps.task_id'],
    },
  },
  {
    why: 'The account was found among those the principal may use.',
    by: 'key',
    where: {
      'src/commands/lock_credit.ts': ['accounts.account_id', 'media_buys.account_id'],
      'src/commands/buyers/change_account.ts': ['accounts.account_id'],
      'src/queries/': ['sandbox_spend.account_id', 'media_buys.account_id'],
      'src/tools/get_account_financials.ts': ['media_buys.account_id'],
      'src/tools/comply_test_controller/': ['accounts.account_id', 'sandbox_spend.account_id'],
    },
  },
  {
    why: 'The ad server was found, and mostly locked, under the tenant in the same transaction or page.',
    by: 'key',
    where: {
      'src/commands/ad_servers/': [
        ...[
          'adapter_configs.connection_id',
          'ad_server_secrets.connection_id',
          'connection_checks.connection_id',
        ],
      ],
      'src/commands/set_ad_server_secret.ts': ['ad_server_secrets.connection_id'],
      'src/commands/remove_ad_server_secret.ts': ['ad_server_secrets.connection_id'],
      'src/commands/start_sync.ts': ['adapter_configs.connection_id', 'sync_jobs.connection_id'],
      'src/console/pages/ad_servers/': [
        ...['sync_jobs.connection_id', 'connection_checks.connection_id', 'ad_server_traffic.connection_id'],
      ],
      'src/console/pages/products/inventory.ts': ['sync_jobs.connection_id'],
      'src/queries/sold.ts': ['products.connection_id'],
    },
  },
  {
    why: 'Whoever comes with a secret is found by its hash: whose it is, is the question.',
    by: 'key',
    where: {
      'src/mcp/authenticate.ts': ['principal_tokens.token_hash'],
      'src/mcp/strict/': ['request_signing_keys.kid', 'request_nonces.kid'],
      'src/commands/people/': ['invitations.token_hash'],
      'src/commands/slack/installation.ts': [
        'slack_installations.link_hash',
        'slack_installations.state_hash',
      ],
    },
  },
  {
    why: 'Whoever comes is found by what its issuer, its workspace or its own session says it is.',
    by: 'nothing',
    where: {
      'src/mcp/oauth/token_caller.ts': ['principal_oauth_subjects', 'principals'],
      'src/commands/people/': ['invitations', 'memberships'],
      'src/commands/slack/uninstall.ts': ['slack_connections'],
      'src/slack/authorize.ts': ['slack_connections'],
      'src/slack/home.ts': ['slack_connections'],
      'src/slack/own_apps.ts': ['slack_connections'],
      'src/console/': ['memberships'],
      'src/console/rooms.ts': ['tenants'],
    },
  },
  {
    why: 'One issuer names a subject once on the whole desk: whether somebody else has it must be seen.',
    by: 'nothing',
    where: { 'src/commands/oauth/': ['principal_oauth_subjects', 'principals'] },
  },
  {
    why: 'Where several publishers share the desk, none lets in subjects: that there are several must be seen.',
    by: 'nothing',
    where: { 'src/commands/oauth/': ['tenants'] },
  },
  {
    why: 'Of all a Slack workspace is connected to, those publishers are meant that are open.',
    by: 'nothing',
    where: { 'src/slack/': ['tenants'] },
  },
  {
    why: 'Who works for another publisher, too, stays signed in there: whether somebody does must be seen.',
    by: 'nothing',
    where: { 'src/commands/tenants/close_tenant.ts': ['memberships', 'tenants'] },
  },
  {
    why: 'The row shown or ended was found under the tenant just before.',
    by: 'key',
    where: {
      'src/commands/end_token.ts': ['principal_tokens.token_id'],
      'src/console/pages/webhooks/read_webhook.ts': ['webhook_attempts.webhook_event_id'],
    },
  },
  {
    why: 'Of the queue’s jobs, whose payloads name no publisher, those are taken whose subject is the publisher’s: that is compared at the end.',
    by: 'nothing',
    where: {
      'src/console/pages/jobs.tsx': ['*'],
      'src/console/pages/jobs/': ['*'],
      'src/commands/settle_job.ts': ['*'],
    },
  },
  {
    why: 'The publisher’s own notices say which steps wait.',
    by: 'nothing',
    where: { 'src/commands/slack/connect.ts': ['workflow_steps'] },
  },
  {
    why: 'What was never opened is swept away for everybody.',
    by: 'nothing',
    where: { 'src/commands/slack/installation.ts': ['slack_installations'] },
  },
  {
    why: 'A publisher file may name ids that are taken: refuseTakenIds() refuses another tenant’s in the same transaction.',
    by: 'key',
    where: {
      'src/seed/': [
        'accounts.account_id',
        'adapter_configs.connection_id',
        'creative_agents.creative_agent_id',
      ],
    },
  },
  {
    why: 'Whoever runs the desk puts every secret under the new key, whoever it belongs to, and counts what there is of everybody.',
    by: 'nothing',
    where: { 'src/commands/reseal.ts': ['*'], 'src/cli/': ['*'], 'src/monitoring/': ['*'] },
  },
  {
    why: 'Whoever runs the desk may name anything on its command line.',
    by: 'key',
    where: {
      'src/commands/reseal.ts': ['*'],
      'src/commands/revoke_key.ts': ['request_signing_keys.kid'],
      'src/commands/trust_keys.ts': ['request_signing_keys.kid'],
      'src/cli/': ['*'],
    },
  },
  {
    why: 'The address without a token is for a desk of one publisher; on one of several nobody is let in.',
    by: 'nothing',
    where: { 'src/mcp/strangers.ts': ['tenants'], '': ['tenants'] },
  },
  {
    why: 'Keys that webhooks are checked with are public, and at one address for all publishers.',
    by: 'nothing',
    where: { 'src/mcp/open_answers.ts': ['webhook_signing_keys'], '': ['webhook_signing_keys'] },
  },
  {
    why: 'What is left of a product is what all buyers together have not taken; only sums are told.',
    by: 'tenant',
    where: {
      'src/commands/': ['reservations', 'proposal_holds'],
      'src/queries/': ['reservations', 'proposal_holds'],
      'src/tools/get_products.ts': ['reservations', 'proposal_holds'],
      'src/tools/get_products/': ['reservations', 'proposal_holds'],
    },
  },
  {
    why: 'The rows are named by ids that were selected for the principal in the same call, and by the tenant besides.',
    by: 'tenant',
    where: {
      'src/commands/': ['*'],
      'src/tools/get_media_buys/': ['*'],
      'src/tools/comply_test_controller/': ['*'],
    },
  },
  {
    why: 'An advertiser on the ad server is mapped to principals, and an order there is left out when it is any principal’s own.',
    by: 'tenant',
    where: {
      'src/queries/booked_orders.ts': ['principals', 'ad_server_objects'],
      'src/tools/get_media_buys.ts': ['principals', 'ad_server_objects'],
      'src/tools/get_media_buy_delivery.ts': ['principals', 'ad_server_objects'],
    },
  },
]

/** Buyers are principals; people and jobs are there for all principals of a tenant. */
const isForBuyers = (files: readonly string[]) =>
  files.some((file) => file.startsWith('src/tools/') || file.startsWith('src/mcp/'))

/** Whether that may be, sent by these files, the one that wrote it first. */
export function isAllowed({ table, by, column }: Finding, files: readonly string[]): boolean {
  if (by === 'tenant' && !isForBuyers(files)) return true
  const [file = ''] = files
  const name = column === undefined ? table : `${table}.${column}`
  return allowances.some(
    (one) =>
      one.by === by &&
      Object.entries(one.where).some(
        ([place, tables]) =>
          (place.endsWith('/') ? file.startsWith(place) : file === place) &&
          tables.some((allowed) => allowed === '*' || allowed === name),
      ),
  )
}
