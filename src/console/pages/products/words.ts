import { channel } from '../../../adcp/request_schemas.ts'
import { pricingName } from '../../../pricing_words.ts'
import type { PricingModel } from '../../../db/schema.ts'

const channelNames: Record<(typeof channel)['options'][number], string> = {
  display: 'Display',
  olv: 'Online video',
  social: 'Social',
  search: 'Search',
  ctv: 'Connected TV',
  linear_tv: 'Linear TV',
  radio: 'Radio',
  streaming_audio: 'Streaming audio',
  podcast: 'Podcast',
  dooh: 'Digital out of home',
  ooh: 'Out of home',
  print: 'Print',
  cinema: 'Cinema',
  email: 'Email',
  gaming: 'Gaming',
  retail_media: 'Retail media',
  influencer: 'Influencer',
  affiliate: 'Affiliate',
  product_placement: 'Product placement',
  sponsored_intelligence: 'AI assistants',
}
export const channels = channel.options.map((value) => ({ value, label: channelNames[value] }))
export const channelName = (value: string): string =>
  channels.find((one) => one.value === value)?.label ?? value

export const pricingModels: Record<PricingModel, string> = {
  cpm: 'CPM, 1,000 impressions',
  vcpm: 'vCPM, 1,000 viewable ones',
  cpc: 'CPC, per click',
  cpcv: 'CPCV, per completed view',
  cpv: 'CPV, per view',
  cpp: 'CPP, per rating point',
  cpa: 'CPA, per acquisition',
  flat_rate: 'Flat rate',
  time: 'By time',
}

interface Price {
  pricing_model: string
  currency: string
  fixed_price?: number | null
  floor_price?: number | null
  parameters?: { time_unit?: string } | null
}

/** `€18.50 CPM`, `from £9.00 CPM`, `€6,200.00 a week`, `CPM by auction in EUR`. */
export function priceInWords({
  pricing_model,
  currency,
  fixed_price,
  floor_price,
  parameters,
}: Price): string {
  const unit =
    pricing_model === 'time'
      ? `a ${parameters?.time_unit ?? 'period'}`
      : pricing_model === 'flat_rate'
        ? 'flat'
        : pricingName(pricing_model)
  if (typeof fixed_price === 'number') return `${amount(fixed_price, currency)} ${unit}`
  if (typeof floor_price === 'number') return `from ${amount(floor_price, currency)} ${unit}, by auction`
  return `${unit} by auction in ${currency}`
}

/** A price may be a fraction of a cent. */
const amount = (value: number, currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 4 }).format(value)
