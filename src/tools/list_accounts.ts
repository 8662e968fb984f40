import { sql } from 'kysely'
import { z } from 'zod'
import { toAccount } from '../adcp/account_answers.ts'
import { readCursor } from '../adcp/cursor.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { accountRef, envelope, pagination } from '../adcp/request_schemas.ts'
import type { ReadDb } from '../db/database.ts'
import { isAccount, selectAccounts, statusForMember } from '../queries/accounts.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'
import { quoted } from '../adcp/quoted.ts'

const input = z.looseObject({
  ...envelope,
  account: accountRef.optional(),
  status: z
    .enum(['active', 'pending_approval', 'rejected', 'payment_required', 'suspended', 'closed'])
    .optional(),
  sandbox: z.boolean().optional(),
  pagination: pagination.optional(),
})
type Input = z.infer<typeof input>

export const listAccounts = readTool({
  name: 'list_accounts',
  title: 'See your accounts',
  description:
    'The accounts you may buy on, with brand, operator, status and terms. Use it for an account_id, or to see whether a pending account was approved; for money use get_account_financials. Example: {"status": "active"}',
  input,
  summary,
  async handle(request, { db, principal }) {
    const { pagination: page, ...query } = request
    const limit = page?.max_results ?? 50
    const [after] = page?.cursor ? readCursor(page.cursor, query) : []
    const matching = selectMatching(db, principal, request)
    const rows = await matching
      .$if(after !== undefined, (q) => q.where('account.account_id', '>', String(after)))
      .orderBy('account.account_id')
      .limit(limit + 1)
      .execute()
    const { total } = await matching
      .clearSelect()
      .select(sql<number>`count(*)::int`.as('total'))
      .executeTakeFirstOrThrow()
    const { items, pagination } = pageOf(rows, {
      limit,
      query,
      toItem: toAccount,
      position: ({ account_id }) => [account_id],
    })
    return { accounts: items, pagination: { ...pagination, total_count: total } }
  },
})

function selectMatching(db: ReadDb, principal: Principal, { account, status, sandbox }: Input) {
  return selectAccounts(db, principal)
    .$if(account !== undefined, (q) => q.where(isAccount(account ?? {})))
    .$if(status !== undefined, (q) => q.where(statusForMember, '=', status ?? 'active'))
    .$if(sandbox !== undefined, (q) => q.where('account.sandbox', '=', sandbox ?? false))
}

function summary(output: Output): string {
  const accounts = output['accounts'] as { account_id: string; name: string; status: string }[]
  if (accounts.length === 0) return 'No accounts match. Declare one with sync_accounts.'
  const lines = accounts.map(({ account_id, name, status }) => `${account_id}: ${quoted(name)}, ${status}`)
  return [...lines, ...andMore(output)].join('\n')
}
