import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import type { PublisherFile } from './publisher_file.ts'
import { archiveOthers, type Row, upsertRows } from './upsert_rows.ts'

const key = ['creative_agent_id'] as const

/** The creative agents. What was read of them stays while they are asked under the same URL; those that are new or changed are asked at once. */
export async function saveCreativeAgents(
  trx: Trx,
  { tenant: { tenant_id }, creative_agents }: PublisherFile,
): Promise<number> {
  const rows = creative_agents.map(({ mcp_url, ...agent }, position): Row<'creative_agents'> => ({
    ...agent,
    mcp_url: mcp_url ?? agent.agent_url,
    tenant_id,
    position,
    archived_at: null,
  }))
  // first, so that another one may take the URL of one that goes
  let changed = await archiveOthers(trx, 'creative_agents', key, rows, tenant_id)
  for (const row of rows) {
    const written = await upsertRows(trx, 'creative_agents', key, [row])
    if (written > 0) await askAnew(trx, row.creative_agent_id)
    changed += written
  }
  if (changed > 0) await endWithdrawn(trx, tenant_id)
  return changed
}

async function askAnew(trx: Trx, creative_agent_id: string): Promise<void> {
  await trx
    .updateTable('creative_agents')
    .set({ next_read_at: null })
    .where('creative_agent_id', '=', creative_agent_id)
    .execute()
}

/** Formats of agents the publisher took away, or knows by another URL now. */
async function endWithdrawn(trx: Trx, tenant_id: string): Promise<void> {
  await sql`
    update creative_formats f set archived_at = now() from creative_agents agent
    where agent.creative_agent_id = f.creative_agent_id and agent.tenant_id = ${tenant_id}
      and f.archived_at is null and (agent.archived_at is not null or agent.agent_url <> f.agent_url)`.execute(
    trx,
  )
}
