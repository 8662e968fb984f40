import { inventoryUnit } from '../adcp/inventory_unit.ts'
import type { PricingOption } from './pricing_schema.ts'
import type { Product } from './product_schema.ts'
import type { Problem } from './publisher_file_error.ts'
import type { Sound } from './written_items.ts'

/** One daily_capacity counts one thing: impressions, hours or slots. Prices for different things cannot share it. */
export function checkCapacity({ at, value }: Sound<Product>): Problem[] {
  const units = new Set(value.pricing_options.map(unitOf))
  if (value.daily_capacity === undefined || units.size < 2) return []
  const message = `would count ${[...units].join(' and ')} together: ${value.pricing_options.map(spell).join(', ')}. Make a product of each`
  return [{ path: [...at, 'daily_capacity'], message }]
}

const unitOf = ({ pricing_model, ...rest }: PricingOption) =>
  inventoryUnit({ pricing_model, time_unit: timeUnit(rest) })

const timeUnit = (option: object): string | undefined =>
  (option as { parameters?: { time_unit?: string } }).parameters?.time_unit

const spell = (option: PricingOption) => `${option.pricing_option_id} is for ${unitOf(option)}`
