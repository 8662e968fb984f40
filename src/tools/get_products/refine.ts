import { readDraft } from '../../commands/proposals/read_draft.ts'
import type { Plan } from '../../commands/proposals/plan.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import type { Term } from './brief.ts'
import { changePlan } from './change_plan.ts'
import { sql } from 'kysely'
import type { Condition } from './filters.ts'
import { selectProducts } from './product.ts'
import { readAsk, type Verdict } from './read_ask.ts'
import { readBrief } from './brief.ts'
import type { RefineEntry } from './refine_schema.ts'
import { selectSimilar } from './similar.ts'

/** What the changes of a request come to: which products to look for, which plans to show, and how each change fared. */
export interface Refined {
  terms: Term[]
  conditions: Condition[]
  preferred: string[]
  /** Products in the answer whatever the terms. */
  chosen: string[]
  /** The plans that were asked about; undefined where none were. */
  plans: Plan[] | undefined
  /** One for each change, in their order. */
  verdicts: Verdict[]
}
interface Asking {
  db: ReadDb
  principal: Principal
  now: Date
}
type Part = Partial<Omit<Refined, 'verdicts'>> & { omitted?: string; verdict: Verdict }

/**
 * Reads changes to an earlier answer. Nothing of that answer is kept here: products and plans come back by their ids, and what
 * is asked of the whole answer is read as a brief.
 */
export async function readRefine(asking: Asking, entries: readonly RefineEntry[]): Promise<Refined> {
  const parts: Part[] = []
  for (const entry of entries) parts.push(await readEntry(asking, entry))
  const omitted = parts.flatMap((part) => part.omitted ?? [])
  const plans = parts.flatMap((part) => part.plans ?? [])
  const all = <K extends 'terms' | 'conditions' | 'preferred' | 'chosen'>(name: K) =>
    parts.flatMap((part) => (part[name] ?? []) as Refined[K][number][])
  const terms = new Map(all('terms').map((term) => [term.lexeme, term]))
  const chosen = [
    ...all('chosen'),
    ...plans.flatMap(({ items }) => items.map(({ product_id }) => product_id)),
  ]
  return {
    terms: [...terms.values()],
    conditions: [...all('conditions'), ...without(omitted)],
    preferred: all('preferred'),
    chosen: [...new Set(chosen)],
    plans: entries.some(({ scope }) => scope === 'proposal') ? plans : undefined,
    verdicts: parts.map(({ verdict }) => verdict),
  }
}

const without = (omitted: readonly string[]): Condition[] =>
  omitted.length > 0 ? [{ field: 'refine', holds: sql`p.product_id <> all(${omitted}::text[])` }] : []

async function readEntry(asking: Asking, entry: RefineEntry): Promise<Part> {
  const { scope, product_id = '', proposal_id = '', ask = '' } = entry
  if (scope === 'request') return readAsk(asking.db, asking.principal.tenant_id, ask)
  return scope === 'product'
    ? readProduct(asking, entry, product_id)
    : readProposal(asking, entry, proposal_id)
}

async function readProduct(
  { db, principal }: Asking,
  { action, ask }: RefineEntry,
  id: string,
): Promise<Part> {
  if (action === 'omit') return { omitted: id, verdict: { status: 'applied' } }
  const known = await selectProducts(db, principal)
    .select('p.product_id')
    .where('p.product_id', '=', id)
    .executeTakeFirst()
  if (!known) return { verdict: { status: 'unable', notes: 'There is no such product on sale to you.' } }
  if (action !== 'more_like_this') {
    const notes = 'The product is in the answer as it is sold; it cannot be changed.'
    return { chosen: [id], verdict: ask === undefined ? { status: 'applied' } : { status: 'partial', notes } }
  }
  const terms = ask === undefined ? [] : await readBrief(db, principal.tenant_id, ask)
  const similar = await selectSimilar(db, principal, id, terms).execute()
  const ids = similar.map(({ product_id }) => product_id)
  const verdict: Verdict =
    ids.length > 0
      ? { status: 'applied', notes: `Similar: ${ids.join(', ')}.` }
      : { status: 'partial', notes: 'Nothing else on sale is like it.' }
  return { chosen: [id, ...ids], verdict }
}

async function readProposal(asking: Asking, { action, ask }: RefineEntry, id: string): Promise<Part> {
  if (action === 'omit') return { verdict: { status: 'applied' } }
  const plan = await readDraft(asking.db, asking.principal, id, asking.now)
  if (plan === undefined)
    return {
      verdict: { status: 'unable', notes: 'There is no such proposal for you here; ask with a brief.' },
    }
  if (plan === 'expired')
    return { verdict: { status: 'unable', notes: 'This proposal has expired; ask with a brief.' } }
  if (ask === undefined) return { plans: [plan], verdict: { status: 'applied' } }
  const changed = await changePlan(asking, plan, ask)
  const renamed = changed.plan === plan ? '' : ` The changed plan is ${changed.plan.proposal_id}.`
  const notes = `${changed.verdict.notes ?? ''}${renamed}`.trim()
  return { plans: [changed.plan], verdict: { status: changed.verdict.status, ...(notes && { notes }) } }
}

/** AdCP's refinement_applied: each verdict beside what it is about. */
export function refinementApplied(entries: readonly RefineEntry[], verdicts: readonly Verdict[]) {
  return entries.map(({ scope, product_id, proposal_id }, i) => ({
    scope,
    ...(scope === 'product' && { product_id }),
    ...(scope === 'proposal' && { proposal_id }),
    ...(verdicts[i] ?? { status: 'unable' }),
  }))
}
