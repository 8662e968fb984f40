import type { PricingModel } from './db/schema.ts'

const names: Record<PricingModel, string> = {
  cpm: 'CPM',
  vcpm: 'vCPM',
  cpc: 'CPC',
  cpcv: 'CPCV',
  cpv: 'CPV',
  cpp: 'CPP',
  cpa: 'CPA',
  flat_rate: 'flat rate',
  time: 'by time',
}

/** A pricing model as people in advertising write it, as it stands within a sentence. */
export const pricingName = (model: string): string =>
  (names as Partial<Record<string, string>>)[model] ?? model.replaceAll('_', ' ')
