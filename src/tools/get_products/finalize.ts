import { AdcpError } from '../../adcp/error.ts'
import { commitProposals, type NamedPlan } from '../../commands/proposals/commit_proposals.ts'
import { selectCommitted, toCommitted, type Committed } from '../../commands/proposals/committed.ts'
import { expired, proposalNotFound } from '../../commands/proposals/open_proposal.ts'
import type { Plan } from '../../commands/proposals/plan.ts'
import { readDraft } from '../../commands/proposals/read_draft.ts'
import { inTransaction } from '../../db/transaction.ts'
import type { Db, ReadDb, Trx } from '../../db/database.ts'
import type { ToolContext } from '../define-tool.ts'
import type { Wish } from './compose_plans.ts'
import type { Request } from './request.ts'

/**
 * Promises the prices of the proposals a request names, all of them or none, in one transaction. Doing it again changes nothing
 * until they are bought or expire. @throws AdcpError for each that is unknown, expired or cannot be sold
 */
export async function finalize(
  { writeDb, principal, version, now }: ToolContext<ReadDb> & { writeDb: Db },
  { refine = [], brand }: Request,
  wish: Wish,
): Promise<Committed[]> {
  const named = refine.map(({ proposal_id = '' }, i) => ({ field: `refine[${i}]`, proposal_id }))
  return inTransaction(writeDb, async (trx) => {
    const plans: NamedPlan[] = []
    for (const { field, proposal_id } of named) {
      if (plans.some(({ plan }) => plan.proposal_id === proposal_id)) continue
      const plan =
        (await readPromised(trx, principal, proposal_id, now)) ??
        (await readDraft(trx, principal, proposal_id, now))
      const at = `${field}.proposal_id`
      if (plan === undefined) throw new AdcpError(proposalNotFound(version, at))
      if (plan === 'expired') throw new AdcpError({ ...expired, field: at })
      plans.push({ field, plan: { ...plan, ...wishFor(plan, wish) } })
    }
    return commitProposals(trx, { owner: principal, advertiser: brand?.domain, now }, plans)
  })
}

/** A promise that stands: the draft it came from may be out of date by now. */
async function readPromised(
  trx: Trx,
  owner: { tenant_id: string; principal_id: string },
  proposal_id: string,
  now: Date,
): Promise<Plan | undefined> {
  const row = await selectCommitted(trx, owner)
    .where('proposal_id', '=', proposal_id)
    .where('expires_at', '>', now)
    .where('media_buy_id', 'is', null)
    .executeTakeFirst()
  return row && toCommitted(row)
}

/** What the request says of budget and dates, where it says so in the plan's own currency. */
function wishFor({ currency }: Plan, { budget, flight }: Wish): Partial<Plan> {
  return {
    ...(budget?.currency === currency && { budget: budget.amount }),
    ...(flight && { flight }),
  }
}
