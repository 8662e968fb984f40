import { count, money } from '../../parts/figures.tsx'
import { channelName, priceInWords } from './words.ts'

/** As far as a person looks at it; AdCP's core/product.json has more. */
export interface Offer {
  product_id: string
  name: string
  description: string
  delivery_type: string
  brief_relevance?: string
  channels?: string[]
  publisher_properties: { publisher_domain: string; property_ids?: string[]; property_tags?: string[] }[]
  format_ids: { id: string }[]
  pricing_options: {
    pricing_option_id: string
    pricing_model: string
    currency: string
    fixed_price?: number
    floor_price?: number
    min_spend_per_package?: number
    parameters?: { time_unit?: string }
  }[]
  ext?: { salesdesk?: { countries?: string[] } }
  forecast?: { points: { label: string; metrics: { impressions: { mid: number } } }[] }
}

/** A product as an answer of get_products tells it to a buyer. */
export function OfferCard({ offer, href }: { offer: Offer; href?: string }) {
  const countries = offer.ext?.salesdesk?.countries ?? []
  const [point] = offer.forecast?.points ?? []
  return (
    <article class="card offer">
      <h3>{href === undefined ? offer.name : <a href={href}>{offer.name}</a>}</h3>
      <p class="faint">
        <code>{offer.product_id}</code>
      </p>
      {offer.brief_relevance !== undefined && <p class="why">{offer.brief_relevance}</p>}
      <p>{offer.description}</p>
      <ul class="prices">
        {offer.pricing_options.map((price) => (
          <li>
            <strong>{priceInWords(price)}</strong>
            {price.min_spend_per_package !== undefined &&
              `, at least ${money(price.min_spend_per_package, price.currency)} a package`}{' '}
            <code>{price.pricing_option_id}</code>
          </li>
        ))}
      </ul>
      <dl class="facts">
        <dt>Delivery</dt>
        <dd>{offer.delivery_type === 'guaranteed' ? 'guaranteed' : 'not guaranteed'}</dd>
        <dt>Channels</dt>
        <dd>{(offer.channels ?? []).map(channelName).join(', ')}</dd>
        <dt>Countries</dt>
        <dd>{countries.length === 0 ? 'everywhere' : countries.join(', ')}</dd>
        <dt>Runs on</dt>
        <dd>{offer.publisher_properties.map(placeInWords).join('; ')}</dd>
        <dt>Formats</dt>
        <dd>
          {offer.format_ids.map(({ id }) => (
            <div>
              <code>{id}</code>
            </div>
          ))}
        </dd>
        {point && (
          <>
            <dt>Left</dt>
            <dd>
              {count(point.metrics.impressions.mid)} impressions, {point.label}
            </dd>
          </>
        )}
      </dl>
    </article>
  )
}

function placeInWords({
  publisher_domain,
  property_ids,
  property_tags,
}: Offer['publisher_properties'][number]): string {
  if (property_ids) return `${property_ids.join(', ')} of ${publisher_domain}`
  if (property_tags) return `${property_tags.join(', ')} on ${publisher_domain}`
  return `all of ${publisher_domain}`
}
