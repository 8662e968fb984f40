import type { Trx } from '../db/database.ts'
import { agentOf } from './format_refs.ts'
import type { Format } from './format_schema.ts'
import type { PublisherFile } from './publisher_file.ts'
import { archiveOthers, type Row, upsertRows } from './upsert_rows.ts'

const key = ['tenant_id', 'agent_url', 'format_id'] as const

/** The creative formats, in the order of the file. */
export async function saveFormats(trx: Trx, { tenant, formats }: PublisherFile): Promise<number> {
  const rows = formats.map((format, position) => formatRow(format, position, tenant))
  return (
    (await upsertRows(trx, 'creative_formats', key, rows)) +
    (await archiveOthers(trx, 'creative_formats', key, rows, tenant.tenant_id))
  )
}

function formatRow(
  format: Format,
  position: number,
  tenant: PublisherFile['tenant'],
): Row<'creative_formats'> {
  const { format_id, name, description, agent_url: _agent, ...definition } = format
  return {
    tenant_id: tenant.tenant_id,
    agent_url: agentOf(format, tenant.agent_url),
    format_id,
    name,
    description,
    asset_types: assetTypesOf(format),
    is_responsive: (format.renders ?? []).some(
      ({ dimensions: { responsive } = {} }) => responsive?.width || responsive?.height,
    ),
    definition,
    position,
    archived_at: null,
  }
}

function assetTypesOf({ assets }: Format): string[] {
  const types = assets.flatMap((asset) =>
    asset.item_type === 'individual' ? asset.asset_type : asset.assets.map(({ asset_type }) => asset_type),
  )
  return [...new Set(types)]
}
