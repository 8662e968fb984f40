import { z } from 'zod'
import { invalidTransition, moved, notFound, ControllerError, scenario } from './scenario.ts'

const status = z.enum(['active', 'pending_approval', 'rejected', 'payment_required', 'suspended', 'closed'])
const params = z.looseObject({ account_id: z.string().min(1), status })
/** AdCP's accounts overview: nothing leads out of these. */
const final: readonly string[] = ['rejected', 'closed']

/** Gives one of the buyer's sandbox accounts another status. */
export const forceAccountStatus = scenario(params, async (trx, { account_id, status }, { principal }) => {
  const account = await trx
    .selectFrom('accounts')
    .innerJoin('account_principals as member', 'member.account_id', 'accounts.account_id')
    .select(['accounts.status', 'accounts.sandbox'])
    .where('accounts.tenant_id', '=', principal.tenant_id)
    .where('accounts.account_id', '=', account_id)
    .where('member.principal_id', '=', principal.principal_id)
    .forUpdate('accounts')
    .executeTakeFirst()
  if (!account) throw notFound('account')
  if (!account.sandbox) throw new ControllerError('FORBIDDEN', 'This account is not a sandbox account.')
  if (account.status === status) return moved(status, status)
  if (final.includes(account.status)) throw invalidTransition(account.status, status)
  await trx.updateTable('accounts').set({ status }).where('account_id', '=', account_id).execute()
  return moved(account.status, status)
})
