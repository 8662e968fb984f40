import { sql } from 'kysely'
import { assetTypesOf, isResponsive } from '../adcp/format_facts.ts'
import type { Trx } from '../db/database.ts'
import type { Format } from './format_schema.ts'
import type { PublisherFile } from './publisher_file.ts'
import { archiveOthers, type Row, upsertRows } from './upsert_rows.ts'

const key = ['tenant_id', 'agent_url', 'format_id'] as const

/** The creative formats the file describes, in its order. What it says of a creative agent's format goes before what the agent says. */
export async function saveFormats(trx: Trx, { tenant, formats }: PublisherFile): Promise<number> {
  const rows = formats.map((format, position) => formatRow(format, position, tenant))
  const ours = sql<boolean>`creative_agent_id is null`
  const changed =
    (await upsertRows(trx, 'creative_formats', key, rows)) +
    (await archiveOthers(trx, 'creative_formats', key, rows, tenant.tenant_id, ours))
  // what the file does not describe any more may be an agent's to describe
  if (changed > 0)
    await trx
      .updateTable('creative_agents')
      .set({ next_read_at: null })
      .where('tenant_id', '=', tenant.tenant_id)
      .execute()
  return changed
}

function formatRow(
  format: Format,
  position: number,
  tenant: PublisherFile['tenant'],
): Row<'creative_formats'> {
  const { format_id, name, description, agent_url: _agent, ...definition } = format
  return {
    tenant_id: tenant.tenant_id,
    agent_url: format.agent_url ?? tenant.agent_url,
    format_id,
    name,
    description,
    asset_types: assetTypesOf(format),
    is_responsive: isResponsive(format),
    definition,
    creative_agent_id: null,
    position,
    archived_at: null,
  }
}
