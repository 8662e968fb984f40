import { sql } from 'kysely'
import type { Db, Trx } from '../db/database.ts'
import { recordAudit, type Actor } from '../commands/record.ts'
import type { PublisherFile } from './publisher_file.ts'
import { type Problem, PublisherFileError } from './publisher_file_error.ts'
import { saveAccounts, savePrincipals } from './save_buyers.ts'
import { saveCreativeAgents } from './save_creative_agents.ts'
import { saveFormats } from './save_formats.ts'
import { saveProducts } from './save_products.ts'
import { saveProposals } from './save_proposals.ts'
import { saveApprovalPolicy, saveConnections, savePublishers, saveTenant } from './save_tenant.ts'

export interface SavedPublisher {
  tenant_id: string
  connections: number
  publishers: number
  creative_agents: number
  formats: number
  products: number
  principals: number
  accounts: number
  /** Rows written. 0: the database said the same already. */
  changed: number
}

/**
 * Brings the tenant in the database to what its file says, in one transaction; doing so again changes nothing.
 * What the file no longer names is archived; only prices and properties, to which nothing refers, are deleted.
 * @throws PublisherFileError when an id belongs to another tenant of this database.
 */
export async function savePublisher(
  db: Db,
  file: PublisherFile,
  by: Actor = { kind: 'operator', name: 'Salesdesk' },
): Promise<SavedPublisher> {
  const changed = await db
    .transaction()
    .execute(async (trx) => {
      await refuseTakenIds(trx, file)
      await refuseClosed(trx, file.tenant.tenant_id)
      const written: Record<string, number> = {}
      for (const [part, save] of Object.entries(parts)) {
        const rows = await save(trx, file)
        if (rows > 0) written[part] = rows
      }
      if (Object.keys(written).length > 0) await audit(trx, file, by, written)
      return Object.values(written).reduce((sum, rows) => sum + rows, 0)
    })
    .catch(explainStanding)
  return {
    tenant_id: file.tenant.tenant_id,
    connections: file.connections.length,
    publishers: file.publishers.length,
    creative_agents: file.creative_agents.length,
    formats: file.formats.length,
    products: file.products.length,
    principals: file.principals.length,
    accounts: file.accounts.length,
    changed,
  }
}

/** In this order: each may point at those before it. */
const parts = {
  tenant: saveTenant,
  connections: saveConnections,
  publishers: savePublishers,
  creative_agents: saveCreativeAgents,
  formats: saveFormats,
  products: saveProducts,
  proposals: saveProposals,
  principals: savePrincipals,
  approval_policy: saveApprovalPolicy,
  accounts: saveAccounts,
}

/** Which parts of the file were not so before, with so many rows written of each. */
async function audit(trx: Trx, { tenant }: PublisherFile, by: Actor, rows_written: Record<string, number>) {
  const { tenant_id } = tenant
  const subject = { subject_kind: 'tenant', subject_id: tenant_id } as const
  await recordAudit(trx, by, {
    tenant_id,
    action: 'load_publisher_file',
    ...subject,
    detail: { rows_written },
  })
}

/** An ad server a file no longer names stays while orders stand there. */
function explainStanding(error: unknown): never {
  if ((error as { constraint?: string }).constraint !== 'adapter_configs_orders_stand') throw error
  const message = `leaves out a connection: ${(error as Error).message}. Keep it in the file until they are over`
  throw new PublisherFileError('The publisher file', [{ path: ['connections'], message }])
}

/** A file would bring back what is archived, behind the back of whoever retired the publisher. */
async function refuseClosed(trx: Trx, tenant_id: string) {
  const known = await trx
    .selectFrom('tenants')
    .select('closed_at')
    .where('tenant_id', '=', tenant_id)
    .forShare()
    .executeTakeFirst()
  if (!known?.closed_at) return
  const message = `was retired on ${known.closed_at.toISOString().slice(0, 10)}. Run salesdesk tenants reopen ${tenant_id} first`
  throw new PublisherFileError('The publisher file', [{ path: ['tenant'], message }])
}

/** These ids are unique over all tenants; without this check a file could take another publisher's rows. */
async function refuseTakenIds(trx: Trx, file: PublisherFile) {
  const { tenant, connections, creative_agents, principals, accounts } = file
  const ids = {
    connections: connections.map(({ connection_id }) => connection_id),
    creative_agents: creative_agents.map(({ creative_agent_id }) => creative_agent_id),
    principals: principals.map(({ principal_id }) => principal_id),
    accounts: accounts.map(({ account_id }) => account_id),
  }
  const { rows } = await sql<{ list: keyof typeof ids; id: string }>`
    select list, id from (
      select 'connections' as list, connection_id as id, tenant_id from adapter_configs where connection_id = any(${ids.connections})
      union all select 'creative_agents', creative_agent_id, tenant_id from creative_agents where creative_agent_id = any(${ids.creative_agents})
      union all select 'principals', principal_id, tenant_id from principals where principal_id = any(${ids.principals})
      union all select 'accounts', account_id, tenant_id from accounts where account_id = any(${ids.accounts})
    ) as known where tenant_id <> ${tenant.tenant_id}`.execute(trx)
  const problems = rows.map(({ list, id }): Problem => {
    const message = `"${id}" belongs to another tenant of this database. Choose another id`
    return { path: [list, ids[list].indexOf(id)], message }
  })
  if (problems.length > 0) throw new PublisherFileError('The publisher file', problems)
}
