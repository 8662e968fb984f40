import { sql, type RawBuilder } from 'kysely'
import { taskStatus } from '../../adcp/task_status.ts'
import type { ReadDb } from '../../db/database.ts'
import type { WorkflowStepStatus } from '../../db/schema.ts'
import { isAccount } from '../../queries/accounts.ts'
import { hasWebhook } from '../../queries/webhooks.ts'
import type { Principal } from '../define-tool.ts'
import type { Filters, Request, SortField } from './request.ts'

const ours = Object.entries(taskStatus) as [WorkflowStepStatus, string][]

/** The caller's tasks that a request asks for, whatever page they are on. */
export function selectTasks(db: ReadDb, principal: Principal, { account, filters = {} }: Request) {
  const statuses = wanted(filters.status, filters.statuses)
  const types = wanted(filters.task_type, filters.task_types)
  return (
    db
      .selectFrom('workflow_steps as step')
      .where('step.tenant_id', '=', principal.tenant_id)
      .where('step.principal_id', '=', principal.principal_id)
      .where('step.task_id', 'is not', null)
      .$if(account !== undefined, (q) =>
        q.where((eb) =>
          eb.exists(
            eb
              .selectFrom('media_buys as buy')
              .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
              .whereRef('buy.media_buy_id', '=', 'step.media_buy_id')
              .where(isAccount(account ?? {})),
          ),
        ),
      )
      // every task is about a media buy so far
      .$if(!isWanted('media-buy', wanted(filters.protocol, filters.protocols)), (q) =>
        q.where(sql.lit(false)),
      )
      .$if(filters.has_webhook !== undefined, (q) => q.where(hasWebhook, '=', filters.has_webhook ?? false))
      .$if(statuses !== undefined, (q) =>
        q.where(
          'step.status',
          '=',
          sql<WorkflowStepStatus>`any(${ours.filter(([, word]) => isWanted(word, statuses)).map(([status]) => status)}::workflow_step_status[])`,
        ),
      )
      .$if(types !== undefined, (q) => q.where('step.task_type', 'in', types ?? []))
      .$if(filters.task_ids !== undefined, (q) => q.where('step.task_id', 'in', filters.task_ids ?? []))
      .$if(filters.context_contains !== undefined, (q) => q.where(contains(filters.context_contains ?? '')))
      .where((eb) => eb.and(between(filters)))
  )
}

/** The single value and the list together, or undefined when neither is given. */
function wanted(one: string | undefined, many: string[] | undefined): string[] | undefined {
  const all = [one, ...(many ?? [])].filter((value) => value !== undefined)
  return one === undefined || many === undefined
    ? all.length > 0
      ? all
      : undefined
    : many.filter((value) => value === one)
}
const isWanted = (value: string, list: string[] | undefined) => list === undefined || list.includes(value)

/** A buy that waits for approval has no media_buy_id for its buyer, so none can be looked for. */
const contains = (text: string): RawBuilder<boolean> =>
  sql`(strpos(coalesce(step.context::text, ''), ${text}) > 0
    or strpos(step.media_buy_id, ${text}) > 0 and exists (
      select from media_buys buy where buy.media_buy_id = step.media_buy_id and buy.confirmed_at is not null offset 0))`

function between({ created_after, created_before, updated_after, updated_before }: Filters) {
  const bounds: [string | undefined, RawBuilder<boolean>][] = [
    [created_after, sql`step.created_at > ${created_after}::timestamptz`],
    [created_before, sql`step.created_at < ${created_before}::timestamptz`],
    [updated_after, sql`step.updated_at > ${updated_after}::timestamptz`],
    [updated_before, sql`step.updated_at < ${updated_before}::timestamptz`],
  ]
  return bounds.filter(([given]) => given !== undefined).map(([, condition]) => condition)
}

const word = sql<string>`case step.status ${sql.join(
  ours.map(([status, told]) => sql`when ${sql.lit(status)} then ${sql.lit(told)}`),
  sql` `,
)} end`

/** What each field sorts by, and the type its text in a cursor stands for. */
export const sortKeys: Record<SortField, { key: RawBuilder<unknown>; type: RawBuilder<unknown> }> = {
  created_at: { key: sql`step.created_at`, type: sql`timestamptz` },
  updated_at: { key: sql`step.updated_at`, type: sql`timestamptz` },
  status: { key: word, type: sql`text` },
  task_type: { key: sql`step.task_type`, type: sql`text` },
  protocol: { key: sql`'media-buy'::text`, type: sql`text` },
}
