import { readCursor } from '../adcp/cursor.ts'
import { throwProblems } from '../adcp/error.ts'
import { pageOf } from '../adcp/page.ts'
import { committedProposal, draftProposal } from '../commands/proposals/to_proposal.ts'
import type { Db, ReadDb } from '../db/database.ts'
import { isStranger, mixedTool, type Output, type ToolContext } from './define-tool.ts'
import { flightDays, usualDays } from '../queries/availability.ts'
import { readBrief, type Term } from './get_products/brief.ts'
import type { Wish } from './get_products/compose_plans.ts'
import { filterDiagnostics } from './get_products/diagnostics.ts'
import { explainEmptyResult } from './get_products/empty_result.ts'
import { readFeedVersion } from './get_products/feed_version.ts'
import { conditionsOf, filterProblems, policyConditions } from './get_products/filters.ts'
import { finalize } from './get_products/finalize.ts'
import { staleNote, toForecast, type ForecastPolicy } from './get_products/forecast.ts'
import { notesOf, summary } from './get_products/notes.ts'
import { toProduct } from './get_products/product.ts'
import { propose, type Asking } from './get_products/propose.ts'
import { readRefine, refinementApplied, type Refined } from './get_products/refine.ts'
import {
  isFinalize,
  modeOf,
  modeProblems,
  request as input,
  versionProblems,
  type Request,
} from './get_products/request.ts'
import { readSeller, type Seller } from './get_products/seller.ts'
import { relevance, readHits, type Hit, type Search } from './get_products/search.ts'
import { wishOf } from './get_products/wish.ts'
import { finalizeIsForBuyers, withoutPrices } from './get_products/without_prices.ts'

const PAGE = 10
/** Drafts are about products of the same page, so they are made when it is known. */
const FOR_PROPOSALS_BYTES = 6_000
type Context = ToolContext<ReadDb> & { writeDb: Db }

export const getProducts = mixedTool({
  name: 'get_products',
  title: 'Find advertising products',
  description:
    'Find what this publisher sells. Say in brief what is wanted; the best matches come first, each with brief_relevance (why), formats and pricing_options, and proposals: plans of how to spend a budget on them. To buy, pass product_id and pricing_option_id to create_media_buy; or finalize a proposal with refine and pass its proposal_id. Only finalize changes anything here: it holds prices for you. For what you bought use get_media_buys. Example: {"brief": "video for hikers in Germany, 20000 EUR"}',
  input,
  forStrangers: withoutPrices,
  summary,
  async handle(request, ctx) {
    const { db, principal, version } = ctx
    if (isFinalize(request) && isStranger(principal)) throw finalizeIsForBuyers
    const [seller, terms] = await Promise.all([readSeller(db, principal), termsOf(request, ctx)])
    throwProblems([
      ...modeProblems(request),
      ...(version === '3.0' ? [] : versionProblems(request)),
      ...filterProblems(request.filters, seller.currencies),
    ])
    const wish = wishOf(request, seller.currencies)
    if (isFinalize(request)) return finalized(ctx, request, wish)
    return find(ctx, request, wish, seller, terms)
  },
})

/** Answers with the proposals as they are promised now, and their products. */
async function finalized(ctx: Context, request: Request, wish: Wish): Promise<Output> {
  const proposals = await finalize(ctx, request, wish)
  const chosen = proposals.flatMap(({ items }) => items.map(({ product_id }) => product_id))
  const search = { terms: [], conditions: [], preferred: [], chosen }
  const hits = await readHits(ctx.db, ctx.principal, search, { limit: 100, after: [] })
  const refine = request.refine ?? []
  return {
    products: hits.map(toProductOf(ctx, request)),
    proposals: proposals.map(committedProposal),
    refinement_applied: refinementApplied(
      refine,
      refine.map(() => ({ status: 'applied' })),
    ),
    ...scopeOf(ctx),
    pagination: { has_more: false },
  }
}

