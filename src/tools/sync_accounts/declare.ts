import { toAccount } from '../../adcp/account_answers.ts'
import { toWireError, type Problem } from '../../adcp/error.ts'
import { recordAudit } from '../../commands/record.ts'
import { accountNotFound, asItStands, asOpened } from '../../commands/resolve_account.ts'
import type { Db, Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { isNature, ownership, selectAccounts } from '../../queries/accounts.ts'
import type { Output, ToolContext } from '../define-tool.ts'
import type { Declared } from './request.ts'
import { settingProblem, termsProblem, warningsFor } from './terms.ts'

type Action = 'created' | 'updated' | 'unchanged'

/** Opens or joins one declared account, or says why not; what is refused changes nothing. */
export async function declare(
  trx: Trx,
  ctx: ToolContext<Db>,
  item: Declared,
  field: string,
  opens: boolean,
): Promise<Output> {
  const { principal } = ctx
  const setting = settingProblem(item, principal, field)
  if (setting) return failed(item, setting)
  const found = await find(trx, ctx, item)
  const joined = found && (await memberOf(trx, ctx, found.account_id))
  if (found && !joined && !(opens && asOpened(found))) return failed(item, { ...accountNotFound, field })
  const problem = termsProblem(item, found, { opens, sandbox: principal.sandbox }, field)
  if (problem) return failed(item, problem, joined?.status)

  const account_id = found?.account_id ?? (await open(trx, ctx, item, opens))
  // somebody else opened it a moment ago: then it is judged as theirs
  if (account_id === undefined) return declare(trx, ctx, item, field, opens)
  const terms = found?.payment_terms === null ? termsToKeep(ctx, item) : null
  if (terms !== null) await setTerms(trx, account_id, terms)
  await join(trx, ctx, account_id)
  const action = joined ? (terms !== null || joined.closed_at ? 'updated' : 'unchanged') : 'created'
  if (action !== 'unchanged') await audit(trx, ctx, account_id, action)
  return done(trx, ctx, item, account_id, action)
}

async function done(trx: Trx, ctx: ToolContext<Db>, item: Declared, account_id: string, action: Action) {
  const row = await selectAccounts(trx, ctx.principal)
    .where('account.account_id', '=', account_id)
    .executeTakeFirstOrThrow()
  const warnings = warningsFor(item, ctx.principal)
  return {
    ...toAccount(row),
    brand: echoOf(item),
    action,
    ...(warnings.length > 0 && { warnings }),
  }
}

/** The brand as it was named. What it looks like is said call by call and kept nowhere, and 3.0 knows no such field. */
function echoOf({ brand }: Declared) {
  const { brand_kit_override: _kit, ...reference } = brand
  return reference
}

/** AdCP has no status for "never was one"; its own examples say rejected. */
function failed(item: Declared, problem: Problem, status = 'rejected'): Output {
  const { operator, sandbox } = item
  const echo = { brand: echoOf(item), operator, ...(sandbox !== undefined && { sandbox }) }
  return { ...echo, action: 'failed', status, errors: [toWireError(problem)] }
}

const columnsOf = ({ brand, operator }: Declared) => ({
  brand_domain: brand.domain,
  brand_id: brand.brand_id ?? '',
  operator,
})

function find(trx: Trx, ctx: ToolContext<Db>, item: Declared) {
  return trx
    .selectFrom('accounts')
    .select([...asItStands, 'account_id'])
    .where(isNature(ctx.principal, columnsOf(item)))
    .orderBy('sandbox_of', (order) => order.asc().nullsFirst())
    .executeTakeFirst()
}

function memberOf(trx: Trx, { principal }: ToolContext<Db>, account_id: string) {
  return selectAccounts(trx, principal)
    .where('account.account_id', '=', account_id)
    .select('member.closed_at')
    .executeTakeFirst()
}

/** The new account's id, or nothing when another transaction has just opened the same one. */
async function open(trx: Trx, ctx: ToolContext<Db>, item: Declared, opens: boolean) {
  const { principal } = ctx
  const opened = await trx
    .insertInto('accounts')
    .values({
      ...columnsOf(item),
      ...ownership(principal),
      account_id: newId('acc'),
      name: `${item.brand.domain} by ${item.operator}`,
      status: opens ? 'active' : 'pending_approval',
      payment_terms: termsToKeep(ctx, item),
    })
    .onConflict((oc) => oc.doNothing())
    .returning('account_id')
    .executeTakeFirst()
  return opened?.account_id
}

/** A sandbox account with terms would be closed to other sandbox buyers, for nothing. */
const termsToKeep = ({ principal }: ToolContext<Db>, { payment_terms }: Declared) =>
  principal.sandbox ? null : (payment_terms ?? null)

async function setTerms(trx: Trx, account_id: string, payment_terms: string) {
  await trx.updateTable('accounts').set({ payment_terms }).where('account_id', '=', account_id).execute()
}

async function join(trx: Trx, { principal, now }: ToolContext<Db>, account_id: string) {
  const { tenant_id, principal_id } = principal
  await trx
    .insertInto('account_principals')
    .values({ tenant_id, principal_id, account_id, synced_at: now })
    .onConflict((oc) =>
      oc.columns(['account_id', 'principal_id']).doUpdateSet({ synced_at: now, closed_at: null }),
    )
    .execute()
}

async function audit(trx: Trx, { principal }: ToolContext<Db>, subject_id: string, action: Action) {
  await recordAudit(
    trx,
    { kind: 'buyer', name: principal.name },
    {
      tenant_id: principal.tenant_id,
      action: 'sync_accounts',
      subject_kind: 'account',
      subject_id,
      detail: { action },
    },
  )
}
