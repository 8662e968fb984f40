import type { ReadDb } from '../../../db/database.ts'

/** How a publisher's people are reached in Slack. */
export const selectSlack = (db: ReadDb, tenant_id: string) =>
  db
    .selectFrom('slack_connections')
    .select(['way', 'team_name', 'channel_id', 'escalation_channel_id', 'time_zone', 'summary_hour'])
    .select(['connected_by', 'connected_at', 'failures', 'last_error'])
    .where('tenant_id', '=', tenant_id)
export type Slack = NonNullable<Awaited<ReturnType<ReturnType<typeof selectSlack>['executeTakeFirst']>>>
