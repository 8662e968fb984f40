import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'
import { selectApprovalRequests, type ApprovalRequest } from './approval_requests.ts'
import { stillWaits } from './approvals.ts'
import { selectTroubledBuys, type TroubledBuy } from './concerns.ts'
import {
  selectQuestions,
  selectReviewedCreatives,
  type AskedOfPeople,
  type ReviewedCreative,
} from './notice_subjects.ts'

/** What waits for a person at a publisher: the longest waits first, so many of each, and how many there are. */
export interface Waiting {
  tenant_id: string
  publisher: string
  approvals: ApprovalRequest[]
  questions: AskedOfPeople[]
  creatives: ReviewedCreative[]
  troubled: TroubledBuy[]
  counts: { approvals: number; questions: number; creatives: number; troubled: number }
}
const AT_MOST = 8

export async function readWaiting(db: ReadDb, tenant_id: string): Promise<Waiting> {
  const approvals = selectApprovalRequests(db, tenant_id).where(stillWaits).orderBy('step.created_at')
  const questions = selectQuestions(db, tenant_id)
    .where('w.status', '=', sql.lit('pending'))
    .orderBy('w.created_at')
  const creatives = selectReviewedCreatives(db, tenant_id)
    .where('c.status', '=', sql.lit('pending_review'))
    .orderBy('c.updated_at')
  return {
    tenant_id,
    ...(await readCounts(db, tenant_id)),
    approvals: await approvals.limit(AT_MOST).execute(),
    questions: await questions.limit(AT_MOST).execute(),
    creatives: await creatives.limit(AT_MOST).execute(),
    troubled: await selectTroubledBuys(db, tenant_id).limit(AT_MOST).execute(),
  }
}

const steps = (tenant_id: string, kind: string) =>
  sql<number>`(select count(*)::int from workflow_steps where tenant_id = ${tenant_id} and kind = ${kind}
    and status in ('requires_approval', 'input_required', 'pending'))`

async function readCounts(db: ReadDb, tenant_id: string) {
  const creatives = sql<number>`(select count(*)::int from creatives
    where tenant_id = ${tenant_id} and status = 'pending_review')`
  const troubled = sql<number>`(select count(distinct media_buy_id)::int from delivery_concerns
    where tenant_id = ${tenant_id} and closed_at is null)`
  const { publisher, ...counts } = await db
    .selectFrom('tenants')
    .select([
      'name as publisher',
      steps(tenant_id, 'approval').as('approvals'),
      steps(tenant_id, 'needs_human').as('questions'),
      creatives.as('creatives'),
      troubled.as('troubled'),
    ])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  return { publisher, counts }
}

/** One day of a publisher, for those who were not there. */
export interface DayInFigures {
  day: string
  bought: { currency: string; buys: number; total: string }[]
  running: number
  failed_syncs: number
}

/** What was bought since `since`, and what runs now. Sandbox buys do not count. */
export async function readDay(
  db: ReadDb,
  tenant_id: string,
  day: string,
  since: Date,
): Promise<DayInFigures> {
  const bought = await db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .select([
      'buy.currency',
      sql<number>`count(*)::int`.as('buys'),
      sql<string>`sum(buy.total_budget)`.as('total'),
    ])
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.confirmed_at', '>=', since)
    .where('agent.sandbox', '=', false)
    .groupBy('buy.currency')
    .orderBy('total', 'desc')
    .execute()
  const running = sql<number>`(select count(*)::int from media_buys buy join principals agent using (principal_id)
    where buy.tenant_id = ${tenant_id} and buy.status = 'active' and not agent.sandbox)`
  const failed_syncs = sql<number>`(select count(*)::int from (
    select distinct on (connection_id, kind) state from sync_jobs where tenant_id = ${tenant_id}
    order by connection_id, kind, generation desc) latest where state = 'failed')`
  const counted = await db
    .selectFrom('tenants')
    .select([running.as('running'), failed_syncs.as('failed_syncs')])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  return { day, bought, ...counted }
}
