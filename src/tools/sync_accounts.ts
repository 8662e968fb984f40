import { answerOnce } from '../commands/answer_once.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Db, Trx } from '../db/database.ts'
import { writeTool, type Output, type ToolContext } from './define-tool.ts'
import { checkRequest } from './sync_accounts/check_request.ts'
import { closeMissing } from './sync_accounts/close_missing.ts'
import { declare } from './sync_accounts/declare.ts'
import { natureOf, request as input, type Declared, type Request } from './sync_accounts/request.ts'

export const syncAccounts = writeTool({
  name: 'sync_accounts',
  title: 'Declare who you buy for',
  description:
    'Declare the brands you buy for, each with its operator and who is billed; look at action and errors of each in the answer. Not needed where accounts open with a first purchase; to see yours use list_accounts. Example: {"idempotency_key": "put-a-new-uuid-here", "accounts": [{"brand": {"domain": "acme.example"}, "operator": "agency.example", "billing": "operator"}]}',
  destructive: true,
  input,
  summary,
  /** One transaction, also for a dry run, which takes the same way and is then rolled back. */
  async handle(request, ctx) {
    const declared = checkRequest(request)
    return request.dry_run
      ? tryOut(ctx, request, declared)
      : inTransaction(ctx.db, (trx) => once(trx, ctx, request, declared))
  },
})

async function once(trx: Trx, ctx: ToolContext<Db>, request: Request, declared: Declared[]): Promise<Output> {
  const { principal_id } = ctx.principal
  const attempt = { principal_id, account_id: null, tool: 'sync_accounts', request, now: ctx.now }
  return answerOnce(trx, attempt, async () => ({
    accounts: await sync(trx, ctx, request, declared),
    ...webhookNote(request),
  }))
}

async function tryOut(ctx: ToolContext<Db>, request: Request, declared: Declared[]): Promise<Output> {
  const trx = await ctx.db.startTransaction().execute()
  try {
    const accounts = await sync(trx, ctx, request, declared)
    // the id of an account that is not opened would mean nothing
    const told = accounts.map((item) =>
      item['action'] === 'created' ? { ...item, account_id: undefined } : item,
    )
    return { dry_run: true, accounts: JSON.parse(JSON.stringify(told)) as Output[] }
  } finally {
    await trx.rollback().execute()
  }
}

/** In one order for everybody, so that two requests naming the same new accounts cannot each wait for the other. */
async function sync(trx: Trx, ctx: ToolContext<Db>, request: Request, declared: Declared[]) {
  const { opens_accounts } = await trx
    .selectFrom('tenants')
    .select('opens_accounts')
    .where('tenant_id', '=', ctx.principal.tenant_id)
    .executeTakeFirstOrThrow()
  // a sandbox bills nobody
  const opens = ctx.principal.sandbox || opens_accounts
  const nature = ({ brand, operator }: Declared) => natureOf(brand.domain, brand.brand_id, operator)
  const ordered = declared
    .map((item, i) => ({ item, i }))
    .sort((a, b) => (nature(a.item) < nature(b.item) ? -1 : 1))
  const results: Output[] = []
  for (const { item, i } of ordered) results[i] = await declare(trx, ctx, item, `accounts[${i}]`, opens)
  if (request.delete_missing) results.push(...(await closeMissing(trx, ctx, declared)))
  return results
}

function webhookNote({ push_notification_config }: Request): Output {
  if (!push_notification_config) return {}
  return { message: 'This seller does not send webhooks for accounts: look with list_accounts.' }
}

function summary(output: Output): string {
  const accounts = output['accounts'] as {
    brand: { domain: string }
    operator: string
    action: string
    status: string
    account_id?: string
    errors?: { message: string }[]
  }[]
  const heading = output['dry_run'] ? ['Nothing was changed; this is what would happen.'] : []
  const lines = accounts.map(({ brand, operator, action, status, account_id, errors }) => {
    const why = errors?.map(({ message }) => message).join(' ') ?? account_id
    return `${brand.domain} by ${operator}: ${action}, ${status}${why ? `, ${why}` : ''}`
  })
  return [...heading, ...lines].join('\n') || 'No accounts were named.'
}
