import { sql } from 'kysely'
import { z } from 'zod'
import { readCursor } from '../adcp/cursor.ts'
import { AdcpError } from '../adcp/error.ts'
import { listedMediaBuy } from '../adcp/media_buy_answers.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { accountRef, envelope, mediaBuyStatus, pagination } from '../adcp/request_schemas.ts'
import type { ReadDb } from '../db/database.ts'
import { isAccount } from '../queries/accounts.ts'
import { namesOnlyIds, selectMediaBuys } from '../queries/media_buys.ts'
import { readTool, type Output } from './define-tool.ts'
import { readSnapshots } from './get_media_buys/snapshot.ts'
import { readWebhookActivity } from './get_media_buys/webhook_activity.ts'

const input = z.looseObject({
  ...envelope,
  media_buy_ids: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
  status_filter: z
    .union([z.array(mediaBuyStatus).min(1), mediaBuyStatus])
    .optional()
    .describe('One status or a list; without it and without media_buy_ids only active ones.'),
  account: accountRef.optional(),
  include_snapshot: z.boolean().optional(),
  include_history: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe('How many history entries per buy, newest first.'),
  include_webhook_activity: z.boolean().optional(),
  webhook_activity_limit: z.number().int().min(1).max(200).optional(),
  pagination: pagination.optional(),
})
type Input = z.infer<typeof input>

export const getMediaBuys = readTool({
  name: 'get_media_buys',
  title: 'See what was bought',
  description:
    'Your media buys with status, packages, and where the order stands on the ad server (ext.salesdesk.placement). Give media_buy_ids, or status_filter; without either only active ones are listed. For figures use get_media_buy_delivery; for a purchase that waits for approval tasks_get. Example: {"media_buy_ids": ["mb_…"]}',
  input,
  summary,
  async handle(request, { db, principal, version, now }) {
    const { pagination: page, ...query } = request
    const limit = page?.max_results ?? 50
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
    if (rows.length === 0 && namesOnlyIds(request)) throw notFound
    const ids = rows.map((row) => row.media_buy_id)
    const { tenant_id } = principal
    const extras = {
      history: await readHistory(db, tenant_id, ids, request.include_history ?? 0),
      snapshots: request.include_snapshot ? await readSnapshots(db, tenant_id, ids, now) : undefined,
      activity: request.include_webhook_activity
        ? await readWebhookActivity(db, tenant_id, ids, request.webhook_activity_limit ?? 50)
        : undefined,
    }
    const { items, pagination } = pageOf(rows, {
      limit,
      query,
      toItem: (row) => withExtras(listedMediaBuy(row, version), extras),
      position: (row) => [row.position, row.media_buy_id],
    })
    return { media_buys: items, pagination }
  },
})

/** A buy awaiting the publisher's approval is a task, not yet a media buy: a buyer does not see it here. */
function selectMatching(db: ReadDb, principal: { tenant_id: string; principal_id: string }, request: Input) {
  const { media_buy_ids, status_filter, account } = request
  const statuses =
    status_filter === undefined ? (media_buy_ids ? undefined : ['active' as const]) : [status_filter].flat()
  return selectMediaBuys(db, principal)
    .where('buy.confirmed_at', 'is not', null)
    .$if(media_buy_ids !== undefined, (q) => q.where('buy.media_buy_id', 'in', media_buy_ids ?? []))
    .$if(statuses !== undefined, (q) => q.where('buy.status', 'in', statuses ?? []))
    .$if(account !== undefined, (q) => q.where(isAccount(account ?? {})))
}

/** With what the buyer asked for besides, where there is any. */
function withExtras(
  buy: Output,
  {
    snapshots,
    history,
    activity,
  }: Record<'snapshots' | 'history' | 'activity', Map<string, unknown> | undefined>,
): Output {
  const id = String(buy['media_buy_id'])
  const packages = buy['packages'] as Output[]
  return {
    ...buy,
    ...(snapshots && {
      packages: packages.map((item) => ({
        ...item,
        ...(snapshots.get(String(item['package_id'])) as Output),
      })),
    }),
    ...(history && { history: history.get(id) ?? [] }),
    ...(activity?.has(id) && { webhook_activity: activity.get(id) }),
  }
}

async function readHistory(
  db: ReadDb,
  tenantId: string,
  ids: string[],
  each: number,
): Promise<Map<string, Output[]> | undefined> {
  if (each === 0 || ids.length === 0) return undefined
  const rows = await selectHistory(db, tenantId, ids, each).execute()
  return new Map(ids.map((id) => [id, rows.filter((row) => row.media_buy_id === id).map(toHistoryEntry)]))
}

type EventRow = Awaited<ReturnType<ReturnType<typeof selectHistory>['execute']>>[number]

function toHistoryEntry({
  revision,
  at,
  actor,
  actor_kind,
  action,
  from_status,
  to_status,
  package_id,
  detail,
}: EventRow): Output {
  const { summary } = detail as { summary?: string }
  // before the approval there was a task, and no media buy for the buyer
  const before = from_status === 'pending_approval' ? undefined : from_status
  const moved = before && to_status && before !== to_status ? `${before} → ${to_status}` : undefined
  const told = [summary, moved].filter(Boolean).join('; ').slice(0, 500)
  return {
    revision,
    timestamp: at.toISOString(),
    actor: actor_kind === 'buyer' ? actor : actor_kind,
    action,
    ...(told && { summary: told }),
    ...(package_id !== null && { package_id }),
  }
}

function selectHistory(db: ReadDb, tenantId: string, ids: string[], each: number) {
  const numbered = db
    .selectFrom('media_buy_events')
    .selectAll()
    .select(sql<number>`row_number() over (partition by media_buy_id order by event_id desc)`.as('age'))
    .where('tenant_id', '=', tenantId)
    .where('media_buy_id', 'in', ids)
  return db.selectFrom(numbered.as('event')).selectAll().where('age', '<=', each).orderBy('event_id', 'desc')
}

const notFound = new AdcpError({
  code: 'MEDIA_BUY_NOT_FOUND',
  message: 'None of these media buys is yours.',
  field: 'media_buy_ids',
  suggestion: 'Check the ids; a purchase that waits for approval is followed with tasks_get.',
})

function summary(output: Output): string {
  const buys = output['media_buys'] as {
    media_buy_id: string
    status: string
    ext: { salesdesk: { placement: { state: string } } }
  }[]
  if (buys.length === 0) return 'No media buys match. Try status_filter with other statuses.'
  const lines = buys.map(
    ({ media_buy_id, status, ext }) =>
      `${media_buy_id}: ${status}, on the ad server: ${ext.salesdesk.placement.state}.`,
  )
  return [...lines, ...andMore(output)].join('\n')
}
