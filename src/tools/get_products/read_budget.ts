/** An amount of money as a brief states it. */
export interface Amount {
  amount: number
  currency: string
}

const signs: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY' }
const times: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, thousand: 1e3, million: 1e6 }
const NUMBER = String.raw`(\d[\d.,' ]*\d|\d)\s*(k|m|thousand|million)?(?![\p{L}\d])`
const SIGN = String.raw`([$€£¥]|\b[A-Z]{3})`
const before = new RegExp(`${SIGN}\\s?${NUMBER}`, 'iu')
const after = new RegExp(`${NUMBER}\\s?([$€£¥]|[A-Z]{3}\\b)`, 'iu')

/** The budget a text states, such as "$50K", "30.000 EUR" or "£1.5m", if it is in a currency sold here. The first one counts. */
export function readBudget(text: string, currencies: readonly string[]): Amount | undefined {
  const [, sign, digits, unit] = before.exec(text) ?? []
  const found = amountOf(sign, digits, unit, currencies)
  if (found) return found
  const [, laterDigits, laterUnit, laterSign] = after.exec(text) ?? []
  return amountOf(laterSign, laterDigits, laterUnit, currencies)
}

function amountOf(sign = '', digits = '', unit = '', currencies: readonly string[]): Amount | undefined {
  const currency = signs[sign] ?? sign.toUpperCase()
  if (!currencies.includes(currency)) return undefined
  const amount = numberOf(digits) * (times[unit.toLowerCase()] ?? 1)
  return amount >= 1 && amount < 1e9 ? { amount: Math.round(amount * 100) / 100, currency } : undefined
}

/** A separator before exactly three last digits groups thousands; before one or two it is the point. */
function numberOf(digits: string): number {
  const compact = digits.replace(/[' ]/g, '')
  const decimals = /[.,](\d{1,2})$/.exec(compact)?.[1]
  const whole = decimals === undefined ? compact : compact.slice(0, -decimals.length - 1)
  return Number(`${whole.replace(/[.,]/g, '')}.${decimals ?? 0}`)
}
