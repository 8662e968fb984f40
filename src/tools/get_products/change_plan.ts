import { sql } from 'kysely'
import { shareOut } from '../../adcp/shares.ts'
import { readOffers } from '../../commands/media_buy_terms/offer.ts'
import { asDraft, type Plan, type PlanItem } from '../../commands/proposals/plan.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { anyOf, readBrief } from './brief.ts'
import { candidateIn, titleOf } from './compose_plans.ts'
import { selectProducts } from './product.ts'
import type { Verdict } from './read_ask.ts'
import { readMoves, type Move } from './read_moves.ts'
import { readHits } from './search.ts'

/** How many points "more" and "less" move. */
const STEP = 20

/** What leaves makes room first; a share asked for in percent is settled last, so that it stays. */
const order: readonly Move['kind'][] = ['drop', 'less', 'more', 'set', 'scale']

interface Asking {
  db: ReadDb
  principal: Principal
  now: Date
}

/** The plan as a buyer's words change it, as a draft of its own; what could not be done is told. */
export async function changePlan(
  asking: Asking,
  plan: Plan,
  ask: string,
): Promise<{ plan: Plan; verdict: Verdict }> {
  const { moves, unread } = readMoves(ask)
  const failed = [...unread]
  let changed = { items: plan.items, budget: plan.budget }
  for (const move of moves.toSorted((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind))) {
    const next = await apply(asking, { ...plan, ...changed }, move)
    if (next) changed = next
    else failed.push('words' in move ? move.words : 'the budget, which is not known')
  }
  const verdict = judge(moves.length + unread.length, failed)
  if (verdict.status === 'unable') return { plan, verdict }
  const { flight, currency } = plan
  const drafted = { ...changed, ...titleOf(changed.items), flight, currency }
  return { plan: asDraft(drafted, asking.principal, asking.now), verdict }
}

function judge(asked: number, failed: readonly string[]): Verdict {
  const notes = `Not done: ${failed.map((words) => words.slice(0, 80)).join('; ')}.`.slice(0, 500)
  if (failed.length >= asked)
    return { status: 'unable', notes: `${notes} Say which products to drop, or their share in percent.` }
  return failed.length > 0 ? { status: 'partial', notes } : { status: 'applied' }
}

type Changed = Pick<Plan, 'items' | 'budget'>

async function apply(asking: Asking, plan: Plan, move: Move): Promise<Changed | undefined> {
  const { items, budget } = plan
  if (move.kind === 'scale')
    return budget === null || budget * move.factor < 1
      ? undefined
      : { items: share(items, 100) ?? items, budget: budget * move.factor }
  const meant = await productsMeant(asking, plan, move.words)
  if (move.kind === 'drop') {
    const rest = items.filter(({ product_id }) => !meant.has(product_id))
    if (rest.length === 0 || rest.length === items.length) return undefined
    const shared = share(rest, 100)
    return shared && { items: shared, budget }
  }
  const own = items.filter(({ product_id }) => meant.has(product_id))
  const others = items.filter(({ product_id }) => !meant.has(product_id))
  const wanted = own.length > 0 || move.kind === 'less' ? own : await bestMeant(asking, plan, move.words)
  if (wanted.length === 0) return undefined
  const target = targetOf(move, wanted)
  if (others.length === 0) return target >= 100 ? { items, budget } : undefined
  const shared = [share(wanted, target), share(others, 100 - target)]
  return shared.every((part) => part !== undefined) ? { items: shared.flat(), budget } : undefined
}

function targetOf(move: Exclude<Move, { kind: 'scale' }>, own: readonly PlanItem[]): number {
  if (move.kind === 'set') return Math.round(move.percent)
  const now = own.reduce((sum, { percent }) => sum + percent, 0)
  return move.kind === 'less' ? Math.max(own.length, now - STEP) : Math.min(90, now + STEP)
}

/** The same products in the same proportion, with `total` percent between them; undefined where that is not one for each. */
function share(items: readonly PlanItem[], total: number): PlanItem[] | undefined {
  if (total < items.length) return total === 0 ? [] : undefined
  const weights = items.map(({ percent }) => BigInt(Math.max(1, Math.round(percent * 100))))
  const extra = shareOut(BigInt(total - items.length), weights)
  return items.map((item, i) => ({ ...item, percent: 1 + Number(extra[i] ?? 0n) }))
}

/** Which products of the plan a buyer's words mean. */
async function productsMeant(
  { db, principal }: Asking,
  { items }: Plan,
  words: string,
): Promise<Set<string>> {
  const terms = await readBrief(db, principal.tenant_id, words)
  if (terms.length === 0) return new Set()
  const any = anyOf(terms.map(({ lexeme }) => lexeme))
  const rows = await selectProducts(db, principal)
    .select('p.product_id')
    .where(
      'p.product_id',
      'in',
      items.map(({ product_id }) => product_id),
    )
    .where(sql<boolean>`p.search @@ ${any}::tsquery`)
    .execute()
  return new Set(rows.map(({ product_id }) => product_id))
}

/** The product on sale that fits these words best, in the plan's currency, as a new part of the plan. */
async function bestMeant({ db, principal }: Asking, { currency }: Plan, words: string): Promise<PlanItem[]> {
  const terms = await readBrief(db, principal.tenant_id, words)
  if (terms.length === 0) return []
  const search = { terms, conditions: [], preferred: [], chosen: [] }
  const hits = await readHits(db, principal, search, { limit: 5, after: [] })
  const offers = await readOffers(
    db,
    principal,
    hits.map(({ product_id }) => product_id),
  )
  for (const { product_id } of hits) {
    const offer = offers.get(product_id)
    const [found] = offer ? candidateIn({ offer, score: 1, why: '' }, currency) : []
    if (found)
      return [
        {
          product_id,
          product_name: found.offer.name,
          percent: 1,
          price: found.price,
          bid_price: found.bid_price,
          rationale: 'You asked for it.',
        },
      ]
  }
  return []
}
