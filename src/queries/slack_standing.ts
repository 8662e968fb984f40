import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** How a publisher's people are reached in Slack and what is wrong, if anything is; undefined where there is no Slack. No secrets. */
export async function readSlackStanding(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('slack_connections as slack')
    .select([
      'way',
      'team_id',
      'team_name',
      'channel_id',
      'escalation_channel_id',
      'time_zone',
      'summary_hour',
      'connected_by',
      'connected_at',
      'uninstalled_at',
      'failures',
      'last_error',
      'hold_until',
      sql<boolean>`signing_secret_sealed is not null`.as('own_app'),
      sql<number>`(select count(*)::int from slack_posts where tenant_id = slack.tenant_id and done_at is null)`.as(
        'untold',
      ),
    ])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
}
