import { sql } from 'kysely'
import type { SlackDesk } from './desk.ts'

type Asked = Pick<SlackDesk, 'readDb' | 'only'>
/** Whether the publisher of a connection still sells here. */
export const sells = sql<boolean>`exists (select from tenants t where t.tenant_id = slack_connections.tenant_id and t.closed_at is null)`

/**
 * The publishers an app speaks for in a workspace: one with an app of its own only through that one, all others through the desk's.
 */
export const selectReached = (asked: Asked, team_id: string) => selectConnected(asked, team_id).where(sells)

/** The same, with those that are closed. */
export const selectConnected = ({ readDb, only }: Asked, team_id: string) =>
  readDb
    .selectFrom('slack_connections')
    .where('team_id', '=', team_id)
    .where('uninstalled_at', 'is', null)
    .where('signing_secret_sealed', only === undefined ? 'is' : 'is not', null)
    .$if(only !== undefined, (q) => q.where('tenant_id', '=', only ?? ''))

/** Whether an app speaks for a publisher in a workspace. */
export async function isReached(asked: Asked, tenant_id: string, team_id: string): Promise<boolean> {
  const found = await selectReached(asked, team_id)
    .select('tenant_id')
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
  return found !== undefined
}
