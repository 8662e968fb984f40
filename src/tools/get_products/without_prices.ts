import { AdcpError } from '../../adcp/error.ts'
import type { Output } from '../define-tool.ts'

interface Option {
  pricing_option_id: string
  pricing_model: string
  currency: string
  parameters?: unknown
}
type Product = Output & { pricing_options?: Option[] }

/**
 * What anybody may know of products (AdCP authentication, "Public Operations"): how each is sold and in which currency, and nothing
 * from which its price follows. Proposals and forecasts are for buyers. An option that AdCP has only with a price is left out, and so
 * is a product that is sold no other way. @throws AdcpError when it is asked what fits a budget
 */
export function withoutPrices(
  output: Output,
  { filters }: { filters?: { budget_range?: unknown } | undefined },
): Output {
  if (filters?.budget_range !== undefined) throw pricesAreForBuyers
  const { proposals: _proposals, products = [], ...rest } = output as Output & { products?: Product[] }
  return {
    ...rest,
    products: products.map(bare).filter(({ pricing_options }) => pricing_options?.length !== 0),
    message: ['Prices are told to buyers with a token.', rest['message']].filter(Boolean).join(' '),
  }
}

function bare({ pricing_options, forecast: _forecast, ...product }: Product): Product {
  if (!pricing_options) return product
  return {
    ...product,
    pricing_options: pricing_options.filter(({ pricing_model }) => pricing_model !== 'cpa').map(unpriced),
  }
}

const unpriced = ({ pricing_option_id, pricing_model, currency, parameters }: Option): Option => ({
  pricing_option_id,
  pricing_model,
  currency,
  ...(parameters !== undefined && { parameters }),
})

/** Finalizing writes, and what is held is held for somebody. */
export const finalizeIsForBuyers = new AdcpError({
  code: 'AUTH_REQUIRED',
  message: 'Proposals are for buyers with a token.',
  field: 'refine',
  suggestion: 'Send "Authorization: Bearer <token>"; the publisher gives you one.',
})

const pricesAreForBuyers = new AdcpError({
  code: 'AUTH_REQUIRED',
  message: 'Prices are told to buyers with a token.',
  field: 'filters.budget_range',
  suggestion: 'Leave budget_range out, or send "Authorization: Bearer <token>"; the publisher gives you one.',
})
