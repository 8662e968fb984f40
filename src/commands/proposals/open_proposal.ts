import { AdcpError, type Problem } from '../../adcp/error.ts'
import type { AdcpVersion } from '../../adcp/version.ts'
import type { Trx } from '../../db/database.ts'
import { releaseHolds } from './commit_proposals.ts'
import { selectCommitted, toCommitted, type Committed } from './committed.ts'
import type { Owner } from './plan.ts'
import { readDraft } from './read_draft.ts'

/** What a purchase says of the proposal it buys. */
export interface ProposalPurchase {
  proposal_id: string
  total_budget: { amount: number; currency: string }
  io_acceptance: { io_id: string } | undefined
}

/**
 * The committed proposal a purchase names, locked until it is bought or the transaction ends, its inventory free to be
 * reserved by the purchase itself. @throws AdcpError where it cannot be bought: unknown, a draft, expired, bought, or unsigned
 */
export async function openProposal(
  trx: Trx,
  owner: Owner,
  purchase: ProposalPurchase,
  version: AdcpVersion,
  now: Date,
): Promise<Committed> {
  const { proposal_id } = purchase
  const row = await selectCommitted(trx, owner)
    .where('proposal_id', '=', proposal_id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new AdcpError(await uncommitted(trx, owner, proposal_id, version, now))
  const proposal = toCommitted(row)
  if (proposal.media_buy_id !== null) throw new AdcpError(bought)
  if (proposal.expires_at <= now) throw new AdcpError(expired)
  const [problem] = [...orderProblems(proposal, purchase), ...currencyProblems(proposal, purchase)]
  if (problem) throw new AdcpError(problem)
  await releaseHolds(trx, { principal_id: owner.principal_id, proposal_id })
  return proposal
}

/** Marks a proposal as bought. PostgreSQL keeps one purchase per proposal. */
export async function closeProposal(
  trx: Trx,
  { tenant_id, principal_id }: Owner,
  proposal_id: string,
  media_buy_id: string,
): Promise<void> {
  await trx
    .updateTable('proposals')
    .set({ media_buy_id })
    .where('tenant_id', '=', tenant_id)
    .where('principal_id', '=', principal_id)
    .where('proposal_id', '=', proposal_id)
    .execute()
}

async function uncommitted(trx: Trx, owner: Owner, id: string, version: AdcpVersion, now: Date) {
  const draft = await readDraft(trx, owner, id, now)
  if (draft === undefined) return proposalNotFound(version, 'proposal_id')
  return draft === 'expired' ? expired : notCommitted
}

function orderProblems(
  { insertion_order: order }: Committed,
  { io_acceptance, total_budget }: ProposalPurchase,
) {
  if (!order) return []
  if (!io_acceptance) return [ioRequired(order)]
  if (io_acceptance.io_id !== order.io_id)
    return [
      invalid('io_acceptance.io_id', 'This is not the insertion order of the proposal.', 'Accept that one.'),
    ]
  const agreed = order.terms.total_budget
  if (agreed && agreed.amount !== total_budget.amount)
    return [
      invalid(
        'total_budget.amount',
        `The insertion order is for ${agreed.amount} ${agreed.currency}.`,
        'Buy for that amount, or finalize the proposal anew.',
      ),
    ]
  return []
}

function currencyProblems({ currency }: Committed, { total_budget }: ProposalPurchase): Problem[] {
  if (total_budget.currency === currency) return []
  return [
    invalid(
      'total_budget.currency',
      `This proposal is priced in ${currency}.`,
      `Give total_budget in ${currency}.`,
    ),
  ]
}

/** AdCP 3.0 has no code of its own for it. An unknown proposal and somebody else's look the same. */
export const proposalNotFound = (version: AdcpVersion, field: string): Problem => ({
  code: version === '3.0' ? 'REFERENCE_NOT_FOUND' : 'PROPOSAL_NOT_FOUND',
  message: 'There is no such proposal for you here.',
  field,
  suggestion: 'Call get_products with a brief and take a proposal_id from its answer.',
})
const notCommitted: Problem = {
  code: 'PROPOSAL_NOT_COMMITTED',
  message: 'This proposal is a draft; its prices are not promised yet.',
  field: 'proposal_id',
  suggestion:
    'Call get_products with buying_mode "refine" and refine [{scope: "proposal", proposal_id, action: "finalize"}] first.',
}
/** For a proposal that is out of date, whether it was promised or not. */
export const expired: Problem = {
  code: 'PROPOSAL_EXPIRED',
  message: 'This proposal has expired.',
  field: 'proposal_id',
  suggestion: 'Ask get_products for a new one.',
}
const bought: Problem = {
  code: 'INVALID_STATE',
  message: 'This proposal was bought already.',
  field: 'proposal_id',
  suggestion: 'See get_media_buys; to buy the same again, finalize it again.',
}
const ioRequired = (order: object): Problem => ({
  code: 'IO_REQUIRED',
  message: 'This proposal is sold with an insertion order, which must be accepted.',
  field: 'io_acceptance',
  suggestion: 'Show its terms to the person you buy for, and send io_acceptance with its io_id.',
  details: { insertion_order: order },
})
const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
