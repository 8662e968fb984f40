import type { ProductConfig } from '../config.ts'
import type { Sent } from '../wsdl/canonical.ts'
import type { Duration, OverlayCap } from './overlay.ts'
import { cannotTarget } from './refuse.ts'

interface Cap {
  maxImpressions: number
  numTimeUnits: number
  timeUnit: string
}

/** The product's own caps and the buyer's; of two over the same time the stricter. @throws AdapterError('permanent') */
export function frequencyCaps(
  { frequency_caps }: ProductConfig,
  asked: OverlayCap | undefined,
  packageId: string,
): Sent[] {
  const own = frequency_caps.map(({ max_impressions, time_units, unit }): Cap => ({
    maxImpressions: max_impressions,
    numTimeUnits: time_units,
    timeUnit: unit,
  }))
  const strictest = new Map<string, Cap>()
  for (const cap of [...own, ...(asked ? capsOf(asked, packageId) : [])]) {
    const key = `${cap.numTimeUnits} ${cap.timeUnit}`
    const known = strictest.get(key)
    if (!known || cap.maxImpressions < known.maxImpressions) strictest.set(key, cap)
  }
  return [...strictest.values()].map((cap) => ({ ...cap }))
}

function capsOf(
  { suppress, suppress_minutes, max_impressions, window }: OverlayCap,
  packageId: string,
): Cap[] {
  const cooldown =
    suppress ??
    (suppress_minutes === undefined ? undefined : { interval: suppress_minutes, unit: 'minutes' as const })
  const caps = [
    ...(cooldown ? [{ maxImpressions: 1, ...spanOf(cooldown, packageId) }] : []),
    ...(max_impressions !== undefined && window
      ? [{ maxImpressions: max_impressions, ...spanOf(window, packageId) }]
      : []),
  ]
  if (caps.length > 0) return caps
  throw cannotTarget(packageId, 'frequency_cap', 'it needs suppress, or max_impressions with per and window')
}

function spanOf({ interval, unit }: Duration, packageId: string): Pick<Cap, 'numTimeUnits' | 'timeUnit'> {
  switch (unit) {
    case 'seconds':
      if (interval % 60 === 0) return { numTimeUnits: interval / 60, timeUnit: 'MINUTE' }
      throw cannotTarget(packageId, 'frequency_cap', 'it counts in whole minutes')
    case 'minutes':
      return { numTimeUnits: interval, timeUnit: 'MINUTE' }
    case 'hours':
      return { numTimeUnits: interval, timeUnit: 'HOUR' }
    case 'days':
      return { numTimeUnits: interval, timeUnit: 'DAY' }
    case 'campaign':
      return { numTimeUnits: 1, timeUnit: 'LIFETIME' }
  }
}
