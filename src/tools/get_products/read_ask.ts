import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import { readBrief, readUnknownWords, type Term } from './brief.ts'
import type { Condition } from './filters.ts'

/** What a buyer's words about the whole answer come to. */
export interface Ask {
  terms: Term[]
  conditions: Condition[]
  preferred: string[]
  verdict: Verdict
}
/** How far a change could be made, as AdCP reports it. */
export interface Verdict {
  status: 'applied' | 'partial' | 'unable'
  notes?: string
}

/**
 * Reads a change to the whole answer as a brief is read, and "only guaranteed" and its like as a condition. Words that fit no
 * product, and figures, are told back as not applied.
 */
export async function readAsk(db: ReadDb, tenantId: string, ask: string): Promise<Ask> {
  const { delivery, rest } = readDelivery(ask)
  const terms = await readBrief(db, tenantId, rest)
  const unknown = await readUnknownWords(db, rest, terms)
  const figures = rest.match(/(?<![$€£\d.,])\d+(?:\.\d+)?\s?%?(?![\d.,]*[km]?\b)|\d+(?:\.\d+)?\s?%/gi) ?? []
  const only = delivery !== undefined && /\b(only|must|all)\b/i.test(ask)
  return {
    terms,
    conditions: only ? [{ field: 'refine', holds: sql`p.delivery_type = ${delivery}` }] : [],
    preferred: delivery === undefined ? [] : [delivery],
    verdict: judge(terms.length > 0 || delivery !== undefined, [...unknown, ...figures]),
  }
}

function readDelivery(ask: string): { delivery: 'guaranteed' | 'non_guaranteed' | undefined; rest: string } {
  const found = /\b(non[- _]?|not )?guaranteed\b/i.exec(ask)
  if (!found) return { delivery: undefined, rest: ask }
  return {
    delivery: found[1] === undefined ? 'guaranteed' : 'non_guaranteed',
    rest: ask.replace(found[0], ' ').replace(/\b(only|packages?)\b/gi, ' '),
  }
}

function judge(understood: boolean, left: readonly string[]): Verdict {
  if (!understood)
    return {
      status: 'unable',
      notes: 'Nothing in it fits a product on sale; say it by topic, channel or country.',
    }
  if (left.length === 0) return { status: 'applied' }
  const told = left.slice(0, 10).map((word) => word.trim().slice(0, 40))
  return { status: 'partial', notes: `Not taken into account: ${told.join(', ')}.` }
}
