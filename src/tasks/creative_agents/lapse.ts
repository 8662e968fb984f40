import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'

/**
 * Ends the formats of agents that could not be read anew in their time of grace: they are listed no longer and no creative is judged by
 * them. Creatives and packages that have them already stay. Returns the agents.
 */
export async function endLapsed(db: Db, now: Date): Promise<string[]> {
  const { rows } = await sql<{ creative_agent_id: string }>`
    with lapsed as (
      update creative_agents set lapsed_at = ${now}
      where archived_at is null and lapsed_at is null
        and read_at + make_interval(hours => refresh_hours, days => grace_days) <= ${now}
      returning creative_agent_id),
    ended as (
      update creative_formats f set archived_at = ${now} from lapsed
      where f.creative_agent_id = lapsed.creative_agent_id and f.archived_at is null)
    select creative_agent_id from lapsed`.execute(db)
  return rows.map(({ creative_agent_id }) => creative_agent_id)
}
