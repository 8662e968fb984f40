import type { ApprovedPackage } from './buy.ts'
import { AdapterError } from './call.ts'

/** Decimal text as a JSON number that reads back as the same decimal. @throws AdapterError('permanent') where there is none */
export function exactNumber(text: string, field: string): number {
  const digits = text.replace('.', '').replace(/^0+/, '')
  if (/^\d+(\.\d+)?$/.test(text) && digits.length <= 15) return Number(text)
  const message = `${field} ${text} is not an amount this ad server can hold exactly`
  throw new AdapterError('permanent', 'unsupported_amount', message)
}

/** How many units a budget pays for, never one more, where the price is that of `per` of them: 1000 for CPM. */
function unitsFor(budget: string, price: string, per: bigint): bigint {
  const digits = Math.max(...[budget, price].map((text) => (text.split('.')[1] ?? '').length))
  const cost = scaled(price, digits)
  return cost === 0n ? 0n : (scaled(budget, digits) * per) / cost
}

const per = { cpm: 1000n, vcpm: 1000n, cpc: 1n } as const

/** A package's goal in the units of its price: what the budget pays for, or the impressions agreed where those are fewer. Money is decimal text. */
export function goalOf(
  { budget, impressions }: Pick<ApprovedPackage, 'budget' | 'impressions'>,
  pricing_model: keyof typeof per,
  price: string,
): bigint {
  const paid = unitsFor(budget, price, per[pricing_model])
  const counted = impressions !== null && pricing_model !== 'cpc'
  return counted && BigInt(impressions) < paid ? BigInt(impressions) : paid
}

function scaled(text: string, digits: number): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(digits, '0'))
}

/** An amount as an ad server wrote it, in decimal text of at most six places, rounded half up; what it says below that is no money. */
export function amountOf(text: string): string {
  const plain = /e/i.test(text) ? Number(text).toFixed(12) : text
  const [whole = '0', fraction = ''] = plain.replace('-', '').split('.')
  const [kept, next] = [fraction.slice(0, 6).padEnd(6, '0'), fraction[6] ?? '0']
  const micros = (BigInt(whole + kept) + (next >= '5' ? 1n : 0n)).toString().padStart(7, '0')
  return `${text.startsWith('-') ? '-' : ''}${micros.slice(0, -6)}.${micros.slice(-6)}`
}
