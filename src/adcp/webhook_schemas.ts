import { z } from 'zod'
import { reportableMetrics } from './metrics.ts'

/** Where a buyer wants to be told how its task ends. */
export const pushNotificationConfig = z
  .looseObject({
    url: z.url().max(2048).describe('https, on a public address.'),
    operation_id: z
      .string()
      .regex(/^[A-Za-z0-9_.:-]{1,255}$/, '1 to 255 letters, digits and _ . : -')
      .optional()
      .describe('Comes back in the webhook.'),
    token: z.string().min(16).max(4096).optional().describe('Comes back in the webhook.'),
    authentication: z
      .strictObject({
        schemes: z.array(z.enum(['Bearer', 'HMAC-SHA256'])).length(1),
        credentials: z
          .string()
          .min(32)
          .max(4096)
          .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces'),
      })
      .optional()
      .describe('Only if you cannot verify RFC 9421 signatures.'),
  })
  .describe('Webhook for the end of the task: {url, token}.')
  .meta({ brief: true })
export type PushNotificationConfig = z.infer<typeof pushNotificationConfig>

const reports = z.looseObject({
  url: pushNotificationConfig.shape.url,
  token: pushNotificationConfig.shape.token,
  authentication: pushNotificationConfig.shape.authentication.unwrap(),
  reporting_frequency: z.enum(['hourly', 'daily', 'monthly']),
  requested_metrics: z.array(z.enum(reportableMetrics)).max(100).optional(),
})
export type ReportingWebhook = z.infer<typeof reports>

/**
 * Where a buyer wants delivery reports, and how often. AdCP wants a shared secret here until 4.0. Published as an object and a
 * sentence, as few buyers write it by hand.
 */
export const reportingWebhook = z
  .looseObject({})
  .pipe(reports)
  .describe(
    'Reports by webhook: {url, authentication: {schemes: ["HMAC-SHA256"], credentials}, reporting_frequency: "daily"}.',
  )
