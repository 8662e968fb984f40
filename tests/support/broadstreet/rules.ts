import { z } from 'zod'
import { Refusal } from './books.ts'

/** As in Broadstreet's API documents, version 1; a time of day as in the vendor's own client (broadstreet-api-php, test/full.php). */
const When = z.string().regex(/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/)
const campaign = z.strictObject({
  name: z.string().min(1).max(255),
  start_date: When,
  end_date: When.nullish(),
  max_impression_count: z.int().positive().max(2_147_483_647).nullish(),
  impression_max_type: z.enum(['cap', 'goal']).default('goal'),
  pacing_type: z.enum(['asap', 'even']).default('asap'),
  display_type: z
    .enum(['no_repeat', 'allow_repeat_campaign', 'allow_repeat_advertisement', 'force_repeat_campaign'])
    .default('no_repeat'),
  weight: z.enum(['remnant', 'low', 'default', 'high', 'sponsorship']).default('default'),
  paused: z.boolean().default(false),
  archived: z.boolean().default(false),
  notes: z.string().nullish(),
  advertiser_id: z.int().positive().optional(),
})

const advertisement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('html'), name: z.string().min(1).max(255), html: z.string().min(1) }),
  z.strictObject({
    type: z.literal('static'),
    name: z.string().min(1).max(255),
    active_url: z.url(),
    destination: z.url().nullish(),
  }),
])

const Id = z.int().positive()
const restrictions = z.enum(['phone', 'non_phone', 'tablet', 'desktop', 'mobile']).nullish()
export const forms = {
  newCampaign: campaign,
  advertisement,
  placement: z.strictObject({ campaign_id: Id, advertisement_id: Id, zone_id: Id, restrictions }),
}

/** The body of a request. Broadstreet passes over fields it does not know in silence; here they are faults of ours. @throws Refusal */
export function read<T>(form: z.ZodType<T>, body: unknown): T {
  const result = form.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Refusal(`${issue?.path.join('.')} ${issue?.message}`)
}
