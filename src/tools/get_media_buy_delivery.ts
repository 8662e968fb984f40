import { sql } from 'kysely'
import { z } from 'zod'
import { readCursor } from '../adcp/cursor.ts'
import { buyDelivery, totalsOf } from '../adcp/delivery_answers.ts'
import { bookedThere } from '../adcp/booked_order_answers.ts'
import { AdcpError, throwProblems, toWireError, type Problem } from '../adcp/error.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { accountRef, date, envelope, mediaBuyStatus, pagination } from '../adcp/request_schemas.ts'
import type { ReadDb } from '../db/database.ts'
import { isAccount } from '../queries/accounts.ts'
import { readBookedAmong } from '../queries/booked_orders.ts'
import { selectDelivery } from '../queries/delivery.ts'
import { namesOnlyIds } from '../queries/media_buys.ts'
import { firstCurrency } from '../queries/portfolio.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'
import { reportingPeriod, untilOf, windowOf } from './get_media_buy_delivery/period.ts'
import { fitting } from './get_media_buy_delivery/size.ts'

const input = z.looseObject({
  ...envelope,
  account: accountRef.optional(),
  media_buy_ids: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
  status_filter: z
    .union([z.array(mediaBuyStatus).min(1), mediaBuyStatus])
    .optional()
    .describe('One status or a list.'),
  start_date: date.optional().describe('First day, UTC. Without dates: everything so far.'),
  end_date: date.optional().describe('Last day, included.'),
  include_package_daily_breakdown: z.boolean().optional(),
  time_granularity: z.enum(['hourly', 'daily', 'monthly']).optional().describe('Not supported.'),
  include_window_breakdown: z.boolean().optional(),
  attribution_window: z.looseObject({}).optional(),
  reporting_dimensions: z.looseObject({}).optional(),
  pagination: pagination.optional(),
})
type Input = z.infer<typeof input>

export const getMediaBuyDelivery = readTool({
  name: 'get_media_buy_delivery',
  title: 'See what was delivered',
  description:
    'What your media buys delivered and spent, in all, by package and by day, as far as the publisher knows by now (as_of). "reporting_delayed" means figures are late, not that nothing ran. For status and settings use get_media_buys. Example: {"media_buy_ids": ["mb_…"], "start_date": "2027-04-01", "end_date": "2027-04-07"}',
  input,
  summary,
  async handle(request, { db, principal, version, now }) {
    if (request.time_granularity) throw noWindows
    const { pagination: page, ...query } = request
    const limit = page?.max_results ?? MOST_BUYS
    const [created, id] = page?.cursor ? readCursor(page.cursor, query) : []
    const rows = await selectMatching(db, principal, request)
      .$if(created !== undefined, (q) =>
        q.where(sql<boolean>`(buy.created_at, buy.media_buy_id) < (${created}::timestamptz, ${id})`),
      )
      .select(sql<string>`buy.created_at::text`.as('position'))
      .orderBy('buy.created_at', 'desc')
      .orderBy('buy.media_buy_id', 'desc')
      .limit(limit + 1)
      .execute()
    const kept_there = await readProblems(db, principal, request, now)
    if (rows.length === 0 && namesOnlyIds(request))
      throwProblems(kept_there.length > 0 ? kept_there : [notFound])
    refuseLifetimeOnly(request, rows)
    const asked = { version, now, until: untilOf(request) }
    const { rows: told, ...listed } = pageOf(rows, {
      limit,
      query,
      toItem: (row) => buyDelivery(row, asked),
      position: (row) => [row.position, row.media_buy_id],
    })
    const { media_buy_deliveries, left_out } = fitting(listed.items)
    const [first] = told
    return {
      reporting_period: reportingPeriod(request, told, now),
      currency: first?.currency ?? (await firstCurrency(db, principal.tenant_id)),
      ...totalsOf(told),
      media_buy_deliveries,
      ...(told.length > 0 && told.every(({ sandbox }) => sandbox) && { sandbox: true }),
      pagination: listed.pagination,
      ...(kept_there.length > 0 && { errors: kept_there.map(toWireError) }),
      ...(left_out.length > 0 && { ext: { salesdesk: { left_out } } }),
    }
  },
})

const MOST_BUYS = 50

/** A buy that waits for the publisher's approval is a task, not yet a media buy, and delivers nothing. */
function selectMatching(db: ReadDb, { tenant_id, principal_id }: Principal, request: Input) {
  const { media_buy_ids, status_filter, account, include_package_daily_breakdown } = request
  const breakdown = { days: true, package_days: include_package_daily_breakdown ?? false }
  return selectDelivery(db, tenant_id, windowOf(request), breakdown)
    .where('buy.principal_id', '=', principal_id)
    .where('buy.confirmed_at', 'is not', null)
    .$if(media_buy_ids !== undefined, (q) => q.where('buy.media_buy_id', 'in', media_buy_ids ?? []))
    .$if(status_filter !== undefined, (q) => q.where('buy.status', 'in', [status_filter ?? []].flat()))
    .$if(account !== undefined, (q) => q.where(isAccount(account ?? {})))
}

/** AdCP takes dates only for products whose date_range_support is date_range. @throws AdcpError */
function refuseLifetimeOnly(
  { start_date, end_date }: Input,
  rows: { packages: { reporting: { date_range_support: string } }[] }[],
): void {
  if (start_date === undefined && end_date === undefined) return
  const lifetimeOnly = rows.some(({ packages }) =>
    packages.some(({ reporting }) => reporting.date_range_support === 'lifetime_only'),
  )
  if (lifetimeOnly)
    throw new AdcpError({
      code: 'UNSUPPORTED_FEATURE',
      message: 'A product of these media buys is reported for its whole flight only.',
      field: start_date === undefined ? 'end_date' : 'start_date',
      suggestion: 'Leave start_date and end_date out, or ask for other media_buy_ids.',
    })
}

const noWindows = new AdcpError({
  code: 'UNSUPPORTED_GRANULARITY',
  message: 'No product here can be asked for by windows.',
  field: 'time_granularity',
  suggestion: 'Leave time_granularity out: daily_breakdown has each day.',
})
/** What people booked on an ad server is told of by get_media_buys only. */
async function readProblems(db: ReadDb, principal: Principal, { media_buy_ids = [] }: Input, now: Date) {
  const there = await readBookedAmong(db, principal, media_buy_ids, now)
  return there.map((order) =>
    bookedThere(order, 'report', `media_buy_ids[${media_buy_ids.indexOf(order.media_buy_id)}]`),
  )
}

const notFound = {
  code: 'MEDIA_BUY_NOT_FOUND',
  message: 'None of these media buys is yours.',
  field: 'media_buy_ids',
  suggestion: 'Check the ids with get_media_buys; a purchase that waits for approval delivers nothing yet.',
} as const satisfies Problem

function summary(output: Output): string {
  const { media_buy_deliveries: buys } = output as unknown as {
    media_buy_deliveries: {
      media_buy_id: string
      status: string
      totals: { impressions: number; spend: number }
      by_package: { currency: string }[]
    }[]
  }
  if (buys.length === 0) return 'No media buys match.'
  const lines = buys.map(
    ({ media_buy_id, status, totals, by_package: [first] }) =>
      `${media_buy_id} (${status}): ${totals.impressions} impressions, ${totals.spend} ${first?.currency} spent.`,
  )
  return [...lines, ...andMore(output)].join('\n')
}
