import type { Trx } from '../db/database.ts'
import type { PublisherFile } from './publisher_file.ts'
import { archiveOthers, type Row, upsertRows } from './upsert_rows.ts'

/** The media plans the publisher made. One the file no longer has is offered no more; what was promised of it stands. */
export async function saveProposals(
  trx: Trx,
  { tenant: { tenant_id }, proposals }: PublisherFile,
): Promise<number> {
  const key = ['tenant_id', 'proposal_id'] as const
  const rows = proposals.map((proposal): Row<'prepared_proposals'> => ({
    tenant_id,
    proposal_id: proposal.proposal_id,
    name: proposal.name,
    description: proposal.description.trim(),
    allocations: proposal.allocations,
    archived_at: null,
  }))
  return (
    (await upsertRows(trx, 'prepared_proposals', key, rows)) +
    (await archiveOthers(trx, 'prepared_proposals', key, rows, tenant_id))
  )
}
