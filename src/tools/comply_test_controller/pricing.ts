import { z } from 'zod'
import { currency } from '../../adcp/request_schemas.ts'
import { jsonb } from '../../db/database.ts'

const price = z.number().min(0).max(1e9).optional()

/** A pricing option as far as a fixture says it. */
export const pricingFixture = z
  .looseObject({
    pricing_model: z
      .enum(['cpm', 'vcpm', 'cpc', 'cpcv', 'cpv', 'cpp', 'cpa', 'flat_rate', 'time'])
      .optional(),
    currency: currency.optional(),
    fixed_price: price,
    floor_price: price,
    max_bid: z.boolean().optional(),
    price_guidance: z.looseObject({}).optional(),
    parameters: z.looseObject({}).optional(),
    min_spend_per_package: price,
  })
  .describe('Without a price buyers bid.')

interface Key {
  tenant_id: string
  product_id: string
  pricing_option_id: string
  currency: string
}

/** Its row. What a product seeded without prices begins with stands at position 0, all others after it. */
export function pricingRow(fixture: z.infer<typeof pricingFixture>, { currency, ...key }: Key) {
  const { price_guidance, parameters, fixed_price, floor_price } = fixture
  return {
    ...key,
    position: 1,
    pricing_model: fixture.pricing_model ?? ('cpm' as const),
    currency: fixture.currency ?? currency,
    fixed_price: fixed_price?.toFixed(4) ?? null,
    floor_price: fixed_price === undefined ? (floor_price?.toFixed(4) ?? null) : null,
    max_bid: fixture.max_bid ?? false,
    price_guidance: price_guidance ? jsonb(price_guidance) : null,
    parameters: parameters ? jsonb(parameters) : null,
    min_spend_per_package: fixture.min_spend_per_package?.toFixed(2) ?? null,
  }
}
