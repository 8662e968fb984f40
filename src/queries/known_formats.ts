import { sql, type RawBuilder } from 'kysely'

/** Whether a creative agent tells which formats there are; what nobody tells of is all known. */
export const hasAgents = ({ tenant_id }: { tenant_id: string }) =>
  sql<boolean>`exists (select from creative_agents where tenant_id = ${tenant_id} and archived_at is null)`

/**
 * The formats of a product `p` that a creative can be judged by: not those a creative agent does not list, or was away too long to.
 * Offset 0: each is looked up, instead of reading all formats there are.
 */
export const knownFormats = sql<{ agent_url: string; id: string }[]>`(
  select coalesce(jsonb_agg(ref.value order by ref.n), '[]')
  from jsonb_array_elements(p.format_ids) with ordinality ref (value, n)
  where not exists (
      select from creative_agents agent where agent.tenant_id = p.tenant_id and agent.archived_at is null
        and agent.agent_url = ref.value->>'agent_url')
    or exists (
      select from creative_formats format where format.tenant_id = p.tenant_id and format.archived_at is null
        and format.agent_url = ref.value->>'agent_url' and format.format_id = ref.value->>'id' offset 0))`

/** True of a product `p` of which some format is known. The first question, the same for all products, spares most publishers the second. */
export function hasKnownFormat(tenant: { tenant_id: string }): RawBuilder<boolean> {
  return sql`(not ${hasAgents(tenant)} or ${knownFormats} <> '[]')`
}
