import type { Thing } from './client.ts'

/**
 * What an update of a campaign and of a flight may hold (campaign.yaml and flight.yaml of adzerk-api-specification). An update is the
 * whole object, as Kevel's own client sends it: what was read, changed. Targeting of places is not part of it and stays.
 */
const fields = {
  campaign:
    `Id AdvertiserId Name StartDateISO IsActive IsDeleted IsArchived SalespersonId FreqCap FreqCapDuration FreqCapType
    DontAffectParentFreqCap CapType DailyCapAmount LifetimeCapAmount CustomFieldsJson`.split(/\s+/),
  flight:
    `Id Name StartDateISO CampaignId PriorityId GoalType Impressions IsActive EndDateISO IsDeleted RateType Price CapType
    DailyCapAmount DailyCapAmountDecimal LifetimeCapAmount LifetimeCapAmountDecimal Keywords CustomTargeting CustomFieldsJson
    IsFreqCap FreqCap FreqCapDuration FreqCapType DontAffectParentFreqCap IsCompanion IsNoDuplicates DuplicateMode
    IsTrackingConversions CanPassback PassbackSortOrder IsECPMOptimized ECPMOptimizePeriod ECPMMultiplier FloorECPM CeilingECPM
    DefaultECPM ECPMBurnInImpressions EffectiveCPMOverride DatePartingStartTimeISO DatePartingEndTimeISO IsSunday IsMonday
    IsTuesday IsWednesday IsThursday IsFriday IsSaturday IsArchived RequireStrictLocation TimeZone AttributionClick
    AttributionView TargetROAS`.split(/\s+/),
} as const

/** All of what stands, with these changes. */
export function whole(kind: keyof typeof fields, there: Thing, changes: object): object {
  const kept = fields[kind]
    .filter((name) => there[name] !== undefined)
    .map((name) => [name, there[name]] as const)
  return { ...Object.fromEntries(kept), ...changes }
}

/** True if what stands has all of this already. A field Kevel leaves out is false or nothing. */
export function holds(there: Thing, wanted: object): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const now: unknown = there[name] ?? (typeof value === 'boolean' ? false : null)
    return name.endsWith('ISO') ? instant(now) === instant(value) : now === value
  })
}

/** Kevel answers with times in UTC that do not say so. */
export function instant(time: unknown): number {
  const text = String(time)
  return Date.parse(
    /[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.length > 10 ? text : `${text}T00:00:00`}Z`,
  )
}
