import type { Trx } from '../db/database.ts'
import { selectCreditLeft } from '../queries/accounts.ts'
import type { Account } from '../queries/own_account.ts'

/** What the account has left to spend in its credit currency, with its row locked so that two buys cannot both take it. */
export async function lockCredit(
  trx: Trx,
  account: Account,
): Promise<{ left: number; currency: string } | undefined> {
  const { credit_limit, credit_currency, account_id } = account
  if (credit_limit === null || credit_currency === null) return undefined
  await trx
    .selectFrom('accounts')
    .select('account_id')
    .where('account_id', '=', account_id)
    // no stronger: the idempotency key of another purchase already refers to this row, and it would be a deadlock
    .forNoKeyUpdate()
    .execute()
  const { left } = await selectCreditLeft(trx, account).executeTakeFirstOrThrow()
  return { left: Number(left), currency: credit_currency }
}
