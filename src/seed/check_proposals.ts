import { type Product } from './product_schema.ts'
import { Proposal } from './proposal_schema.ts'
import { type Problem, unknown } from './publisher_file_error.ts'
import { type Sound, soundItems, writtenIds } from './written_items.ts'

/** A plan names products and prices of this file, all in one currency. */
export function checkProposals(file: unknown, products: readonly Sound<Product>[]): Problem[] {
  const sold = new Map(products.map(({ value }) => [value.product_id, value.pricing_options]))
  const known = writtenIds(file, 'products', 'product_id')
  return soundItems(Proposal, file, 'proposals').flatMap(({ at, value }) => {
    const prices = value.allocations.map((item) =>
      sold.get(item.product_id)?.find((price) => price.pricing_option_id === item.pricing_option_id),
    )
    const currency = prices.find((price) => price)?.currency
    return value.allocations.flatMap((item, index): Problem[] => {
      const path = [...at, 'allocations', index]
      if (!known.has(item.product_id)) return [unknown([...path, 'product_id'], item.product_id, 'products')]
      if (!sold.has(item.product_id)) return []
      const list = `the pricing_options of ${item.product_id}`
      const price = prices[index]
      if (!price) return [unknown([...path, 'pricing_option_id'], item.pricing_option_id, list)]
      const message = `is in ${price.currency}, the plan's first product in ${currency}. A plan has one currency`
      return price.currency === currency ? [] : [{ path, message }]
    })
  })
}
