import fc from 'fast-check'

/** What a buyer asks for in one call. Packages are meant by their position, creatives by their number. */
export type Asked =
  | { paused: boolean }
  | { end_day: number }
  | { package: number; paused: boolean }
  | { package: number; canceled: true }
  | { package: number; budget: number }
  | { package: number; bid_price: number }
  | { package: number; geo_countries: string[] }
  | { package: number; creatives: { creative: number; weight?: number }[] }
  | { add_package: { budget: number } }

/** What becomes of the next call to the ad server. */
export const fates = [
  'is answered',
  'is slow to arrive, and meanwhile',
  'is slow to be answered, and meanwhile',
  'loses its answer',
  'is turned away',
  'is refused',
  'is never sent, the worker dies',
  'is carried out, the worker dies',
  'is tried by another worker too',
] as const
export type Fate = (typeof fates)[number]

/**
 * What happens next while an order is brought to what is wanted. A buyer acts as soon as everything before it has happened: between
 * two calls, or in the middle of a slow one. A fate waits for the next call.
 */
export type Move =
  | { the_buyer_asks: Asked[] }
  | { the_buyer_renews_creative: number }
  | 'the buyer cancels'
  | 'the worker dies between two calls'
  | 'the connection is wrong until a person puts it right'
  | `the call ${Fate}`

const which = fc.nat({ max: 2 })
const creatives = fc.uniqueArray(fc.record({ creative: fc.nat({ max: 1 }) }), {
  selector: ({ creative }) => creative,
})
const weighted = fc.uniqueArray(
  fc.record(
    { creative: fc.nat({ max: 1 }), weight: fc.constantFrom(10, 20) },
    { requiredKeys: ['creative'] },
  ),
  { selector: ({ creative }) => creative },
)

/** Moves of a story, in order. `weights`: whether the ad server can be told how often a creative is shown. */
export function someMoves({ weights }: { weights: boolean }): fc.Arbitrary<Move[]> {
  const asked: fc.Arbitrary<Asked> = fc.oneof(
    fc.record({ paused: fc.boolean() }),
    fc.record({ end_day: fc.integer({ min: 30, max: 33 }) }),
    fc.record({ package: which, paused: fc.boolean() }),
    fc.record({ package: which, canceled: fc.constant<true>(true) }),
    fc.record({ package: which, budget: fc.integer({ min: 4000, max: 4009 }) }),
    fc.record({ package: which, bid_price: fc.integer({ min: 5, max: 8 }) }),
    fc.record({ package: which, geo_countries: fc.subarray(['US', 'DE'], { minLength: 1 }) }),
    fc.record({ package: which, creatives: weights ? weighted : creatives }),
    fc.record({ add_package: fc.record({ budget: fc.integer({ min: 4000, max: 4009 }) }) }),
  )
  const asks = fc.array(asked, { minLength: 1, maxLength: 3 }).map((the_buyer_asks) => ({ the_buyer_asks }))
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 12, arbitrary: asks },
    { weight: 1, arbitrary: fc.record({ the_buyer_renews_creative: fc.nat({ max: 1 }) }) },
    { weight: 1, arbitrary: fc.constant('the buyer cancels' as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'the worker dies between two calls' as const,
        'the connection is wrong until a person puts it right' as const,
      ),
    },
    { weight: 12, arbitrary: fc.constantFrom(...fates).map((fate): Move => `the call ${fate}`) },
  )
  return fc.array(move, { maxLength: 12 })
}
