import { z } from 'zod'
import { issueWords } from './issue_words.ts'

/** A host name as AdCP writes it: lower case, dots and hyphens. */
export const domain = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'a lower-case domain such as acme.example',
  )

const brandId = z
  .string()
  .max(255)
  .regex(/^[a-z0-9_]+$/, 'lower-case letters, digits and _')

export const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD')
export const country = z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166-1 code such as DE')
/** True if it is in a year PostgreSQL has, in UTC. */
function isKeepable(value: string): boolean {
  const year = new Date(value).getUTCFullYear()
  return year >= 1 && year <= 9999
}
const years = { error: 'a time in the years 1 to 9999' }

export const date = z.iso.date('a date such as 2027-04-01').refine(isKeepable, years)
export const dateTime = z.iso
  .datetime({
    offset: true,
    error: 'a date and time with zone such as 2027-04-01T00:00:00Z',
  })
  .refine(isKeepable, years)
export const channel = z.enum([
  'display',
  'olv',
  'social',
  'search',
  'ctv',
  'linear_tv',
  'radio',
  'streaming_audio',
  'podcast',
  'dooh',
  'ooh',
  'print',
  'cinema',
  'email',
  'gaming',
  'retail_media',
  'influencer',
  'affiliate',
  'product_placement',
  'sponsored_intelligence',
])
/** A creative of the library on a package (core/creative-assignment.json). */
export const creativeAssignment = z.looseObject({
  creative_id: z.string().min(1),
  weight: z.number().min(0).max(100).optional(),
  placement_ids: z.array(z.string()).min(1).optional(),
})
export const pacing = z.enum(['even', 'asap', 'front_loaded'])
export const deliveryType = z.enum(['guaranteed', 'non_guaranteed'])
export const mediaBuyStatus = z.enum([
  'pending_creatives',
  'pending_start',
  'active',
  'paused',
  'completed',
  'rejected',
  'canceled',
])

/** Published as an object and no more, to keep tools/list short, and yet held against the whole schema. */
export const unlisted = (schema: z.ZodType) => z.looseObject({}).superRefine(alsoA(schema))

/** A check that a value also satisfies another schema. */
export const alsoA =
  (schema: z.ZodType) =>
  (value: unknown, check: z.RefinementCtx): void => {
    for (const issue of schema.safeParse(value).error?.issues ?? [])
      check.addIssue({ code: 'custom', path: issue.path, message: issueWords(issue) })
  }

const pixels = z.number().int().min(1).optional()
const formatParameters = z
  .looseObject({
    width: pixels,
    height: pixels,
    duration_ms: z.number().min(1).optional(),
  })
  .refine(({ width, height }) => (width === undefined) === (height === undefined), {
    error: 'give width and height together',
  })
/** core/format-id.json; a buyer may leave agent_url out, the id alone then names the format. */
export const formatId = z
  .looseObject({
    agent_url: z.url().optional(),
    id: z.string().regex(/^[a-zA-Z0-9_-]+$/, 'letters, digits, _ and -'),
  })
  .superRefine(alsoA(formatParameters))

const contestation = z
  .strictObject({
    url: z
      .url()
      .regex(/^https:/)
      .optional(),
    email: z.email().optional(),
    languages: z.array(z.string()).optional(),
  })
  .refine(({ url, email }) => url !== undefined || email !== undefined, { error: 'give url or email' })

/** core/brand-ref.json */
export const brand = z
  .strictObject({
    domain,
    brand_id: brandId.optional(),
    industries: z.array(z.string()).optional(),
    data_subject_contestation: unlisted(contestation).optional(),
    brand_kit_override: z.looseObject({}).optional(),
  })
  .describe('Whose advertising it is: {domain}.')

/** Who is billed. One object with both forms, checked to be exactly one of them, because LLMs stumble over unions. */
export const accountRef = z
  .looseObject({
    account_id: z.string().min(1).optional(),
    brand: z.looseObject({ domain, brand_id: brandId.optional() }).optional(),
    operator: domain.optional(),
    sandbox: z.boolean().optional(),
  })
  .refine(
    ({ account_id, brand, operator }) =>
      account_id === undefined
        ? brand !== undefined && operator !== undefined
        : brand === undefined && operator === undefined,
    { error: 'give EITHER account_id OR both brand and operator' },
  )
  .describe('Who is billed. EITHER {account_id} OR {brand: {domain}, operator: domain}.')
export type AccountRef = z.infer<typeof accountRef>

/** Strict, as AdCP has it: whoever sends `limit` or `offset` must hear that they do nothing. */
export const pagination = z
  .strictObject({
    max_results: z.number().int().min(1).max(100).optional(),
    cursor: z.string().max(2000).optional(),
  })
  .describe('Page by page: pass the cursor of the last answer.')

export const context = z.looseObject({}).describe('Comes back unchanged.')
export const ext = z.looseObject({})

/** Fields any AdCP request may carry. */
export const envelope = {
  adcp_version: z
    .string()
    .regex(/^\d+\.\d+(-[a-zA-Z0-9.-]+)?$/, 'a release such as 3.1')
    .optional()
    .describe('3.0 or 3.1.'),
  adcp_major_version: z.number().int().min(1).max(99).optional(),
  context: context.optional(),
  ext: ext.optional(),
  /** On tools that read it may be anything: what they do is done by being asked. Tools that write say what they want. */
  idempotency_key: z.string().optional(),
}

/** Of a task that is input-required. */
export const contextId = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .describe('Only to answer a question of tasks_get.')

export const idempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{16,255}$/, '16 to 255 of A-Z a-z 0-9 _ . : -')
  .describe(
    'A new random key (16 to 255 characters) for each new request. Send the same key again to retry safely.',
  )