/** Answers a brief, a refinement or the whole list, page by page; plans go with the first page. */
async function find(
  ctx: Context,
  request: Request,
  wish: Wish,
  seller: Seller,
  said: readonly Term[] | undefined,
): Promise<Output> {
  const { db, now } = ctx
  const principal = { ...ctx.principal, closed: seller.closed }
  const { pagination, ...query } = request
  const limit = pagination?.max_results ?? PAGE
  const after = pagination?.cursor ? readCursor(pagination.cursor, query) : []
  const refined = request.refine && (await readRefine({ db, principal, now }, request.refine))
  const search = searchOf(ctx, request, said, refined)
  const feed = await feedOf(ctx, request, search)
  if (feed && isUnchanged(request, feed)) return { unchanged: true, ...feed, ...scopeOf(ctx) }

  const hits = await readHits(db, principal, search, { limit: limit + 1, after })
  const prepared = after.length === 0 && modeOf(request) !== 'wholesale' ? seller.prepared : null
  const { terms, conditions } = search
  const page = pageOf(hits, {
    limit,
    query,
    toItem: toProductOf(ctx, request, terms, search.left && { ...search.left, policy: seller }),
    position: (hit) => [hit.score, hit.product_id],
    besides: prepared ? FOR_PROPOSALS_BYTES : 0,
  })
  return {
    products: page.items,
    ...(prepared && proposalsOf({ ...ctx, ...seller, prepared }, page.rows, search, wish, refined)),
    ...(refined && { refinement_applied: refinementApplied(request.refine ?? [], refined.verdicts) }),
    ...(page.items.length === 0
      ? { message: await explainEmptyResult(db, principal, conditions, terms) }
      : notesOf(request, terms, search.left && staleNote(page.rows, seller, ctx.now))),
    ...(request.property_list && { property_list_applied: false }),
    ...(request.catalog && { catalog_applied: false }),
    ...feed,
    ...(ctx.version !== '3.0' && (await filterDiagnostics(db, principal, conditions, terms))),
    ...scopeOf(ctx),
    pagination: page.pagination,
  }
}

/** What a brief says; undefined where none was given. */
const termsOf = async ({ brief }: Request, { db, principal }: Context) =>
  brief === undefined ? undefined : readBrief(db, principal.tenant_id, brief)

function searchOf(
  { now }: Context,
  asked: Request,
  said: readonly Term[] | undefined,
  refined: Refined | undefined,
): Search {
  const { filters = {}, preferred_delivery_types = [], required_policies } = asked
  return {
    terms: said ?? refined?.terms ?? [],
    conditions: [
      ...conditionsOf(filters, now),
      ...policyConditions(required_policies),
      ...(refined?.conditions ?? []),
    ],
    preferred: [...preferred_delivery_types, ...(refined?.preferred ?? [])],
    chosen: refined?.chosen ?? [],
    // a whole list is kept by buyers, and what is left changes with every purchase
    ...(modeOf(asked) !== 'wholesale' && { left: { days: flightDays(filters, now) ?? usualDays(now), now } }),
  }
}

/** Plans asked about by their id, else plans made of what was found; none where a brief found nothing. */
function proposalsOf(
  asking: Asking,
  page: readonly Hit[],
  search: Search,
  wish: Wish,
  refined: Refined | undefined,
) {
  if (refined?.plans) return { proposals: refined.plans.map(draftProposal) }
  const found = search.terms.length > 0 || search.chosen.length > 0
  if (page.length === 0 || !found) return {}
  const proposals = propose(asking, page, search.terms, wish)
  return proposals.length > 0 ? { proposals } : {}
}

/** Versions are for whole lists, which 3.0 does not keep. */
async function feedOf({ db, principal, version }: Context, request: Request, { conditions }: Search) {
  if (version === '3.0' || modeOf(request) !== 'wholesale') return undefined
  return readFeedVersion(db, principal, request, conditions)
}

function isUnchanged(
  { if_wholesale_feed_version: feed, if_pricing_version: prices }: Request,
  now: { wholesale_feed_version: string; pricing_version: string },
): boolean {
  // a buyer may keep no version of the prices, so that of the feed moves with them too
  return feed === now.wholesale_feed_version && (prices === undefined || prices === now.pricing_version)
}

/** Products and prices are the same whatever the account. */
const scopeOf = ({ version }: Context) => (version === '3.0' ? {} : { cache_scope: 'public' })

function toProductOf(
  { version }: Context,
  { fields }: Request,
  terms: readonly Term[] = [],
  left?: NonNullable<Search['left']> & { policy: ForecastPolicy },
) {
  const wanted = fields && new Set(['product_id', 'name', ...fields])
  return (hit: Hit): Output => {
    const forecast = left && toForecast(hit, left.days, left.policy, left.now)
    const product = { ...toProduct(hit, version, relevance(hit, terms)), ...(forecast && { forecast }) }
    return wanted ? Object.fromEntries(Object.entries(product).filter(([key]) => wanted.has(key))) : product
  }
}
