import { sql } from 'kysely'
import type { Db } from '../../../src/db/database.ts'
import { copyRows, count, pick, withoutTriggers } from './copy_rows.ts'

const topics =
  `sports travel cooking finance gardening music motoring parenting cycling astronomy hiking news business fashion health gaming
  politics science history film theatre books photography design architecture sailing skiing climbing running swimming fishing
  farming energy climate insurance banking property careers education weddings pets horses wine coffee chess tennis golf rugby`.split(
    /\s+/,
  )
/** Channels, and what buyers call them. */
const kinds = Object.entries({
  display: 'display banner',
  olv: 'video online preroll',
  email: 'newsletter email',
  podcast: 'podcast audio',
  ctv: 'television connected',
  dooh: 'billboard screen outdoor',
  streaming_audio: 'radio streaming audio',
  social: 'social feed',
  influencer: 'influencer creator',
  retail_media: 'retail sponsored',
})
const places = Object.entries({
  ...{
    DE: 'Germany',
    GB: 'Britain',
    FR: 'France',
    ES: 'Spain',
    IT: 'Italy',
    PL: 'Poland',
    AT: 'Austria',
    NL: 'Netherlands',
  },
  ...{
    NO: 'Norway',
    PT: 'Portugal',
    IE: 'Ireland',
    SE: 'Sweden',
    DK: 'Denmark',
    FI: 'Finland',
    CH: 'Switzerland',
  },
  ...{
    BE: 'Belgium',
    CZ: 'Czechia',
    GR: 'Greece',
    HU: 'Hungary',
    RO: 'Romania',
    US: 'America',
    CA: 'Canada',
    JP: 'Japan',
  },
})

/**
 * Brings the catalogue up to `total` products: the example publisher's again and again, each with a name, a channel, countries and words
 * of its own, some of them far more often than others.
 */
export async function growProducts(db: Db, total: number): Promise<void> {
  const range = { have: await count(db, 'products'), total }
  const product_id = sql`original.product_id || '_' || n`
  const kind = sql`array_position(${kinds.map(([channel]) => channel)}::text[], ${pick(
    kinds.map(([channel]) => channel),
    2,
  )})`
  const place = (seed: number) =>
    pick(
      places.map(([, name]) => name),
      seed,
    )
  const code = (seed: number) =>
    pick(
      places.map(([one]) => one),
      seed,
    )
  const words = sql`(${kinds.map(([, all]) => all)}::text[])[${kind}]`
  const anew = {
    product_id,
    name: sql`initcap(${pick(topics, 1)} || ' ' || split_part(${words}, ' ', 1) || ' ' || ${place(3)}) || ' ' || n`,
    channels: sql`array[${pick(
      kinds.map(([channel]) => channel),
      2,
    )}]`,
    countries: sql`array[${code(3)}, ${code(4)}]`,
    keywords: sql`array[${pick(topics, 1)}, ${pick(topics, 5)}, ${pick(topics, 6)}]`,
    search_terms: sql`string_to_array(${words}, ' ') || array[lower(${place(3)}), lower(${place(4)})]`,
  }
  await withoutTriggers(db, async (quick) => {
    await copyRows(quick, 'products', range, { from: originals('products'), anew })
    await copyRows(quick, 'pricing_options', range, {
      from: originals('pricing_options'),
      anew: { product_id },
    })
    const learned = [
      ...topics,
      ...kinds.flatMap(([, all]) => all.split(' ')),
      ...places.map(([, name]) => name.toLowerCase()),
    ]
    await sql`insert into product_words (tenant_id, word) select 'northwind', word from unnest(${learned}::text[]) word
      on conflict do nothing`.execute(quick)
    await sql`vacuum analyze products, pricing_options, product_words`.execute(quick)
  })
}

/** The publisher's own products in turn. */
const originals = (table: string) => sql`join (select *, dense_rank() over (order by product_id) - 1 as nth
    from ${sql.table(table)} where tenant_id = 'northwind' and product_id !~ '_[0-9]+$') original
  on nth = n % (select count(*) from products where tenant_id = 'northwind' and product_id !~ '_[0-9]+$')`
