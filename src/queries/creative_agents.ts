import { sql } from 'kysely'
import type { Db, ReadDb } from '../db/database.ts'

/** The creative agents that are asked, in the publisher's order, with how many of their formats are listed. Their tokens are not in it. */
export function selectCreativeAgents(db: ReadDb) {
  return db
    .selectFrom('creative_agents as agent')
    .select(['creative_agent_id', 'tenant_id', 'name', 'agent_url', 'mcp_url', 'refresh_hours', 'grace_days'])
    .select(['asked_at', 'read_at', 'lapsed_at', 'problem', 'left_out', 'left_out_because', 'bearer_set_at'])
    .select(
      sql<number>`(select count(*)::int from creative_formats f
        where f.creative_agent_id = agent.creative_agent_id and f.archived_at is null)`.as('formats'),
    )
    .where('archived_at', 'is', null)
    .orderBy('tenant_id')
    .orderBy('position')
    .orderBy('creative_agent_id')
}
export type CreativeAgentRow = Awaited<ReturnType<ReturnType<typeof selectCreativeAgents>['execute']>>[number]

/** Formats products are sold with that their creative agent does not list, where it was read, each with one of the products. */
export function selectUnknownFormats(db: Db) {
  return sql<{ agent_url: string; format_id: string; product_id: string }>`
    select ref->>'agent_url' as agent_url, ref->>'id' as format_id, min(p.product_id) as product_id
    from products p cross join jsonb_array_elements(p.format_ids) ref
    join creative_agents agent on agent.tenant_id = p.tenant_id and agent.agent_url = ref->>'agent_url'
      and agent.archived_at is null and agent.read_at is not null and agent.lapsed_at is null
    where p.archived_at is null and p.sandbox_of is null and not exists (
      select from creative_formats f where f.tenant_id = p.tenant_id and f.agent_url = ref->>'agent_url'
        and f.format_id = ref->>'id' and f.archived_at is null)
    group by 1, 2 order by 1, 2`.execute(db)
}
