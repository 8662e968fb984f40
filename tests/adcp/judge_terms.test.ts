import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeMeasurementTerms, judgeStandards } from '../../src/adcp/judge_terms.ts'
import type { MeasurementTerms, PerformanceStandard } from '../../src/adcp/terms.ts'

const vendor = fc.constantFrom({ domain: 'countwell.example' }, { domain: 'other.example' })
const remedies = fc.uniqueArray(
  fc.constantFrom('additional_delivery' as const, 'credit' as const, 'invoice_adjustment' as const),
  { minLength: 1 },
)
const optional = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined })
const terms: fc.Arbitrary<MeasurementTerms> = fc
  .record({
    billing_measurement: optional(
      fc.record({
        vendor,
        max_variance_percent: optional(fc.integer({ min: 0, max: 20 })),
        measurement_window: optional(fc.constantFrom('c3', 'c7')),
        finalization_deadline_hours: optional(fc.integer({ min: 0, max: 20 })),
      }),
    ),
    makegood_policy: optional(fc.record({ available_remedies: remedies })),
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as MeasurementTerms)
const standard: fc.Arbitrary<PerformanceStandard> = fc
  .record({
    metric: fc.constantFrom('viewability' as const, 'ivt' as const, 'completion_rate' as const),
    threshold: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
    standard: optional(fc.constantFrom('mrc' as const, 'groupm' as const)),
    vendor,
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as PerformanceStandard)
const distinct = fc.uniqueArray(standard, { selector: ({ metric }) => metric, maxLength: 3 })

describe('measurement terms', () => {
  test('that are those of the product, or say nothing, are agreed as the product has them', () => {
    fc.assert(
      fc.property(terms, (offered) => {
        expect(judgeMeasurementTerms(offered, offered, 'm')).toEqual({ agreed: offered, rejected: [] })
        expect(judgeMeasurementTerms({}, offered, 'm')).toEqual({ agreed: offered, rejected: [] })
      }),
    )
  })

  test('once agreed are never harder for the publisher than the product, and agreed again when proposed again', () => {
    fc.assert(
      fc.property(terms, terms, (proposed, offered) => {
        const { agreed, rejected } = judgeMeasurementTerms(proposed, offered, 'm')
        if (rejected.length > 0) return
        const [own, has] = [agreed.billing_measurement, offered.billing_measurement]
        expect(own?.vendor).toEqual(has?.vendor)
        expect(own?.measurement_window).toBe(has?.measurement_window)
        expect(own?.max_variance_percent ?? 0).toBeGreaterThanOrEqual(has?.max_variance_percent ?? 0)
        expect(own?.finalization_deadline_hours ?? 0).toBeGreaterThanOrEqual(
          has?.finalization_deadline_hours ?? 0,
        )
        const remediesOf = ({ makegood_policy }: MeasurementTerms) =>
          makegood_policy?.available_remedies ?? []
        expect(remediesOf(offered)).toEqual(expect.arrayContaining(remediesOf(agreed)))
        expect(judgeMeasurementTerms(agreed, offered, 'm')).toEqual({ agreed, rejected: [] })
      }),
    )
  })

  test('that allow the counts to differ by less than the product does are rejected, and by more are taken', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }), (asked, has) => {
        const of = (max_variance_percent: number): MeasurementTerms => ({
          billing_measurement: { vendor: { domain: 'countwell.example' }, max_variance_percent },
        })
        const { rejected } = judgeMeasurementTerms(of(asked), of(has), 'm')
        const problem = { field: 'm.billing_measurement.max_variance_percent', offered: has }
        expect(rejected).toMatchObject(asked < has ? [problem] : [])
      }),
    )
  })

  test('nobody here knows are rejected, wherever they stand', () => {
    const offered = { billing_measurement: { vendor: { domain: 'countwell.example' } } }
    const asked = { late_fee: 1, billing_measurement: { ...offered.billing_measurement, audit: true } }
    expect(judgeMeasurementTerms(asked, offered, 'm').rejected.map(({ field }) => field)).toEqual([
      'm.late_fee',
      'm.billing_measurement.audit',
    ])
  })
})

describe('performance standards', () => {
  test('that are those of the product are agreed as they are', () => {
    fc.assert(
      fc.property(distinct, (offered) => {
        expect(judgeStandards(offered, offered, 's')).toEqual({ agreed: offered, rejected: [] })
      }),
    )
  })

  test('once agreed are promised by the product at least as strictly', () => {
    fc.assert(
      fc.property(distinct, distinct, (proposed, offered) => {
        const { agreed, rejected } = judgeStandards(proposed, offered, 's')
        if (rejected.length > 0) return
        for (const { metric, threshold, ...rest } of agreed) {
          const own = offered.find((other) => other.metric === metric)
          expect(own).toMatchObject(rest)
          const strictness = metric === 'ivt' ? -threshold : threshold
          expect(metric === 'ivt' ? -(own?.threshold ?? 1) : own?.threshold).toBeGreaterThanOrEqual(
            strictness,
          )
        }
        expect(agreed.map(({ metric }) => metric)).toEqual(proposed.map(({ metric }) => metric))
      }),
    )
  })

  test('are a ceiling for invalid traffic and a floor for all else', () => {
    const of = (metric: PerformanceStandard['metric'], threshold: number) => [
      { metric, threshold, vendor: { domain: 'countwell.example' } },
    ]
    const rejects = (metric: PerformanceStandard['metric'], asked: number) =>
      judgeStandards(of(metric, asked), of(metric, 0.5), 's').rejected.length > 0
    expect([rejects('ivt', 0.4), rejects('ivt', 0.6)]).toEqual([true, false])
    expect([rejects('completion_rate', 0.4), rejects('completion_rate', 0.6)]).toEqual([false, true])
  })
})
