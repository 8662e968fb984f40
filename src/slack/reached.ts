import { sql } from 'kysely'
import type { SlackDesk } from './desk.ts'

/**
 * The publishers an app speaks for in a workspace: one with an app of its own only through that one, all others through the desk's.
 */
export const selectReached = ({ readDb, only }: Pick<SlackDesk, 'readDb' | 'only'>, team_id: string) =>
  readDb
    .selectFrom('slack_connections')
    .where('team_id', '=', team_id)
    .where('uninstalled_at', 'is', null)
    .where(
      sql<boolean>`exists (select from tenants t where t.tenant_id = slack_connections.tenant_id and t.closed_at is null)`,
    )
    .where('signing_secret_sealed', only === undefined ? 'is' : 'is not', null)
    .$if(only !== undefined, (q) => q.where('tenant_id', '=', only ?? ''))
