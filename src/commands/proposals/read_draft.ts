import { sql } from 'kysely'
import { optionFingerprint, readDraftId, type DraftTerms } from '../../adcp/draft_id.ts'
import type { ReadDb } from '../../db/database.ts'
import { readOffers } from '../media_buy_terms/offer.ts'
import {
  bidFor,
  draftExpiry,
  flightOfDays,
  type Owner,
  type Plan,
  type PlanItem,
  type Plannable,
} from './plan.ts'
import { mayKnow } from '../../queries/on_sale.ts'

interface Allocation {
  product_id: string
  pricing_option_id: string
  allocation_percentage: number
  rationale?: string
}

/**
 * The plan a proposal_id stands for while it is a draft: one the publisher prepared, or one made for this buyer. 'expired' once it
 * is out of date or one of its products is gone; undefined for an id that says nothing to this buyer.
 */
export async function readDraft(
  db: ReadDb,
  owner: Owner,
  proposal_id: string,
  now: Date,
): Promise<Plan | 'expired' | undefined> {
  const terms = readDraftId(proposal_id, owner)
  return terms ? readMade(db, owner, proposal_id, terms, now) : readPrepared(db, owner, proposal_id, now)
}

/** A plan as the publisher wrote it down. */
export interface Prepared {
  proposal_id: string
  name: string
  description: string
  allocations: Allocation[]
}

/** The plans the publisher prepared that are made of these offers alone. */
export function preparedPlans(
  prepared: readonly Prepared[],
  offers: ReadonlyMap<string, Plannable>,
  now: Date,
): Plan[] {
  return prepared.map((one) => preparedPlan(one, offers, now)).filter((plan) => typeof plan === 'object')
}

async function readPrepared(db: ReadDb, owner: Owner, proposal_id: string, now: Date) {
  const row = await db
    .selectFrom('prepared_proposals')
    .select(['proposal_id', 'name', 'description', 'allocations'])
    .where('tenant_id', '=', owner.tenant_id)
    .where('proposal_id', '=', proposal_id)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  const prepared = { ...row, allocations: row.allocations as unknown as Allocation[] }
  const ids = prepared.allocations.map(({ product_id }) => product_id)
  return preparedPlan(prepared, await readOffers(db, owner, ids), now)
}

function preparedPlan(
  { proposal_id, name, description, allocations: wanted }: Prepared,
  offers: ReadonlyMap<string, Plannable>,
  now: Date,
): Plan | 'expired' | undefined {
  // a plan of products this buyer may not know of does not exist for it
  if (wanted.some(({ product_id }) => !offers.has(product_id))) return undefined
  const items = wanted.flatMap((item) => {
    const offer = offers.get(item.product_id)
    const price = offer?.pricing_options.find((option) => option.pricing_option_id === item.pricing_option_id)
    return itemOf(offer, price, item.allocation_percentage, item.rationale)
  })
  if (items.length < wanted.length) return 'expired'
  const today = Math.floor(now.getTime() / 86_400_000)
  return { ...planOf(items, proposal_id), name, description, expires_at: draftExpiry(today) }
}

async function readMade(
  db: ReadDb,
  owner: Owner,
  proposal_id: string,
  terms: DraftTerms,
  now: Date,
): Promise<Plan | 'expired'> {
  const expires_at = draftExpiry(terms.issued)
  if (expires_at <= now) return 'expired'
  const ids = await readFingerprints(db, owner, terms)
  const offers = await readOffers(db, owner, [...ids.values()])
  const items = terms.items.flatMap(({ product, option, percent }) => {
    const offer = offers.get(ids.get(product) ?? '')
    const prices = offer?.pricing_options.filter(
      ({ pricing_option_id }) => optionFingerprint(pricing_option_id) === option,
    )
    return prices?.length === 1 ? itemOf(offer, prices[0], percent) : []
  })
  if (items.length < terms.items.length) return 'expired'
  const flight = flightOfDays(terms.start, terms.end)
  return { ...planOf(items, proposal_id), expires_at, budget: terms.budget, flight }
}

function itemOf(
  offer: Plannable | undefined,
  price: Plannable['pricing_options'][number] | undefined,
  percent: number,
  rationale?: string,
): PlanItem[] {
  const bid_price = price && bidFor(price)
  if (!offer || offer.archived || !price || bid_price === undefined) return []
  const { product_id, name: product_name } = offer
  return [{ product_id, product_name, percent, price, bid_price, rationale: rationale ?? '' }]
}

const planOf = (items: PlanItem[], proposal_id: string) => ({
  proposal_id,
  name: `Plan of ${items.map(({ product_name }) => product_name).join(', ')}`.slice(0, 500),
  description: 'A plan from an earlier answer, at the prices of today.',
  currency: items[0]?.price.currency ?? '',
  budget: null,
  flight: null,
  items,
})

/** The product ids behind fingerprints; one that fits two products fits none. */
async function readFingerprints(db: ReadDb, owner: Owner, terms: DraftTerms) {
  const wanted = terms.items.map(({ product }) => product)
  const fingerprint = sql<string>`left(encode(sha256(convert_to(p.product_id, 'UTF8')), 'hex'), 10)`
  const rows = await db
    .selectFrom('products as p')
    .select([fingerprint.as('fingerprint'), sql<string>`min(p.product_id)`.as('product_id')])
    .where('p.tenant_id', '=', owner.tenant_id)
    .where('p.archived_at', 'is', null)
    .where(mayKnow(owner))
    .where(sql<boolean>`${fingerprint} = any(${wanted}::text[])`)
    .groupBy(fingerprint)
    .having(sql<boolean>`count(*) = 1`)
    .execute()
  return new Map(rows.map((row) => [row.fingerprint, row.product_id]))
}
