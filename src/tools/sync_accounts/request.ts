import { z } from 'zod'
import {
  accountRef,
  brand,
  domain,
  envelope,
  ext,
  idempotencyKey,
  unlisted,
} from '../../adcp/request_schemas.ts'
import { pushNotificationConfig } from '../../adcp/webhook_schemas.ts'

const entry = z
  .looseObject({
    brand: brand.optional(),
    operator: domain.optional().describe('Who buys for the brand; its own domain if it buys itself.'),
    billing: z.enum(['operator', 'agent', 'advertiser']).optional().describe('Who is invoiced.'),
    payment_terms: z.enum(['net_15', 'net_30', 'net_45', 'net_60', 'net_90', 'prepay']).optional(),
    sandbox: z.boolean().optional(),
    account: unlisted(accountRef).optional().describe('Not taken here: name brand, operator and billing.'),
    billing_entity: z.looseObject({}).optional(),
    notification_configs: z.array(z.looseObject({})).max(16).optional(),
    preferred_reporting_protocol: z.enum(['s3', 'gcs', 'azure_blob']).optional(),
    ext: ext.optional(),
  })
  .refine(
    ({ account, brand, operator, billing }) => account !== undefined || (brand && operator && billing),
    { error: 'give brand, operator and billing' },
  )
  .describe('An account: brand, operator and billing, all three.')

export const request = z.looseObject({
  ...envelope,
  idempotency_key: idempotencyKey.describe('A new random key (16 to 255 characters) for each new request.'),
  accounts: z.array(entry).max(1000),
  delete_missing: z
    .boolean()
    .optional()
    .describe('Close, for you alone, the accounts you declared before and do not name now.'),
  dry_run: z.boolean().optional().describe('Only say what would happen.'),
  push_notification_config: unlisted(pushNotificationConfig).optional(),
})
export type Request = z.infer<typeof request>
type Entry = Request['accounts'][number]

/** One account as a buyer declares it, in the only form we provision from. */
export type Declared = Entry & {
  [field in 'brand' | 'operator' | 'billing']: NonNullable<Entry[field]>
}

export const isDeclared = (item: Entry): item is Declared =>
  item.account === undefined &&
  item.brand !== undefined &&
  item.operator !== undefined &&
  item.billing !== undefined

/** Equal for two declarations of the same account. */
export const natureOf = (brandDomain: string, brandId: string | undefined, operator: string): string =>
  JSON.stringify([brandDomain, brandId ?? '', operator])
