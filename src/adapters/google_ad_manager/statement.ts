import type { Pair } from './answers.ts'
import type { NetworkTime } from './network_time.ts'
import type { Sent } from './wsdl/canonical.ts'

/** What binds to a `:name` in a statement; a bigint is a number there. */
export type Bound = Readonly<Record<string, string | bigint | NetworkTime>>
/** A statement of Google's query language. Values are bound, never written into it. */
export function statement(query: string, bound: Bound): Sent {
  return { query, values: Object.entries(bound).map(([key, value]) => ({ key, value: typed(value) })) }
}

function typed(value: string | bigint | NetworkTime): Sent {
  if (typeof value === 'string') return { xsi_type: 'TextValue', value }
  if (typeof value === 'bigint') return { xsi_type: 'NumberValue', value: value.toString() }
  const { date, hour, minute, second, timeZoneId } = value
  return { xsi_type: 'DateTimeValue', value: { date, hour, minute, second, timeZoneId } }
}

/** `:c0, :c1` for a list, and what they stand for. */
export function boundList(
  prefix: string,
  values: readonly (string | bigint)[],
): { names: string; bound: Bound } {
  const entries = values.map((value, i) => [`${prefix}${i}`, value] as const)
  return { names: entries.map(([name]) => `:${name}`).join(', '), bound: Object.fromEntries(entries) }
}

/** What one creative on one line item is found by, with `boundPair`. */
export const OF_PAIR = 'lineItemId = :item AND creativeId = :creative'
export const boundPair = ({ lineItemId, creativeId }: Pair): Bound => ({
  item: BigInt(lineItemId),
  creative: BigInt(creativeId),
})
