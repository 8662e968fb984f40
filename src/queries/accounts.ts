import { sql, type ExpressionBuilder } from 'kysely'
import type { AccountRef } from '../adcp/request_schemas.ts'
import type { ReadDb, Trx } from '../db/database.ts'
import type { AccountBilling, Accounts, AccountStatus, DB } from '../db/schema.ts'

/** An account with its terms, as one of its principals sees it. */
export interface AccountRow {
  account_id: string
  name: string
  brand_domain: string
  brand_id: string
  operator: string
  sandbox: boolean
  status: AccountStatus
  billing: AccountBilling
  payment_terms: string | null
  credit_limit: string | null
  credit_currency: string | null
}
/** What an account is for. */
export interface Nature {
  brand_domain: string
  brand_id: string
  operator: string
}
interface Member {
  tenant_id: string
  principal_id: string
  sandbox: boolean
}

/** Closed for the principal that put it away, else what it is for everybody. */
export const statusForMember = sql<AccountStatus>`case when member.closed_at is null then account.status else 'closed' end`

/** The accounts this principal may use; a sandbox principal has sandbox accounts only, and nobody else has any. */
export function selectAccounts(db: ReadDb | Trx, { tenant_id, principal_id, sandbox }: Member) {
  return db
    .selectFrom('accounts as account')
    .innerJoin('account_principals as member', 'member.account_id', 'account.account_id')
    .where('account.tenant_id', '=', tenant_id)
    .where('account.sandbox', '=', sandbox)
    .where('member.principal_id', '=', principal_id)
    .select([
      'account.account_id',
      'account.name',
      'account.brand_domain',
      'account.brand_id',
      'account.operator',
      'account.sandbox',
      statusForMember.as('status'),
      'account.billing',
      'account.payment_terms',
      'account.credit_limit',
      'account.credit_currency',
    ])
}

/** The condition that an account is the one a reference means. */
export function isAccount({ account_id, brand, operator, sandbox }: AccountRef) {
  return (eb: ExpressionBuilder<{ account: Accounts }, 'account'>) =>
    eb.and([
      ...(account_id === undefined ? [] : [eb('account.account_id', '=', account_id)]),
      ...(brand === undefined
        ? []
        : [
            eb('account.brand_domain', '=', brand.domain),
            eb('account.brand_id', '=', brand.brand_id ?? ''),
            eb('account.operator', '=', operator ?? ''),
          ]),
      ...(sandbox === undefined ? [] : [eb('account.sandbox', '=', sandbox)]),
    ])
}

/**
 * The condition that an account `accounts` is this buyer's for a brand and operator: in the sandbox one the publisher named it
 * for, or else the one opened for it alone.
 */
export function isNature({ tenant_id, principal_id, sandbox }: Member, nature: Nature) {
  return (eb: ExpressionBuilder<DB, 'accounts'>) =>
    eb.and([
      eb.and({ tenant_id, ...nature, sandbox }),
      sandbox
        ? eb.or([
            eb('sandbox_of', '=', principal_id),
            sql<boolean>`sandbox_of is null and exists (select from account_principals member
              where member.account_id = accounts.account_id and member.principal_id = ${principal_id})`,
          ])
        : eb('sandbox_of', 'is', null),
    ])
}

/** Whose an account is that the desk opens: everybody's, or in the sandbox this buyer's alone. */
export const ownership = ({ tenant_id, principal_id, sandbox }: Member) => ({
  tenant_id,
  sandbox,
  sandbox_of: sandbox ? principal_id : null,
})

/** What is left of an account's credit: purchases that wait for approval already hold theirs. */
export function selectCreditLeft(
  db: ReadDb | Trx,
  account: { account_id: string; credit_limit: string | null; credit_currency: string | null },
) {
  return db
    .selectFrom('media_buys')
    .select(sql<string>`${account.credit_limit}::numeric - coalesce(sum(total_budget), 0)`.as('left'))
    .where('account_id', '=', account.account_id)
    .where('currency', '=', account.credit_currency)
    .where('status', 'not in', ['rejected', 'canceled'])
}
