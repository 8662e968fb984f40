import type { AccountRow } from '../queries/accounts.ts'

type Wire = Record<string, unknown>

/** An account as list_accounts and sync_accounts show it. */
export function toAccount(row: AccountRow): Wire {
  return {
    account_id: row.account_id,
    name: row.name,
    status: row.status,
    brand: { domain: row.brand_domain, ...(row.brand_id && { brand_id: row.brand_id }) },
    operator: row.operator,
    billing: row.billing,
    account_scope: 'operator_brand',
    ...(row.payment_terms !== null && { payment_terms: row.payment_terms }),
    ...(row.credit_limit !== null && {
      credit_limit: { amount: Number(row.credit_limit), currency: row.credit_currency },
    }),
    ...(row.status === 'pending_approval' && { setup: { message: pending } }),
    ...(row.sandbox && { sandbox: true }),
  }
}

const pending =
  'The publisher must approve this account before it can buy. See list_accounts whether it has; a person can ask the publisher.'
