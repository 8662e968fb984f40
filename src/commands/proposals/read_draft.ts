import { sql } from 'kysely'
import { optionFingerprint, readDraftId, type DraftTerms } from '../../adcp/draft_id.ts'
import { compiled } from '../../db/compiled.ts'
import type { ReadDb } from '../../db/database.ts'
import { readOffers, type Offer } from '../media_buy_terms/offer.ts'
import { bidFor, draftExpiry, flightOfDays, type Owner, type Plan, type PlanItem } from './plan.ts'
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

/** The plans the publisher prepared that are made of these offers alone. */
export async function readPreparedPlans(
  db: ReadDb,
  owner: Owner,
  offers: ReadonlyMap<string, Offer>,
  now: Date,
): Promise<Plan[]> {
  const rows = await preparedOf(db, { tenant_id: owner.tenant_id })
  return rows.map((row) => preparedPlan(row, offers, now)).filter((plan) => typeof plan === 'object')
}

async function readPrepared(db: ReadDb, owner: Owner, proposal_id: string, now: Date) {
  const row = await selectPrepared(db, owner).where('proposal_id', '=', proposal_id).executeTakeFirst()
  if (!row) return undefined
  const ids = allocationsOf(row).map(({ product_id }) => product_id)
  return preparedPlan(row, await readOffers(db, owner, ids), now)
}

type Prepared = NonNullable<Awaited<ReturnType<ReturnType<typeof selectPrepared>['executeTakeFirst']>>>

const allocationsOf = ({ allocations }: Prepared) => allocations as unknown as Allocation[]

function preparedPlan(
  row: Prepared,
  offers: ReadonlyMap<string, Offer>,
  now: Date,
): Plan | 'expired' | undefined {
  const { proposal_id, name, description } = row
  const wanted = allocationsOf(row)
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
  offer: Offer | undefined,
  price: Offer['pricing_options'][number] | undefined,
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

const preparedOf = compiled((db, owner: { tenant_id: string }) =>
  selectPrepared(db, owner).orderBy('proposal_id'),
)

function selectPrepared(db: ReadDb, { tenant_id }: { tenant_id: string }) {
  return db
    .selectFrom('prepared_proposals')
    .select(['proposal_id', 'name', 'description', 'allocations'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
}
