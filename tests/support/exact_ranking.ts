import type { Offer } from './many_products.ts'

/** What a word counts by where it stands, as docs and tests of single products have it. */
const weight = { name: 1, keywords: 0.6, description: 0.2 }

/**
 * The ids of all that have one of these words, as a brief of them is to rank them, worked out here: the telling words count
 * more, and equals stand by id. Words are such as stand at most once in a name, the keywords or a description.
 */
export function exactRanking(offers: readonly Offer[], brief: readonly string[]): string[] {
  const telling = brief.map((word) => {
    const products = Math.min(1001, offers.filter((offer) => has(offer, word)).length)
    return { word, counts: products === 0 ? 0 : Math.log(1 + Math.min(2000, offers.length) / products) }
  })
  return offers
    .filter((offer) => brief.some((word) => has(offer, word)))
    .map((offer) => {
      const score = telling.reduce((sum, { word, counts }) => sum + counts * rankOf(offer, word), 0)
      return { product_id: offer.product_id, score: Number(score.toFixed(9)) }
    })
    .sort((a, b) => b.score - a.score || (a.product_id < b.product_id ? -1 : 1))
    .map(({ product_id }) => product_id)
}

export const has = (offer: Offer, word: string): boolean => placesOf(offer, word).length > 0

export const isNamed = ({ name }: Offer, word: string): boolean =>
  name.toLowerCase().split(' ').includes(word)

function placesOf(offer: Offer, word: string): number[] {
  return [
    ...(isNamed(offer, word) ? [weight.name] : []),
    ...(offer.keywords.includes(word) ? [weight.keywords] : []),
    ...(offer.description.split(' ').includes(word) ? [weight.description] : []),
  ]
}

/** PostgreSQL's ts_rank of one word, in its single precision: each further place counts less, by the square of its number. */
function rankOf(offer: Offer, word: string): number {
  const places = placesOf(offer, word).map(Math.fround)
  const [first = 0] = places
  const all = places.reduce((sum, place, i) => Math.fround(sum + Math.fround(place / (i + 1) ** 2)), 0)
  return Math.fround(Math.fround(Math.fround(first + all) - first) / 1.64493406685)
}
