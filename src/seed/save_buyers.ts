import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import type { PublisherFile } from './publisher_file.ts'
import type { Account } from './tenant_schema.ts'
import { archiveOthers, deleteOthers, type Row, upsertRows } from './upsert_rows.ts'

/** The buying agents. Tokens, limits and buyers made in the console stay as they are. */
export async function savePrincipals(
  trx: Trx,
  { tenant: { tenant_id }, principals }: PublisherFile,
): Promise<number> {
  const rows = principals.map((principal): Row<'principals'> => ({
    principal_id: principal.principal_id,
    tenant_id,
    name: principal.name,
    platform_mappings: principal.platform_mappings,
    allowed_product_ids: principal.allowed_product_ids ?? null,
    sandbox: principal.sandbox,
    made_here: false,
    archived_at: null,
  }))
  return (
    (await upsertRows(trx, 'principals', ['principal_id'], rows)) +
    (await archiveOthers(trx, 'principals', ['principal_id'], rows, tenant_id, sql`not made_here`))
  )
}

/** The accounts the file names and who may use them. Accounts that the desk opened itself stay as they are. */
export async function saveAccounts(
  trx: Trx,
  { tenant: { tenant_id }, accounts }: PublisherFile,
): Promise<number> {
  const known = await trx
    .selectFrom('accounts')
    .select(['account_id', 'brand_domain', 'brand_id', 'operator', 'sandbox', 'status'])
    .where('tenant_id', '=', tenant_id)
    .where('sandbox_of', 'is', null)
    .execute()
  const existing = new Map(known.map((account) => [nature(account), account]))
  const byId = new Map(known.map((account) => [account.account_id, account]))
  // the desk may have opened the same account before the file named it; then it keeps its id
  const idOf = (account: Account) => existing.get(nature(account))?.account_id ?? account.account_id
  const rows = accounts.map((account) =>
    accountRow(
      account,
      tenant_id,
      idOf(account),
      account.status ?? byId.get(idOf(account))?.status ?? 'active',
    ),
  )
  const users = accounts.flatMap((account) =>
    account.principals.map((principal_id): Row<'account_principals'> => ({
      tenant_id,
      account_id: idOf(account),
      principal_id,
    })),
  )
  const userKey = ['account_id', 'principal_id'] as const
  const scope = sql`tenant_id = ${tenant_id} and account_id = any(${accounts.map(idOf)})`
  return (
    (await upsertRows(trx, 'accounts', ['account_id'], rows)) +
    (await upsertRows(trx, 'account_principals', userKey, users)) +
    (await deleteOthers(trx, 'account_principals', userKey, users, scope))
  )
}

type Nature = Pick<Account, 'brand_domain' | 'brand_id' | 'operator' | 'sandbox'>
function nature({ brand_domain, brand_id, operator, sandbox }: Nature): string {
  return JSON.stringify([brand_domain, brand_id, operator, sandbox])
}

function accountRow(
  account: Account,
  tenant_id: string,
  account_id: string,
  status: NonNullable<Account['status']>,
): Row<'accounts'> {
  return {
    account_id,
    tenant_id,
    name: account.name,
    brand_domain: account.brand_domain,
    brand_id: account.brand_id,
    operator: account.operator,
    sandbox: account.sandbox,
    status,
    billing: account.billing,
    payment_terms: account.payment_terms ?? null,
    credit_limit: account.credit_limit?.amount ?? null,
    credit_currency: account.credit_limit?.currency ?? null,
    invoice_recipients: account.invoice_recipients ?? null,
    platform_mappings: account.platform_mappings,
  }
}
