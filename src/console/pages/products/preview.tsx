import type { Shop } from '../../../seed/shop.ts'
import type { Product } from '../../../seed/product_schema.ts'
import { priceRows, productRow } from '../../../seed/product_rows.ts'
import { toProduct } from '../../../tools/get_products/product.ts'
import { OfferCard, type Offer } from './offer.tsx'

/** What a buyer would see of a product that is not saved yet: made of the same rows, by the same words as the answer of get_products. */
export function Preview({ product, shop, from }: { product: Product | undefined; shop: Shop; from: string }) {
  return (
    <section
      id="preview"
      aria-label="What a buyer sees"
      hx-post={from}
      hx-trigger="change from:#product delay:300ms"
      hx-include="#product"
      hx-select="#preview"
      hx-swap="outerMorph"
    >
      <h2>What a buyer sees</h2>
      {product ? (
        <OfferCard offer={offerOf(product, shop)} />
      ) : (
        <p class="empty">The product as buyers see it, once all that is needed is there.</p>
      )}
      <button form="product" name="do" value="preview">
        Look again
      </button>
    </section>
  )
}

/** A product as an answer of get_products would have it. */
export function offerOf(product: Product, shop: Shop): Offer {
  const { available_from: _from, available_until: _until, ...row } = productRow(product, shop)
  const pricing_options = priceRows(product, shop.tenant_id).map((price) => ({
    ...price,
    fixed_price: text(price.fixed_price),
    floor_price: text(price.floor_price),
    min_spend_per_package: text(price.min_spend_per_package),
  }))
  return toProduct({ ...row, pricing_options } as never, '3.1') as unknown as Offer
}

const text = (amount: number | null) => (amount === null ? null : String(amount))
