import { Capabilities } from '../../capabilities.ts'
import type { Plan, Plannable } from '../../commands/proposals/plan.ts'
import { preparedPlans, type Prepared } from '../../commands/proposals/read_draft.ts'
import { draftProposal } from '../../commands/proposals/to_proposal.ts'
import type { Output, Principal } from '../define-tool.ts'
import type { Term } from './brief.ts'
import { composePlans, type Wish } from './compose_plans.ts'
import type { PricingOptionRow } from './product.ts'
import { relevance, type Hit } from './search.ts'

export interface Asking {
  principal: Principal
  now: Date
  /** What the ad servers can do, by connection_id. */
  capabilities: Record<string, unknown>
  prepared: readonly Prepared[]
}

/**
 * The drafts that go with an answer: the publisher's own plans whose products are all in it, then plans made of its products.
 * Nothing is stored; a draft's id says all there is to it.
 */
export function propose(
  { principal, now, capabilities, prepared }: Asking,
  hits: readonly Hit[],
  terms: readonly Term[],
  wish: Wish,
): Output[] {
  const connections = new Set(hits.map(({ connection_id }) => connection_id))
  const able = new Map([...connections].map((id) => [id, Capabilities.safeParse(capabilities[id]).data]))
  const fits = hits.map((hit) => ({
    offer: plannable(hit, able.get(hit.connection_id)),
    score: Number(hit.score),
    why: relevance(hit, terms) ?? '',
  }))
  const offers = new Map(fits.map(({ offer }) => [offer.product_id, offer]))
  const plans = [...preparedPlans(prepared, offers, now), ...composePlans(fits, wish, principal, now)]
  return plans.map((plan) => draftProposal({ ...plan, ...alignment(plan, hits, terms) }))
}

/** A product as plans need it; what is found is on sale, so that nothing more need be asked. */
const plannable = (
  { product_id, name, channels, delivery_type, pricing_options }: Hit,
  capabilities: Capabilities | undefined,
): Plannable => ({
  product_id,
  name,
  channels,
  delivery_type,
  archived: false,
  capabilities,
  pricing_options: pricing_options.map(priceOf),
})

function priceOf({ parameters, ...price }: PricingOptionRow): Plannable['pricing_options'][number] {
  const { time_unit = null, min_duration = null, max_duration = null } = parameters ?? {}
  return { ...price, time_unit, min_duration, max_duration }
}

/** Which words of the brief the plan's products fit, and which they do not. */
function alignment({ items }: Plan, hits: readonly Hit[], terms: readonly Term[]) {
  if (terms.length === 0) return {}
  const own = new Set(items.map(({ product_id }) => product_id))
  const found = new Set(
    hits.filter(({ product_id }) => own.has(product_id)).flatMap(({ matched }) => matched),
  )
  const words = (covered: boolean) =>
    [...new Set(terms.filter(({ lexeme }) => found.has(lexeme) === covered).map(({ word }) => word))].join(
      ', ',
    )
  const [yes, no] = [words(true), words(false)]
  return { brief_alignment: `Fits ${yes}${no && `; says nothing of ${no}`}.` }
}
