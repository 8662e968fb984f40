import { readCursor } from '../adcp/cursor.ts'
import { AdcpError } from '../adcp/error.ts'
import { listedBookedOrder } from '../adcp/booked_order_answers.ts'
import { listedMediaBuy } from '../adcp/media_buy_answers.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { namesOnlyIds } from '../queries/media_buys.ts'
import { readTool, type Output } from './define-tool.ts'
import { readHistory } from './get_media_buys/history.ts'
import { request as input } from './get_media_buys/request.ts'
import { inOrder, selectBookedThere, selectBought } from './get_media_buys/select.ts'
import { readSnapshots } from './get_media_buys/snapshot.ts'
import { readWebhookActivity } from './get_media_buys/webhook_activity.ts'

export const getMediaBuys = readTool({
  name: 'get_media_buys',
  title: 'See what was bought',
  description:
    'Your media buys with status, packages, and where the order stands on the ad server (ext.salesdesk.placement). Ids that begin with booked: are orders people booked for you there; the publisher changes those. Give media_buy_ids, or status_filter; without either only active ones are listed. For figures use get_media_buy_delivery; for a purchase that waits for approval tasks_get. Example: {"media_buy_ids": ["mb_…"]}',
  input,
  summary,
  async handle(request, { db, principal, version, now }) {
    const { pagination: page, ...query } = request
    const limit = page?.max_results ?? 50
    const after = page?.cursor ? readCursor(page.cursor, query) : []
    const asked = { principal, now, request, limit: limit + 1, after }
    const bought = await selectBought(db, asked)
    const rows = inOrder(bought, await selectBookedThere(db, asked)).slice(0, limit + 1)
    if (rows.length === 0 && namesOnlyIds(request)) throw notFound
    const ids = bought.map((row) => row.media_buy_id)
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
      toItem: (row) =>
        withExtras(
          'items' in row
            ? listedBookedOrder(row, { version, now, include_snapshot: request.include_snapshot ?? false })
            : listedMediaBuy(row, version),
          extras,
        ),
      position: (row) => [row.position, row.media_buy_id],
    })
    return { media_buys: items, pagination }
  },
})

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
    ext: { salesdesk: { placement: { state: string }; booked?: { on: string } } }
  }[]
  if (buys.length === 0) return 'No media buys match. Try status_filter with other statuses.'
  const lines = buys.map(
    ({ media_buy_id, status, ext }) => `${media_buy_id}: ${status}, ${whereOf(ext.salesdesk)}.`,
  )
  return [...lines, ...andMore(output)].join('\n')
}

const whereOf = ({ placement, booked }: { placement: { state: string }; booked?: { on: string } }) =>
  booked ? `booked by people on ${booked.on}` : `on the ad server: ${placement.state}`
