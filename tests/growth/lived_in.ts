import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import { growDesk } from '../support/grown_desk.ts'

/** A row of what a busy day leaves empty, so that there is something to make many of. */
const further = [
  `insert into performance_feedback (tenant_id, principal_id, media_buy_id, period_start, period_end, performance_index, metric_type,
    feedback_source, received_at) select tenant_id, principal_id, media_buy_id, now(), now(), 1, 'overall_performance', 'buyer', now() from media_buys limit 1`,
  `insert into proposals (tenant_id, principal_id, proposal_id, plan, currency, committed_at, expires_at)
    select tenant_id, principal_id, 'prop_1', '{}', 'EUR', now(), now() + interval '1 day' from principals where principal_id = 'pinnacle'`,
  `insert into proposal_holds (principal_id, proposal_id, tenant_id, product_id, day, amount, expires_at)
    select 'pinnacle', 'prop_1', tenant_id, product_id, current_date + 21, 100, now() + interval '1 day' from products where product_id = 'news_billboard'`,
  `insert into reporting_webhooks (task_id, tenant_id, media_buy_id, reporting_frequency, next_window_start, next_at, created_at)
    select task_id || '_reports', tenant_id, media_buy_id, 'daily', now(), now(), now() from push_notification_configs limit 1`,
  `insert into delivery_reports (tenant_id, media_buy_id, sequence_number, notification_type, window_start, window_end, figures, webhook_event_id, created_at)
    select tenant_id, media_buy_id, 1, 'scheduled', now() - interval '1 day', now(), 1, webhook_event_id, now() from webhook_events limit 1`,
  `insert into package_delivery_history select *, now() from package_delivery limit 1`,
  `insert into request_nonces (kid, target_uri, nonce, expires_at) values ('kid', 'https://northwind.example/mcp-strict', 'n', now())`,
  `insert into sync_jobs (sync_job_id, tenant_id, connection_id, kind, state, asked_by, started_at, whole_at, updated_at, finished_at)
    select 'sync_' || kind, 'northwind', 'house', kind, 'current', 'clock', now(), now(), now(), now()
    from unnest('{orders,line_items,audience_segments}'::text[]) kind on conflict do nothing`,
  `insert into audience_segments (generation, id, name, standing) select generation, '1', 'Hikers', 'active' from sync_jobs
    where kind = 'audience_segments' and state = 'current' limit 1`,
  `insert into ad_server_orders (generation, id, name, advertiser_id, status) select generation, '1', 'Spring', 'adv-2041', 'serving' from sync_jobs
    where kind = 'orders' and state = 'current' and connection_id = 'house' limit 1`,
  `insert into ad_server_line_items (generation, id, name, order_id, status) select generation, '1', 'Spring', '1', 'serving' from sync_jobs
    where kind = 'line_items' and state = 'current' and connection_id = 'house' limit 1`,
  `insert into booked_orders (tenant_id, connection_id, order_id, known_since) values ('northwind', 'house', '1', now())`,
  `insert into forecasts (tenant_id, product_id, connection_id, asked_of, generation, as_of, next_at)
    select tenant_id, product_id, connection_id, ad_server_config, 1, now(), now() from products where delivery_type = 'guaranteed'`,
  `insert into forecast_days (tenant_id, product_id, day, available, capacity)
    select tenant_id, product_id, current_date + n, 1000, 1000 from forecasts, generate_series(1, 40) n`,
  `insert into delivery_concerns (tenant_id, media_buy_id, package_id, concern, reason, opened_at)
    select tenant_id, media_buy_id, package_id, 'behind', 'It is behind.', now() from media_packages limit 1`,
  `insert into delivery_progress (connection_id, media_buy_id, read_until, read_at, corrected_at)
    select connection_id, media_buy_id, now(), now(), now() from media_packages limit 1`,
  `insert into package_snapshots (tenant_id, media_buy_id, package_id, impressions, spend, as_of)
    select tenant_id, media_buy_id, package_id, 10, 1, now() from media_packages limit 1`,
  `insert into slack_posts (notice_id, tenant_id, done_at) select notice_id, tenant_id, now() from notices limit 1`,
]

/** Most of what a desk remembers is over: of ten copies nine. */
const over = (table: string, id: string, change: string, which = 'true') =>
  `update ${table} set ${change} where ${id}::text ~ 'x[0-9]*[1-9]$' and ${which}`
const settled = [
  over('webhook_events', 'media_buy_id', `state = 'delivered'`),
  over(
    'workflow_steps',
    'workflow_step_id',
    `status = 'completed', decided_by = 'Dana', decided_at = now(), clock_at = null`,
  ),
  over('approval_questions', 'context_id', `answer = 'Yes.', answered_at = now()`),
  over('fulfilments', 'fulfilment_id', `state = 'placed', placed_at = now()`),
  over('fulfilment_steps', 'fulfilment_step_id', `state = 'done', done_at = now()`),
  over(
    'media_buy_updates',
    'media_buy_update_id',
    `state = 'applied', applied_revision = 2, settled_at = now()`,
  ),
  over(
    'media_buys',
    'media_buy_id',
    `status = 'completed', confirmed_at = created_at, canceled_at = null, canceled_by = null`,
  ),
  over('creatives', 'creative_id', `status = 'approved', rejection_reason = null`),
  over('delivery_concerns', 'package_id', `closed_at = now()`),
  over('delivery_progress', 'media_buy_id', `closed_at = now()`),
  over('connection_checks', 'connection_check_id', `finished_at = now()`),
  `update invitations set accepted_at = now() where get_byte(token_hash, 0) % 10 > 0`,
  over('reservations', 'package_id', `released_at = now()`),
  // each ad server is read again and again
  `insert into sync_jobs (sync_job_id, tenant_id, connection_id, kind, state, done, asked_by, started_at, whole_at, updated_at, finished_at, swept_at)
    select sync_job_id || '-again-' || n, tenant_id, connection_id, kind, 'replaced', done, asked_by, started_at, whole_at, updated_at, now(), now()
    from sync_jobs, generate_series(1, 100) n where state = 'current'`,
]

/** The desk of a busy day, as it is after years: so many rows of everything at least, most of them settled. */
export async function ageDesk(db: Db, rows: number): Promise<void> {
  await run(db, further)
  await growDesk(db, rows)
  await run(db, settled)
  await sql`vacuum analyze`.execute(db)
}

async function run(db: Db, statements: readonly string[]) {
  await db.connection().execute(async (connection) => {
    await sql`set session_replication_role = replica`.execute(connection)
    for (const statement of statements) await sql.raw(statement).execute(connection)
    await sql`set session_replication_role = default`.execute(connection)
  })
}
