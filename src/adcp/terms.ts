import { z } from 'zod'
import { brand, domain } from './request_schemas.ts'

const vendor = z.looseObject({ domain, brand_id: brand.shape.brand_id }).describe('Who measures: {domain}.')

/** Who counts what is billed, and what is owed when the counts differ (core/measurement-terms.json). */
export const measurementTerms = z.looseObject({
  billing_measurement: z
    .looseObject({
      vendor,
      max_variance_percent: z.number().min(0).lt(100).optional(),
      measurement_window: z.string().optional(),
      finalization_deadline_hours: z.int().min(0).optional(),
    })
    .optional(),
  makegood_policy: z
    .looseObject({
      available_remedies: z.array(z.enum(['additional_delivery', 'credit', 'invoice_adjustment'])).min(1),
    })
    .optional(),
})
export type MeasurementTerms = z.infer<typeof measurementTerms>

/** A rate somebody measures and the seller promises (core/performance-standard.json). */
export const performanceStandard = z.looseObject({
  metric: z.enum(['viewability', 'ivt', 'completion_rate', 'brand_safety', 'attention_score']),
  threshold: z.number().min(0).max(1),
  standard: z.enum(['mrc', 'groupm']).optional(),
  vendor,
})
export type PerformanceStandard = z.infer<typeof performanceStandard>
