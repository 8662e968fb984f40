import { AdapterError } from '../adapter.ts'

const MICROS = 1_000_000n

/** Decimal text in Google's millionths, exactly. @throws AdapterError('permanent') for what millionths cannot hold. */
export function toMicros(amount: string, field: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,6})0*)?$/.exec(amount)
  if (!match)
    throw new AdapterError(
      'permanent',
      'unsupported_amount',
      `${field} ${amount} is no amount Google can hold`,
    )
  const [, whole = '0', fraction = ''] = match
  return BigInt(whole) * MICROS + BigInt(fraction.padEnd(6, '0'))
}

/** Google's millionths as decimal text with cents: 12.5 million are 12.50. Anything below a cent is kept too. */
export function fromMicros(micros: bigint): string {
  const fraction = (micros % MICROS)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${micros / MICROS}.${fraction}`
}
