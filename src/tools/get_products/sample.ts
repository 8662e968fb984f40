import { sql, type RawBuilder } from 'kysely'

/** What more products have than this is common, and is counted no further; more are not all looked at. */
export const MANY = 1000
/** As many of the sample stand for four thousand of all: whatever else, for more than a thousand. */
const MANY_IN_SAMPLE = 250

/**
 * True of one product `p` in sixteen, the same ones always, which have small indexes of their own (sql/0069): where those alone are enough,
 * what a brief costs does not grow with the catalogue.
 */
export const inSample: RawBuilder<boolean> = sql`hashtext(p.product_id) & 15 = 0`

/** How many rows this selects, counted no further than `most`. */
export const countUpTo = (most: number, rows: RawBuilder<unknown>): RawBuilder<number> =>
  sql`(select count(*)::int from (${rows} limit ${sql.lit(most)}) counted)`

/** True where there are so many of these rows of the sample that there are more than a thousand in all. */
export const isManyInSample = (rows: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql`${countUpTo(MANY_IN_SAMPLE, rows)} = ${sql.lit(MANY_IN_SAMPLE)}`
