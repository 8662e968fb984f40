import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { spellingsOf } from '../../adcp/agent_url.ts'
import type { ReadDb } from '../../db/database.ts'
import { isAcceptedFrom } from '../../queries/creatives.ts'
import type { Principal } from '../define-tool.ts'
import type { Request } from './request.ts'

/** The formats that pass every filter, the publisher's own first, then those of each creative agent in its order. */
export function selectFormats(db: ReadDb, principal: Principal, request: Request) {
  return db
    .selectFrom('creative_formats')
    .leftJoin('creative_agents as agent', 'agent.creative_agent_id', 'creative_formats.creative_agent_id')
    .select(['creative_formats.agent_url', 'format_id', 'creative_formats.name', 'description', 'definition'])
    .select(['creative_formats.position', ownerRank.as('rank')])
    .where('creative_formats.tenant_id', '=', principal.tenant_id)
    .where('creative_formats.archived_at', 'is', null)
    .where(isAcceptedFrom(principal, request.account !== undefined))
    .$call((query) =>
      Object.values(conditions(request)).reduce((q, holds) => (holds ? q.where(holds) : q), query),
    )
}

export const ownerRank = sql<number>`coalesce(agent.position + 1, 0)`

type Filter = Exclude<keyof Request, 'account' | 'pagination' | 'publisher_domain' | 'property_id'>
type Ref = NonNullable<Request['format_ids']>[number]

/** A condition for each filter; undefined where it was not given. A format that does not record a fact does not pass a filter on it. */
function conditions(request: Request): { [name in Filter]?: RawBuilder<SqlBool> | undefined } {
  const { format_ids, asset_types, name_search, is_responsive, wcag_level } = request
  const { disclosure_positions, disclosure_persistence, output_format_ids, input_format_ids } = request
  return {
    format_ids: format_ids && isOneOf(format_ids),
    asset_types: asset_types && sql`asset_types && ${asset_types}::text[]`,
    name_search:
      name_search === undefined
        ? undefined
        : sql`strpos(lower(creative_formats.name), lower(${name_search})) > 0`,
    is_responsive: is_responsive === undefined ? undefined : sql`is_responsive = ${is_responsive}`,
    min_width: anyRender('width', '>=', request.min_width),
    max_width: anyRender('width', '<=', request.max_width),
    min_height: anyRender('height', '>=', request.min_height),
    max_height: anyRender('height', '<=', request.max_height),
    // A < AA < AAA, as the words sort
    wcag_level: wcag_level && sql`definition#>>'{accessibility,wcag_level}' >= ${wcag_level}`,
    disclosure_positions:
      disclosure_positions && sql`${disclosed('position')} ?& ${disclosure_positions}::text[]`,
    disclosure_persistence:
      disclosure_persistence && sql`${disclosed('persistence[*]')} ?& ${disclosure_persistence}::text[]`,
    output_format_ids: output_format_ids && namesAny('output_format_ids', output_format_ids),
    input_format_ids: input_format_ids && namesAny('input_format_ids', input_format_ids),
  }
}

function isOneOf(wanted: readonly Ref[]): RawBuilder<SqlBool> {
  const each = wanted.map(({ agent_url, id }) =>
    agent_url === undefined
      ? sql`format_id = ${id}`
      : sql`(format_id = ${id} and creative_formats.agent_url = any(${spellingsOf(agent_url)}::text[]))`,
  )
  return sql`(${sql.join(each, sql` or `)})`
}

/** True of a format of which any render is so wide or high in pixels, as AdCP has it. */
function anyRender(side: 'width' | 'height', compare: '>=' | '<=', pixels: number | undefined) {
  if (pixels === undefined) return undefined
  return sql<SqlBool>`exists (
    select from jsonb_array_elements(definition->'renders') as render (value)
    where coalesce(value->'dimensions'->>'unit', 'px') = 'px'
      and (value->'dimensions'->>${side})::numeric ${sql.raw(compare)} ${pixels}::numeric)`
}

/** What a format says of disclosures, of all its positions together; one that only lists positions says nothing of how long they stay. */
function disclosed(what: 'position' | 'persistence[*]') {
  const told = sql`jsonb_path_query_array(definition, ${`$.disclosure_capabilities[*].${what}`}::jsonpath)`
  if (what !== 'position') return told
  return sql`case when definition ? 'disclosure_capabilities' then ${told}
    else coalesce(definition->'supported_disclosure_positions', '[]') end`
}

function namesAny(
  list: 'output_format_ids' | 'input_format_ids',
  wanted: readonly Ref[],
): RawBuilder<SqlBool> {
  const each = wanted.map(({ agent_url, id }) =>
    agent_url === undefined
      ? sql`ref->>'id' = ${id}`
      : sql`(ref->>'id' = ${id} and ref->>'agent_url' = any(${spellingsOf(agent_url)}::text[]))`,
  )
  return sql`exists (select from jsonb_array_elements(definition->${list}) as ref where ${sql.join(each, sql` or `)})`
}
