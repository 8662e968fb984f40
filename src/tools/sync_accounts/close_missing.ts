import { toAccount } from '../../adcp/account_answers.ts'
import { recordAudit } from '../../commands/record.ts'
import type { Db, Trx } from '../../db/database.ts'
import { selectAccounts } from '../../queries/accounts.ts'
import type { Output, ToolContext } from '../define-tool.ts'
import { natureOf, type Declared } from './request.ts'

/** Closes, for this principal alone, every account it declared before and does not name now. */
export async function closeMissing(trx: Trx, ctx: ToolContext<Db>, named: Declared[]): Promise<Output[]> {
  const { principal, now } = ctx
  const kept = new Set(named.map(({ brand, operator }) => natureOf(brand.domain, brand.brand_id, operator)))
  const declared = await selectAccounts(trx, principal)
    .where('member.synced_at', 'is not', null)
    .where('member.closed_at', 'is', null)
    .orderBy('account.account_id')
    .execute()
  const missing = declared.filter((row) => !kept.has(natureOf(row.brand_domain, row.brand_id, row.operator)))
  for (const { account_id } of missing) {
    await trx
      .updateTable('account_principals')
      .set({ closed_at: now })
      .where('account_id', '=', account_id)
      .where('principal_id', '=', principal.principal_id)
      .execute()
    await recordAudit(
      trx,
      { kind: 'buyer', name: principal.name },
      {
        tenant_id: principal.tenant_id,
        action: 'sync_accounts',
        subject_kind: 'account',
        subject_id: account_id,
        detail: { action: 'closed for this buyer' },
      },
    )
  }
  return missing.map((row) => ({ ...toAccount({ ...row, status: 'closed' }), action: 'updated' }))
}
