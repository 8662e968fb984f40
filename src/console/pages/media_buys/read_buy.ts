import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'

export type Buy = NonNullable<Awaited<ReturnType<ReturnType<typeof selectBuy>['executeTakeFirst']>>>

/** A media buy of a publisher with the facts its page begins with. */
export function selectBuy(db: ReadDb, tenant_id: string, media_buy_id: string) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.media_buy_id', '=', media_buy_id)
    .select([
      'buy.media_buy_id',
      'buy.principal_id',
      'buy.status',
      'buy.revision',
      'buy.currency',
      'buy.total_budget',
      'buy.start_time',
      'buy.end_time',
      'buy.po_number',
      'buy.proposal_id',
      'buy.rejection_reason',
      'buy.cancellation_reason',
      'buy.canceled_by',
      'buy.confirmed_at',
      'buy.creative_deadline',
      'buy.created_at',
      'agent.name as buyer',
      'agent.sandbox',
      'account.name as account',
      sql<string>`buy.brand ->> 'domain'`.as('brand'),
      asked('approval', ['requires_approval', 'input_required']).as('approval_id'),
      asked('needs_human', ['pending']).as('question_id'),
    ])
}

/** The id of what waits for a person, if anything does. */
const asked = (kind: string, open: string[]) => sql<string | null>`(
  select w.workflow_step_id from workflow_steps w where w.media_buy_id = buy.media_buy_id
    and w.kind = ${kind} and w.status::text = any(${open}::text[]) order by w.created_at limit 1)`
