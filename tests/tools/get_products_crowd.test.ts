import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { exactRanking, has, isNamed } from '../support/exact_ranking.ts'
import { sellOnly, type Offer } from '../support/many_products.ts'

const MANY = 1000
const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  buyer = await desk.buyer()
})

const ask = (args: Args) => buyer.call('get_products', args)
const idsOf = (body: Args) =>
  (body['products'] as { product_id: string }[]).map(({ product_id }) => product_id)

/** Every page of an answer, one after the other. */
async function readAll(brief: string, max_results = 100, rest: Args = {}): Promise<string[]> {
  const found: string[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const pagination = { max_results, ...(cursor !== undefined && { cursor }) }
    const { body } = await ask({ brief, fields: ['product_id'], ...rest, pagination })
    found.push(...idsOf(body))
    ;({ cursor, has_more: more } = body['pagination'] as { cursor?: string; has_more: boolean })
  }
  return found
}

/** So many products, numbered, with these keywords each. */
const offers = (n: number, kind: string, keywords: string[], description = 'sold') =>
  Array.from({ length: n }, (_, i): Offer => {
    const nth = String(i).padStart(4, '0')
    return { product_id: `${kind}_${nth}`, name: `Placement ${nth}`, keywords, description }
  })
const kindOf = (product_id: string) => product_id.split('_')[0]
/** The kinds of an answer in order, each once for each run of it. */
const runsOf = (ids: readonly string[]) => ids.map(kindOf).filter((kind, i, all) => kind !== all[i - 1])

describe('of a catalogue with thousands of products for one word', () => {
  // the best are stored last: whoever looks at the first thousand only does not see them
  const catalogue: Offer[] = [
    ...['bison', 'okapi', 'tapir'].flatMap((word) => offers(800, `one_${word}`, [word], 'mentions gecko')),
    ...offers(200, 'two_a', ['bison', 'okapi']),
    ...offers(200, 'two_b', ['bison', 'tapir']),
    ...offers(200, 'two_c', ['okapi', 'tapir']),
    ...offers(30, 'three', ['bison', 'okapi', 'tapir']),
    ...offers(12, 'named', []).map((offer) => ({ ...offer, name: `Gecko ${offer.name}` })),
    ...offers(1, 'rare', ['marmot']),
    ...offers(1, 'mention', [], 'for a marmot'),
    ...offers(1, 'origin', ['ibex', 'bongo', 'nyala']),
    ...offers(1, 'z_sister', ['ibex', 'bongo', 'saiga']),
    ...offers(1, 'z_twin', ['ibex', 'bongo', 'nyala']),
    ...offers(1000, 'thousand', [], 'with a lemur').map((offer, i) =>
      i < 40 ? { ...offer, name: `Lemur ${offer.name}` } : offer,
    ),
  ]
  beforeAll(() => sellOnly(desk.db, catalogue))

  test('a brief finds the one with a rare word, before all that have the common ones', async () => {
    const found = await readAll('bison okapi tapir marmot')
    expect(found[0]).toBe('rare_0000')
    expect(found).toContain('mention_0000')
  })

  test('a brief of common words alone brings those that have all of them, then those with two, then those with one', async () => {
    const found = await readAll('bison okapi tapir')
    expect(runsOf(found)).toEqual(['three', 'two', 'one'])
    expect(found.filter((id) => kindOf(id) === 'three')).toHaveLength(30)
    expect(found.filter((id) => kindOf(id) === 'two')).toHaveLength(600)
    expect(found.length).toBeGreaterThanOrEqual(MANY)
  })

  test('a brief of one common word brings those that are named so before those that mention it', async () => {
    const found = await readAll('gecko')
    expect(runsOf(found)).toEqual(['named', 'one'])
    expect(found.filter((id) => kindOf(id) === 'named')).toHaveLength(12)
  })

  test('a thousand products of a word are all ranked', async () => {
    expect(await readAll('lemur')).toEqual(exactRanking(catalogue, ['lemur']))
  })

  test('more like this finds the twin and the sister of a product, however late they stand in the list', async () => {
    const { body } = await ask({
      buying_mode: 'refine',
      refine: [{ scope: 'product', product_id: 'origin_0000', action: 'more_like_this' }],
      fields: ['product_id'],
    })
    expect(idsOf(body).slice(0, 3)).toEqual(['origin_0000', 'z_twin_0000', 'z_sister_0000'])
  })

  test('filter_diagnostics count a thousand products, and are left out for one more', async () => {
    const diagnosticsOf = async (brief: string) =>
      (await ask({ brief, filters: { countries: ['DE'], channels: ['ctv'] } })).body['filter_diagnostics']
    expect(await diagnosticsOf('lemur')).toEqual({
      semantics: 'only',
      total_candidates: 1000,
      excluded_by: { channels: { count: 1000 } },
    })
    expect(await diagnosticsOf('lemur marmot')).toBeUndefined()
    expect(await diagnosticsOf('bison')).toBeUndefined()
  })
})

describe('whatever the catalogue and the brief', () => {
  const words = ['bison', 'okapi', 'tapir', 'gecko', 'lemur', 'marmot']
  const briefs = fc.array(fc.subarray(words, { minLength: 1 }), { minLength: 2, maxLength: 2 })

  test('all pages together hold what the words ask for, once, best first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), briefs, fc.integer({ min: 20, max: 99 }), async (seed, asked, size) => {
        const catalogue = anyCatalogue(seed, words)
        await sellOnly(desk.db, catalogue)
        for (const brief of asked) {
          const found = await readAll(brief.join(' '))
          holdTo(catalogue, brief, found)
          if (brief === asked[0]) expect(await readAll(brief.join(' '), size)).toEqual(found)
        }
      }),
      { numRuns: 2 },
    )
  })

  function holdTo(catalogue: Offer[], brief: string[], found: string[]) {
    const ranked = exactRanking(catalogue, brief)
    const offered = new Set(found)
    // each fits, none comes twice, and all stand as they are ranked
    expect(found).toEqual(ranked.filter((id) => offered.has(id)))
    const having = (test: (offer: Offer) => boolean) => catalogue.filter(test).map((one) => one.product_id)
    const common = brief.filter((word) => having((one) => has(one, word)).length > MANY)
    if (common.length === 0) return expect(found).toEqual(ranked)
    expect(found.length).toBeGreaterThanOrEqual(Math.min(MANY, ranked.length))
    const rare = brief.filter((word) => !common.includes(word))
    const never_missed = [
      having((one) => rare.some((word) => has(one, word))),
      having((one) => common.every((word) => isNamed(one, word))),
      having((one) => common.every((word) => has(one, word))),
    ].filter((ids, i) => i === 0 || ids.length <= MANY)
    expect(never_missed.flat().filter((id) => !offered.has(id))).toEqual([])
  }
})

/** Products with these words here and there, the first ones in most of them, the last in hardly any. */
function anyCatalogue(seed: number, words: string[]): Offer[] {
  const often = [0.75, 0.7, 0.65, 0.4, 0.05, 0.01]
  let state = seed
  const chance = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const some = (part: number) => words.filter((_, i) => chance() < (often[i] ?? 0) * part)
  return offers(1700, 'any', []).map(({ product_id }) => ({
    product_id,
    name: ['placement', ...some(0.3)].join(' '),
    keywords: some(0.6),
    description: ['sold', ...some(0.6)].join(' '),
  }))
}
