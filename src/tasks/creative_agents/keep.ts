import { sql } from 'kysely'
import { assetTypesOf, isResponsive } from '../../adcp/format_facts.ts'
import type { LeftOut } from '../../creative_agents/choose_formats.ts'
import type { AgentFormat } from '../../creative_agents/format_schema.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { nextReadAt } from './schedule.ts'

/** How many of the formats that are not taken are named. */
const MOST_NAMED = 20

export type Reading = { formats: AgentFormat[]; left_out: LeftOut[] } | { problem: string }
export interface Outcome {
  /** Formats of this agent that are listed now. undefined: nothing was read. */
  taken?: number
  left_out: number
  problem: string
}
interface Agent {
  creative_agent_id: string
  tenant_id: string
  agent_url: string
}

/** One transaction under the lock of the agent's row; undefined if it is no longer asked, or not under this URL, or was asked later. */
export async function keepReading(
  db: Db,
  agent: Agent,
  reading: Reading,
  asked_at: Date,
): Promise<Outcome | undefined> {
  const { creative_agent_id, agent_url } = agent
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('creative_agents')
      .select('refresh_hours')
      .where('creative_agent_id', '=', creative_agent_id)
      .where('agent_url', '=', agent_url)
      .where('archived_at', 'is', null)
      .where(({ or, eb }) => or([eb('asked_at', 'is', null), eb('asked_at', '<=', asked_at)]))
      .forUpdate()
      .executeTakeFirst()
    if (!row) return undefined
    const failed = 'problem' in reading
    const next_read_at = nextReadAt(creative_agent_id, failed ? 1 : row.refresh_hours, asked_at)
    const stamps = { asked_at, next_read_at, problem: failed ? reading.problem : '' }
    if (!failed) await swapIn(trx, agent, reading.formats, asked_at)
    await trx
      .updateTable('creative_agents')
      .set(failed ? stamps : { ...stamps, read_at: asked_at, lapsed_at: null, ...leftOut(reading.left_out) })
      .where('creative_agent_id', '=', creative_agent_id)
      .execute()
    if (failed) return { left_out: 0, problem: reading.problem }
    return { taken: reading.formats.length, left_out: reading.left_out.length, problem: '' }
  })
}

const leftOut = (all: readonly LeftOut[]) => ({
  left_out: all.length,
  left_out_because: jsonb(all.slice(0, MOST_NAMED)),
})

/** What the publisher's file says itself of a format of this agent stays; everything else is as the agent has it from now on. */
async function swapIn(trx: Trx, agent: Agent, formats: readonly AgentFormat[], asked_at: Date) {
  const { creative_agent_id, tenant_id, agent_url } = agent
  const rows = formats.map((format, position) => formatRow(format, position))
  const ids = rows.map(({ format_id }) => format_id)
  await sql`
    insert into creative_formats as kept
      (tenant_id, agent_url, creative_agent_id, format_id, name, description, asset_types, is_responsive, definition, position)
    select ${tenant_id}, ${agent_url}, ${creative_agent_id}, format_id, name, description, asset_types, is_responsive, definition, position
    from jsonb_populate_recordset(null::creative_formats, ${jsonb(rows)})
    on conflict (tenant_id, agent_url, format_id) do update set
      creative_agent_id = excluded.creative_agent_id, name = excluded.name, description = excluded.description,
      asset_types = excluded.asset_types, is_responsive = excluded.is_responsive, definition = excluded.definition,
      position = excluded.position, archived_at = null
    where kept.sandbox_of is null and (kept.creative_agent_id is not null or kept.archived_at is not null)`.execute(
    trx,
  )
  await trx
    .updateTable('creative_formats')
    .set({ archived_at: asked_at })
    .where('tenant_id', '=', tenant_id)
    .where('creative_agent_id', '=', creative_agent_id)
    .where('archived_at', 'is', null)
    .where(({ or, eb }) => or([eb('agent_url', '<>', agent_url), eb('format_id', 'not in', ids)]))
    .execute()
}

function formatRow(format: AgentFormat, position: number) {
  const { format_id, name, description, ...definition } = format
  return {
    format_id: format_id.id,
    name,
    description,
    asset_types: assetTypesOf(format),
    is_responsive: isResponsive(format),
    definition,
    position,
  }
}
