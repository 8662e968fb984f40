import { isDeepStrictEqual } from 'node:util'
import type { Db } from '../../db/database.ts'
import type { AccountBilling, AccountStatus } from '../../db/schema.ts'
import { recordAudit, type Actor } from '../record.ts'

export interface AccountTerms {
  name: string
  status: AccountStatus
  billing: AccountBilling
  payment_terms: string | null
  /** Decimal text. */
  credit_limit: string | null
  credit_currency: string | null
}
export interface AccountChange {
  tenant_id: string
  account_id: string
  terms: AccountTerms
  by: Actor
}

/** Sets how an account stands and is billed, from its next purchase on. */
export async function changeAccount(
  db: Db,
  { tenant_id, account_id, terms, by }: AccountChange,
): Promise<'changed' | 'unchanged' | 'not_found'> {
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('accounts')
      .select(['name', 'status', 'billing', 'payment_terms', 'credit_limit', 'credit_currency'])
      .where('tenant_id', '=', tenant_id)
      .where('account_id', '=', account_id)
      .forUpdate()
      .executeTakeFirst()
    if (!before) return 'not_found'
    const { name, status, billing, payment_terms, credit_limit, credit_currency } = terms
    const after = { name, status, billing, payment_terms, credit_limit, credit_currency }
    if (isDeepStrictEqual(before, after)) return 'unchanged'
    await trx.updateTable('accounts').set(after).where('account_id', '=', account_id).execute()
    await recordAudit(trx, by, {
      tenant_id,
      action: 'change_account',
      subject_kind: 'account',
      subject_id: account_id,
      detail: { before, after },
    })
    return 'changed'
  })
}
