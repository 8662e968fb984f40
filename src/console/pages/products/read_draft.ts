import type { Context } from 'hono'
import { withoutNul } from '../../form.ts'
import type { Draft, PriceDraft } from './draft.ts'

/** The form as it was sent, and which of its buttons was pressed. */
export async function readDraft(c: Context): Promise<{ draft: Draft; pressed: string; fields: Fields }> {
  const body = await c.req.parseBody({ all: true })
  const fields: Fields = {
    all: (name) =>
      [body[name] ?? []].flat().flatMap((value) => (typeof value === 'string' ? withoutNul(value) : [])),
    text: (name) => fields.all(name).at(-1)?.trim() ?? '',
  }
  const { text, all } = fields
  const indices = Object.keys(body).flatMap((name) => /^prices\.(\d{1,3})\.kind$/.exec(name)?.[1] ?? [])
  const draft = {
    product_id: text('product_id'),
    name: text('name'),
    description: text('description'),
    delivery_type: text('delivery_type'),
    approval_policy: text('approval_policy'),
    connection_id: text('connection_id'),
    channels: all('channels'),
    countries: text('countries'),
    places: all('places'),
    formats: all('formats'),
    keywords: text('keywords'),
    available_from: text('available_from'),
    available_until: text('available_until'),
    min_flight_days: text('min_flight_days'),
    lead_days: text('lead_days'),
    daily_capacity: text('daily_capacity'),
    prices: indices.map((index) => priceAt(index, text)),
    ad_units: [...new Set(all('ad_units'))],
    placements: [...new Set(all('placements'))],
    ad_server_config: text('ad_server_config'),
    terms: text('terms'),
  }
  return { draft, pressed: text('do'), fields }
}

export interface Fields {
  text(name: string): string
  all(name: string): string[]
}

function priceAt(index: string, text: Fields['text']): PriceDraft {
  const at = (name: keyof PriceDraft) => text(`prices.${index}.${name}`)
  return {
    pricing_option_id: at('pricing_option_id'),
    pricing_model: at('pricing_model'),
    currency: at('currency'),
    kind: at('kind'),
    amount: at('amount'),
    min_spend_per_package: at('min_spend_per_package'),
    terms: at('terms'),
  }
}
