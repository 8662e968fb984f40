import { measurementTerms, type MeasurementTerms, type PerformanceStandard } from './terms.ts'

/** A term the seller does not take: where it stands, and what the product is sold with there. */
export interface RejectedTerm {
  field: string
  message: string
  offered: unknown
}
export interface Verdict<T> {
  agreed: T
  rejected: RejectedTerm[]
}

/**
 * Judges proposed measurement terms against those the product is sold with. Equal or easier for the seller is accepted, what is
 * left unsaid is as the product has it, and of remedies those the product has are kept. @param field path of the proposal
 */
export function judgeMeasurementTerms(
  proposed: MeasurementTerms,
  offered: MeasurementTerms = {},
  field: string,
): Verdict<MeasurementTerms> {
  const billing = judgeBilling(proposed, offered, `${field}.billing_measurement`)
  const remedies = judgeRemedies(proposed, offered, `${field}.makegood_policy.available_remedies`)
  return {
    agreed: { ...offered, ...billing.agreed, ...remedies.agreed },
    rejected: [
      ...unknownTerms(proposed, measurementTerms.shape, field),
      ...billing.rejected,
      ...remedies.rejected,
    ],
  }
}

function judgeBilling(
  { billing_measurement: asked }: MeasurementTerms,
  { billing_measurement: has }: MeasurementTerms,
  field: string,
): Verdict<MeasurementTerms> {
  if (!asked) return { agreed: {}, rejected: [] }
  if (!has)
    return {
      agreed: {},
      rejected: [{ field, message: 'The publisher bills by its own count.', offered: null }],
    }
  const { max_variance_percent: variance, finalization_deadline_hours: hours } = asked
  const [least, soonest] = [has.max_variance_percent, has.finalization_deadline_hours]
  const checks: [boolean, string, string][] = [
    [sameVendor(asked.vendor, has.vendor), 'vendor', 'Another vendor counts.'],
    [
      variance === undefined || (least !== undefined && variance >= least),
      'max_variance_percent',
      'Counts may differ by more.',
    ],
    [
      asked.measurement_window === undefined || asked.measurement_window === has.measurement_window,
      'measurement_window',
      'Another window is counted.',
    ],
    [
      hours === undefined || (soonest !== undefined && hours >= soonest),
      'finalization_deadline_hours',
      'Final counts come later.',
    ],
  ]
  const rejected = checks.flatMap(([holds, name, message]): RejectedTerm[] =>
    holds ? [] : [{ field: `${field}.${name}`, message, offered: has[name] ?? null }],
  )
  return {
    agreed: { billing_measurement: { ...has, ...asked, vendor: has.vendor } },
    rejected: [...unknownTerms(asked, shapeOfBilling, field), ...rejected],
  }
}

const shapeOfBilling = measurementTerms.shape.billing_measurement.unwrap().shape

function judgeRemedies(
  { makegood_policy: asked }: MeasurementTerms,
  { makegood_policy: has }: MeasurementTerms,
  field: string,
): Verdict<MeasurementTerms> {
  if (!asked) return { agreed: {}, rejected: [] }
  const available_remedies = (has?.available_remedies ?? []).filter((remedy) =>
    asked.available_remedies.includes(remedy),
  )
  if (available_remedies.length > 0)
    return { agreed: { makegood_policy: { available_remedies } }, rejected: [] }
  const offered = has?.available_remedies ?? null
  return { agreed: {}, rejected: [{ field, message: 'None of these remedies is offered.', offered }] }
}

/**
 * Judges proposed performance standards against the product's. A promise no stricter than the product's, by the same vendor,
 * is accepted; what is proposed takes the place of the product's standards. @param field path of the proposal
 */
export function judgeStandards(
  proposed: readonly PerformanceStandard[],
  offered: readonly PerformanceStandard[],
  field: string,
): Verdict<PerformanceStandard[]> {
  const verdicts = proposed.map((asked, i): Verdict<PerformanceStandard> => {
    const at = `${field}[${i}]`
    const reject = (name: string, message: string, has: unknown): Verdict<PerformanceStandard> => ({
      agreed: asked,
      rejected: [{ field: `${at}.${name}`, message, offered: has }],
    })
    const same = offered.filter(({ metric }) => metric === asked.metric)
    if (same.length === 0) return reject('metric', `No ${asked.metric} is promised.`, null)
    if (proposed.findIndex((other) => isSame(other, asked)) < i)
      return reject('metric', 'It is proposed twice.', same)
    const byVendor = same.filter(({ vendor }) => sameVendor(asked.vendor, vendor))
    if (byVendor.length === 0) return reject('vendor', 'Another vendor measures it.', same)
    const has = byVendor.find(({ standard }) => asked.standard === undefined || asked.standard === standard)
    if (!has) return reject('standard', 'It is measured by another standard.', byVendor)
    const easier = isCeiling(asked) ? asked.threshold >= has.threshold : asked.threshold <= has.threshold
    if (!easier) return reject('threshold', 'More than the publisher promises.', has.threshold)
    return { agreed: { ...has, threshold: asked.threshold }, rejected: [] }
  })
  return {
    agreed: verdicts.map(({ agreed }) => agreed),
    rejected: verdicts.flatMap(({ rejected }) => rejected),
  }
}

/** Invalid traffic must stay below its threshold; everything else must reach it. */
const isCeiling = ({ metric }: Pick<PerformanceStandard, 'metric'>) => metric === 'ivt'

const isSame = (one: PerformanceStandard, other: PerformanceStandard) =>
  one.metric === other.metric && one.standard === other.standard && sameVendor(one.vendor, other.vendor)

type Vendor = PerformanceStandard['vendor']
const sameVendor = (one: Vendor, other: Vendor) =>
  one.domain === other.domain && (one.brand_id ?? '') === (other.brand_id ?? '')

/** A term we do not know is one we cannot promise. */
function unknownTerms(asked: object, shape: object, field: string): RejectedTerm[] {
  return Object.keys(asked)
    .filter((name) => !(name in shape))
    .map((name) => ({
      field: `${field}.${name.slice(0, 64)}`,
      message: 'This term is not known here.',
      offered: null,
    }))
}
