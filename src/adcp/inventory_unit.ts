/** What a day of a product is counted in, by how it is priced: impressions per thousand, hours by the hour, slots for all else. */
export type InventoryUnit = 'impressions' | 'hours' | 'slots'
interface Price {
  pricing_model: string
  time_unit?: string | null | undefined
}

/** In what is counted how much of a product a price buys. */
export function inventoryUnit({ pricing_model, time_unit }: Price): InventoryUnit {
  if (isPerThousand(pricing_model)) return 'impressions'
  return time_unit === 'hour' ? 'hours' : 'slots'
}

/** Whether a price is for a thousand impressions. */
export const isPerThousand = (pricing_model: string) => pricing_model === 'cpm' || pricing_model === 'vcpm'
