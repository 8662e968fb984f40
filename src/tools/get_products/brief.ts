import { sql } from 'kysely'
import { compiled } from '../../db/compiled.ts'
import type { ReadDb } from '../../db/database.ts'
import { countUpTo, inSample, isManyInSample, MANY } from './sample.ts'

/** One thing a brief asks for: the word as written, the lexeme to look for, and how telling it is among these products. */
export interface Term {
  word: string
  /** The word we took a misspelt one for. */
  meant: string | null
  lexeme: string
  weight: number
  /** So many products have it that they are not all looked at. */
  common: boolean
}

/** A tsquery for any of these lexemes. */
export function anyOf(lexemes: readonly string[]): string {
  return lexemes.map((lexeme) => `'${lexeme.replaceAll("'", "''")}'`).join(' | ')
}

/** Words every brief is full of; they say nothing about which product fits. */
const noise = new Set(
  `ad ads advert advertise advertiser advertisers advertising agency audience audiences brand brands budget buy buying
  campaign campaigns client creative deliver euro euros dollar dollars find flight goal impressions inventory launch looking
  media month months need people placement placements plan please product products promote promotion publisher reach run running
  spend target targeting want week weeks year`.split(/\s+/),
)
const MOST_WORDS = 40

function wordsOf(brief: string): string[] {
  return [...new Set(brief.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])]
    .filter((word) => word.length > 1 && !noise.has(word) && !/^\d+[km]?$/.test(word))
    .slice(0, MOST_WORDS)
}

/** The words of a text that say something, but not about any product on sale. */
export async function readUnknownWords(db: ReadDb, text: string, terms: readonly Term[]): Promise<string[]> {
  const known = new Set(terms.map(({ word }) => word))
  const words = wordsOf(text).filter((word) => !known.has(word))
  if (words.length === 0) return []
  const telling = sql<{
    word: string
  }>`(select word from unnest(${words}::text[]) with ordinality as w (word, n)
    where to_tsvector('english', word) <> ''::tsvector order by n)`
  const rows = await db.selectFrom(telling.as('telling')).select('word').execute()
  return rows.map(({ word }) => word)
}

/**
 * Reads a brief in plain words: drops what says nothing, sets misspelt words right from the publisher's own vocabulary and
 * weighs each term by how few products have it, up to a thousand. Words that fit no product at all are left out.
 */
export async function readBrief(db: ReadDb, tenantId: string, brief: string): Promise<Term[]> {
  const words = wordsOf(brief)
  if (words.length === 0) return []
  const rows = await selectTerms(db, { tenant_id: tenantId, words })
  const byLexeme = new Map(rows.map((row) => [row.lexeme, row]))
  return [...byLexeme.values()].map((row) => ({
    ...row,
    weight: Math.log(1 + row.on_sale / row.products),
    common: row.products > MANY,
  }))
}

interface TermRow extends Omit<Term, 'weight' | 'common'> {
  products: number
  on_sale: number
}

/** The letters of a word in alphabetical order: equal for two words that differ by swapped letters only. */
const letters = (word: string) =>
  sql`(select string_agg(letter, '' order by letter) from regexp_split_to_table(${sql.ref(word)}, '') as letter)`

const selectTerms = compiled((db, { tenant_id, words }: { tenant_id: string; words: readonly string[] }) => {
  const onSale = sql`select from products p where tenant_id = ${tenant_id} and sandbox_of is null and archived_at is null`
  const having = sql`${onSale} and search @@ quote_literal(lexeme)::tsquery`
  const found = sql`case when case when (select n from on_sale) > ${sql.lit(MANY)} then ${isManyInSample(sql`${having} and ${inSample}`)} end
    then ${sql.lit(MANY + 1)} else ${countUpTo(MANY + 1, having)} end`
  const rows = sql<TermRow>`(
    with on_sale as materialized (
      select ${countUpTo(2 * MANY, onSale)} as n
    ), read as (
      select word, null::text as meant, lexeme, ${found} as products
      from unnest(${words}::text[]) as word, unnest(tsvector_to_array(to_tsvector('english', word))) as lexeme
    ), spelling as (
      select read.word, (
        select known.word from product_words as known
        where known.tenant_id = ${tenant_id} and known.word % read.word
          and (similarity(known.word, read.word) >= 0.4 or ${letters('known.word')} = ${letters('read.word')})
        order by ${letters('known.word')} = ${letters('read.word')} desc, similarity(known.word, read.word) desc, known.word
        limit 1) as meant
      from read where products = 0 and length(word) >= 4
    ), corrected as (
      select word, meant, lexeme, ${found} as products
      from spelling, unnest(tsvector_to_array(to_tsvector('english', meant))) as lexeme
    )
    select *, (select n from on_sale) as on_sale
    from (select * from read union all select * from corrected) as term
    where products > 0
  )`
  return db.selectFrom(rows.as('term')).selectAll()
})
