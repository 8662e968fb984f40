import type { Committed } from './committed.ts'
import { leastBudget, type Plan, type PlanItem } from './plan.ts'

type Wire = Record<string, unknown>

/** A plan whose prices are not promised yet (core/proposal.json). */
export const draftProposal = (plan: Plan): Wire => ({ ...proposal(plan), proposal_status: 'draft' })

/** A plan the publisher stands by until it expires. */
export const committedProposal = ({ insertion_order, ...plan }: Committed): Wire => ({
  ...proposal(plan),
  proposal_status: 'committed',
  ...(insertion_order && { insertion_order }),
})

function proposal(plan: Plan): Wire {
  return {
    proposal_id: plan.proposal_id,
    name: plan.name,
    ...(plan.description && { description: plan.description }),
    allocations: plan.items.map((item, i) => allocation(item, i, plan)),
    expires_at: plan.expires_at.toISOString(),
    total_budget_guidance: {
      min: leastBudget(plan),
      ...(plan.budget !== null && { recommended: plan.budget }),
      currency: plan.currency,
    },
    ...(plan.brief_alignment !== undefined && { brief_alignment: plan.brief_alignment.slice(0, 2000) }),
  }
}

function allocation(
  { product_id, percent, price, bid_price, rationale }: PlanItem,
  i: number,
  plan: Plan,
): Wire {
  const amount = bid_price ?? price.fixed_price
  const cost = `${bid_price === null ? 'At' : 'Bidding'} ${Number(amount)} ${price.currency} (${price.pricing_model}).`
  return {
    product_id,
    allocation_percentage: percent,
    pricing_option_id: price.pricing_option_id,
    rationale: rationale ? `${rationale} ${cost}` : cost,
    sequence: i + 1,
    ...(plan.flight && {
      start_time: plan.flight.start.toISOString(),
      end_time: plan.flight.end.toISOString(),
    }),
    ext: {
      salesdesk: { price: Number(amount), pricing_model: price.pricing_model, currency: price.currency },
    },
  }
}
