import { z } from 'zod'
import { eventTypes } from './adcp_words.ts'
import { Currency, fields, Id, Money } from './file_words.ts'

const always = {
  pricing_option_id: Id.optional(),
  currency: Currency,
  fixed_price: Money(4).optional(),
  min_spend_per_package: Money(2).optional(),
}
const auction = {
  floor_price: Money(4).optional(),
  price_guidance: fields({
    p25: Money(4).optional(),
    p50: Money(4).optional(),
    p75: Money(4).optional(),
    p90: Money(4).optional(),
  }).optional(),
}
const bids = { ...always, ...auction, max_bid: z.boolean().default(false) }

const ViewThreshold = z.union([z.number().min(0).max(1), fields({ duration_seconds: z.int().positive() })], {
  error: 'must be a share of the video such as 0.5, or { duration_seconds: 6 }',
})
const Rating = fields({
  demographic: z.string().min(1),
  demographic_system: z.enum(['nielsen', 'barb', 'agf', 'oztam', 'mediametrie', 'custom']).optional(),
  min_points: z.number().nonnegative().optional(),
})
const TimeUnit = fields({
  time_unit: z.enum(['hour', 'day', 'week', 'month']),
  min_duration: z.int().positive().optional(),
  max_duration: z.int().positive().optional(),
})
const Dooh = fields({
  type: z.literal('dooh'),
  sov_percentage: z.number().min(0).max(100).optional(),
  loop_duration_seconds: z.int().positive().optional(),
  min_plays_per_hour: z.int().positive().optional(),
  venue_package: z.string().optional(),
  duration_hours: z.number().nonnegative().optional(),
  daypart: z.string().optional(),
  estimated_impressions: z.int().nonnegative().optional(),
})
const Acquisition = fields({
  event_type: z.enum(eventTypes),
  event_source_id: z.string().optional(),
  custom_event_name: z.string().optional(),
})

const written = z.discriminatedUnion('pricing_model', [
  fields({ pricing_model: z.enum(['cpm', 'vcpm', 'cpc', 'cpcv']), ...bids }),
  fields({ pricing_model: z.literal('cpv'), ...bids, parameters: fields({ view_threshold: ViewThreshold }) }),
  fields({ pricing_model: z.literal('cpp'), ...always, ...auction, parameters: Rating }),
  fields({ pricing_model: z.literal('time'), ...always, ...auction, parameters: TimeUnit }),
  fields({ pricing_model: z.literal('flat_rate'), ...always, ...auction, parameters: Dooh.optional() }),
  fields({
    pricing_model: z.literal('cpa'),
    ...always,
    fixed_price: Money(4).positive(),
    parameters: Acquisition,
  }),
])

/** One price of a product: `cpm EUR 18.50`, `{ price: cpm EUR from 9, min_spend_per_package: 500 }`, or AdCP's words in full. */
export const PricingOption = z.preprocess(
  spellOut,
  written
    .refine(
      (option) =>
        option.fixed_price === undefined || !('floor_price' in option && option.floor_price !== undefined),
      {
        error: 'has a fixed_price and a floor_price. Keep the one that is meant',
      },
    )
    .refine(
      (option) => option.fixed_price === undefined || !('price_guidance' in option && option.price_guidance),
      {
        path: ['price_guidance'],
        error: 'only makes sense where buyers bid. Leave it out, or leave out fixed_price',
      },
    )
    .transform((option) => ({ ...option, pricing_option_id: option.pricing_option_id ?? usualId(option) })),
)
export type PricingOption = z.output<typeof PricingOption>

const shorthand = /^([a-z_]+) ([A-Z]{3}) (?:(from )?(\d+(?:\.\d+)?)|auction)$/

function spellOut(option: unknown, context: z.RefinementCtx): unknown {
  const { price, ...rest }: Record<string, unknown> = isObject(option) ? option : { price: option }
  if (price === undefined) return option
  const [, pricing_model, currency, floor, amount] =
    shorthand.exec(typeof price === 'string' ? price : '') ?? []
  if (!pricing_model) {
    const message =
      'must read like "cpm EUR 18.50" (fixed), "cpm EUR from 9" (auction with a floor) or "cpm EUR auction"'
    context.addIssue({ code: 'custom', path: isObject(option) ? ['price'] : [], message, input: price })
    return z.NEVER
  }
  return {
    pricing_model,
    currency,
    ...(amount && { [floor ? 'floor_price' : 'fixed_price']: Number(amount) }),
    ...rest,
  }
}

function usualId(option: {
  pricing_model: string
  currency: string
  fixed_price?: number | undefined
}): string {
  const how = option.fixed_price === undefined ? 'auction' : 'fixed'
  return `${option.pricing_model}_${option.currency.toLowerCase()}_${how}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
