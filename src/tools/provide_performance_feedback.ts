import { z } from 'zod'
import { bookedThere } from '../adcp/booked_order_answers.ts'
import { AdcpError } from '../adcp/error.ts'
import { dateTime, envelope, idempotencyKey } from '../adcp/request_schemas.ts'
import { answerOnce } from '../commands/answer_once.ts'
import { recordAudit } from '../commands/record.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Db, Trx } from '../db/database.ts'
import { readBookedAmong } from '../queries/booked_orders.ts'
import { selectMediaBuys, type MediaBuyRow } from '../queries/media_buys.ts'
import { writeTool, type ToolContext } from './define-tool.ts'

const input = z.looseObject({
  ...envelope,
  idempotency_key: idempotencyKey.describe('A new random key (16 to 255 characters) for each feedback.'),
  media_buy_id: z.string().min(1).max(255),
  measurement_period: z
    .looseObject({ start: dateTime, end: dateTime })
    .refine(({ start, end }) => Date.parse(start) <= Date.parse(end), {
      error: 'start must not be after end',
    }),
  performance_index: z
    .number()
    .min(0)
    .describe('1 is as expected, 0 no value, above 1 better than expected.'),
  package_id: z.string().min(1).max(255).optional(),
  creative_id: z.string().min(1).max(255).optional(),
  metric_type: z
    .enum([
      'overall_performance',
      'conversion_rate',
      'brand_lift',
      'click_through_rate',
      'completion_rate',
      'viewability',
      'brand_safety',
      'cost_efficiency',
    ])
    .optional(),
  feedback_source: z
    .enum(['buyer_attribution', 'third_party_measurement', 'platform_analytics', 'verification_partner'])
    .optional(),
})
type Input = z.infer<typeof input>

export const providePerformanceFeedback = writeTool({
  name: 'provide_performance_feedback',
  title: 'Tell how a purchase performs',
  description:
    'Tell the publisher how a media buy or one of its packages performs, as measured by you. Changes nothing in the buy: for that use update_media_buy. Example: {"idempotency_key": "put-a-new-uuid-here", "media_buy_id": "mb_…", "measurement_period": {"start": "2027-04-01T00:00:00Z", "end": "2027-04-08T00:00:00Z"}, "performance_index": 1.2}',
  destructive: false,
  input,
  summary: () => 'Thank you: the publisher has your feedback.',
  async handle(request, ctx) {
    return inTransaction(ctx.db, async (trx) => {
      const buy = await selectMediaBuys(trx, ctx.principal)
        .where('buy.confirmed_at', 'is not', null)
        .where('buy.media_buy_id', '=', request.media_buy_id)
        .executeTakeFirst()
      if (!buy) {
        const [there] = await readBookedAmong(trx, ctx.principal, [request.media_buy_id], ctx.now)
        throw there ? new AdcpError(bookedThere(there, 'feedback', 'media_buy_id')) : noBuy
      }
      const attempt = {
        principal_id: ctx.principal.principal_id,
        account_id: buy.account.account_id,
        tool: 'provide_performance_feedback',
        request,
        now: ctx.now,
      }
      return answerOnce(trx, attempt, async () => {
        checkSubject(request, buy)
        await store(trx, ctx, request)
        return { success: true, ...(buy.account.sandbox && { sandbox: true }) }
      })
    })
  },
})

function checkSubject({ package_id, creative_id }: Input, { packages }: MediaBuyRow): void {
  if (package_id !== undefined && !packages.some((item) => item.package_id === package_id)) throw noPackage
  if (creative_id !== undefined) throw noCreatives
}

async function store(trx: Trx, { principal, now }: ToolContext<Db>, request: Input) {
  const { tenant_id, principal_id, name } = principal
  const { media_buy_id, package_id = null, performance_index, measurement_period } = request
  await trx
    .insertInto('performance_feedback')
    .values({
      tenant_id,
      principal_id,
      media_buy_id,
      package_id,
      performance_index,
      period_start: new Date(measurement_period.start),
      period_end: new Date(measurement_period.end),
      metric_type: request.metric_type ?? 'overall_performance',
      feedback_source: request.feedback_source ?? 'buyer_attribution',
      received_at: now,
    })
    .execute()
  const action = 'provide_performance_feedback'
  const about = { tenant_id, action, subject_kind: 'media_buy', subject_id: media_buy_id } as const
  await recordAudit(trx, { kind: 'buyer', name }, about)
}

const noBuy = new AdcpError({
  code: 'MEDIA_BUY_NOT_FOUND',
  message: 'There is no such media buy of yours.',
  field: 'media_buy_id',
  suggestion: 'Use a media_buy_id that get_media_buys lists.',
})
const noPackage = new AdcpError({
  code: 'PACKAGE_NOT_FOUND',
  message: 'This media buy has no such package.',
  field: 'package_id',
  suggestion: 'Use a package_id of this media buy, see get_media_buys.',
})
const noCreatives = new AdcpError({
  code: 'UNSUPPORTED_FEATURE',
  message: 'Feedback is not kept for single creatives.',
  field: 'creative_id',
  suggestion: 'Leave creative_id out and give the feedback for the package.',
})
