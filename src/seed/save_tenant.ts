import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import { writeConnection } from '../commands/ad_servers/write_connection.ts'
import { writeApprovalPolicy } from '../commands/set_approval_policy.ts'
import type { PublisherFile } from './publisher_file.ts'
import { productTerms } from './shop.ts'
import { archiveOthers, deleteOthers, type Row, upsertRows } from './upsert_rows.ts'

/** The publisher itself. Its row is locked from here on, so that two seeds of one tenant follow each other. */
export async function saveTenant(trx: Trx, { tenant }: PublisherFile): Promise<number> {
  const row: Row<'tenants'> = {
    tenant_id: tenant.tenant_id,
    name: tenant.name,
    description: tenant.description,
    advertising_policies: tenant.advertising_policies,
    currencies: tenant.currencies,
    approval_threshold: tenant.approval_threshold ?? null,
    opens_accounts: tenant.opens_accounts,
    max_package_budget: tenant.max_package_budget ?? null,
    max_media_buy_budget: tenant.max_media_buy_budget ?? null,
    max_flight_days: tenant.max_flight_days,
    max_new_keys_per_minute: tenant.max_new_keys_per_minute,
    refusal_policy: tenant.refusal_policy,
    sells_unverified: tenant.sells_unverified,
    behind_percent: tenant.behind_percent,
    forecast_horizon_days: tenant.forecast_horizon_days,
    forecast_refresh_hours: tenant.forecast_refresh_hours,
    forecast_max_age_hours: tenant.forecast_max_age_hours,
    stale_forecast: tenant.stale_forecast,
    sells_proposals: tenant.sells_proposals,
    proposal_hold_hours: tenant.proposal_hold_hours,
    insertion_order: tenant.insertion_order ?? null,
    product_terms: productTerms(tenant),
  }
  return upsertRows(trx, 'tenants', ['tenant_id'], [row], { stampUpdates: true })
}

/** The approval policy, where the file has one; without one, what people set elsewhere stays. */
export async function saveApprovalPolicy(
  trx: Trx,
  { tenant: { tenant_id, approval_policy: policy } }: PublisherFile,
): Promise<number> {
  if (!policy) return 0
  const actor = { kind: 'operator', name: 'publisher file' } as const
  return (await writeApprovalPolicy(trx, { tenant_id, policy, actor })) ? 1 : 0
}

/** The ad servers. Those people connected in the console stay as they are. */
export async function saveConnections(
  trx: Trx,
  { tenant: { tenant_id }, connections }: PublisherFile,
): Promise<number> {
  let changed = 0
  for (const { synchronise, secret_name, ...connection } of connections) {
    const terms = {
      ...connection,
      tenant_id,
      sync_inventory_minutes: synchronise.inventory_minutes,
      sync_orders_minutes: synchronise.orders_minutes,
      sync_whole_hours: synchronise.whole_hours,
    }
    const kept = { kept_in: 'file', secret_name: secret_name ?? null } as const
    if (await writeConnection(trx, terms, kept)) changed++
  }
  const rows = connections.map(({ connection_id }) => ({ connection_id }) as Row<'adapter_configs'>)
  const ours = sql<boolean>`kept_in = 'file'`
  return changed + (await archiveOthers(trx, 'adapter_configs', ['connection_id'], rows, tenant_id, ours))
}

/** Domains and their properties. Whether a domain is verified is not the file's to say. */
export async function savePublishers(
  trx: Trx,
  { tenant: { tenant_id }, publishers }: PublisherFile,
): Promise<number> {
  const partners = publishers.map(({ publisher_domain, name }): Row<'publisher_partners'> => ({
    tenant_id,
    publisher_domain,
    name,
    archived_at: null,
  }))
  const properties = publishers.flatMap(({ publisher_domain, properties }) =>
    properties.map((property): Row<'authorized_properties'> => ({
      tenant_id,
      publisher_domain,
      property_id: property.property_id,
      property_type: property.property_type,
      name: property.name,
      identifiers: property.identifiers ?? [{ type: 'domain', value: publisher_domain }],
      tags: property.tags,
    })),
  )
  const partnerKey = ['tenant_id', 'publisher_domain'] as const
  const propertyKey = ['tenant_id', 'publisher_domain', 'property_id'] as const
  const changed =
    (await upsertRows(trx, 'publisher_partners', partnerKey, partners, { stampUpdates: true })) +
    (await archiveOthers(trx, 'publisher_partners', partnerKey, partners, tenant_id)) +
    (await upsertRows(trx, 'authorized_properties', propertyKey, properties)) +
    (await deleteOthers(trx, 'authorized_properties', propertyKey, properties, sql`tenant_id = ${tenant_id}`))
  if (changed > 0) await askAnew(trx, tenant_id)
  return changed
}

/** What a domain allows is a matter of properties too. */
async function askAnew(trx: Trx, tenant_id: string): Promise<void> {
  await trx
    .updateTable('publisher_partners')
    .set({ next_check_at: null })
    .where('tenant_id', '=', tenant_id)
    .execute()
}
