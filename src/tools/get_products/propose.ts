import { draftProposal } from '../../commands/proposals/to_proposal.ts'
import { readOffers } from '../../commands/media_buy_terms/offer.ts'
import type { Plan } from '../../commands/proposals/plan.ts'
import { readPreparedPlans } from '../../commands/proposals/read_draft.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Output, Principal } from '../define-tool.ts'
import type { Term } from './brief.ts'
import { composePlans, type Wish } from './compose_plans.ts'
import { relevance, type Hit } from './search.ts'

interface Asking {
  db: ReadDb
  principal: Principal
  now: Date
}

/**
 * The drafts that go with an answer: the publisher's own plans whose products are all in it, then plans made of its products.
 * Nothing is stored; a draft's id says all there is to it.
 */
export async function propose(
  { db, principal, now }: Asking,
  hits: readonly Hit[],
  terms: readonly Term[],
  wish: Wish,
): Promise<Output[]> {
  const ids = hits.map(({ product_id }) => product_id)
  const offers = await readOffers(db, principal, ids)
  const fits = hits.flatMap((hit) => {
    const offer = offers.get(hit.product_id)
    return offer ? [{ offer, score: Number(hit.score), why: relevance(hit, terms) ?? '' }] : []
  })
  const prepared = await readPreparedPlans(db, principal, offers, now)
  const made = composePlans(fits, wish, principal, now)
  return [...prepared, ...made].map((plan) => draftProposal({ ...plan, ...alignment(plan, hits, terms) }))
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
