import type { Args } from '../support/desk.ts'

export const format = { agent_url: 'https://creative.adcontextprotocol.org', id: 'display_300x250_image' }
const brief = 'video for hikers in Germany and podcats on travel, 20000 EUR'

/** A request for each of these fields alone. */
export const eachOf = (all: Args, wrap: (one: Args) => Args) =>
  Object.entries(all).map(([name, value]) => wrap({ [name]: value }))

/** Briefs, lists and changes, with every filter alone and all together, in both releases. */
export function getProducts(now: Date, proposal_id: string): Args[] {
  const day = (n: number) => new Date(now.getTime() + n * 86_400_000).toISOString().slice(0, 10)
  const flight = { start_date: day(20), end_date: day(34) }
  const filters = {
    delivery_type: 'guaranteed',
    exclusivity: 'none',
    is_fixed_price: true,
    pricing_currencies: ['EUR', 'GBP'],
    format_ids: [format],
    standard_formats_only: true,
    min_exposures: 1000,
    budget_range: { min: 100, max: 20_000, currency: 'EUR' },
    countries: ['DE'],
    channels: ['display', 'olv'],
    start_date: day(20),
    end_date: day(34),
  }
  const refine = (...entries: Args[]) => ({ buying_mode: 'refine', refine: entries })
  const product_id = 'trail_display_run_of_site'
  return [
    ...(['3.0', '3.1'] as const).flatMap((adcp_version) => [
      { adcp_version, brief },
      { adcp_version, brief: 'zzzz qqqq nothing' },
      { adcp_version, brief, filters: flight, pagination: { max_results: 2 } },
      { adcp_version, brief, filters, preferred_delivery_types: ['guaranteed'] },
      { adcp_version, filters: { ...flight, budget_range: filters.budget_range, min_exposures: 1000 } },
      { adcp_version, buying_mode: 'wholesale' },
      { adcp_version, buying_mode: 'wholesale', pagination: { max_results: 3 } },
    ]),
    ...eachOf(filters, (one) => ({ brief, filters: one })),
    { brief, required_policies: ['eu_ai_act'] },
    refine({ scope: 'request', ask: 'more video, under 5000 EUR' }),
    refine(
      { scope: 'product', product_id, action: 'include' },
      { scope: 'product', product_id: 'news_billboard', action: 'omit' },
    ),
    refine({ scope: 'product', product_id, action: 'more_like_this', ask: 'video' }),
    refine({ scope: 'proposal', proposal_id, action: 'include', ask: 'half the budget' }),
    refine({ scope: 'proposal', proposal_id, action: 'finalize' }),
  ]
}
