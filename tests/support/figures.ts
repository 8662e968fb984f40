import { expect } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import type { TestBuyer, TestDesk } from './desk.ts'
import { onHomepage } from './google_ad_manager/selling.ts'
import type { ServedHour } from './google_ad_manager/reports.ts'
import type { FakeGoogle } from './google_ad_manager/server.ts'

export const product_id = 'trail_display_run_of_site'

interface Selling {
  connection_id?: string
  time_zone?: string
  currency?: string
  corrections_days?: number
}

/** The publisher sells that product on a fake Google Ad Manager; the key is in SALESDESK_SECRET_ and the connection's id. */
export async function sellOnGoogle(desk: TestDesk, google: FakeGoogle, selling: Selling = {}): Promise<void> {
  const { connection_id = 'gam', time_zone = 'America/New_York', currency = 'EUR', ...options } = selling
  Object.assign(google.books.network, { currencyCode: currency, timeZone: time_zone })
  google.books.minded.reportPolls = 0
  const row = {
    connection_id,
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    name: 'Google Ad Manager',
    secret_name: `SALESDESK_SECRET_${connection_id.toUpperCase()}`,
    settings: jsonb({ ...google.settings, create_advertisers: true, report_lag_minutes: 0 }),
    ...options,
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  const values = { connection_id, ad_server_config: jsonb(onHomepage) }
  await desk.db.updateTable('products').set(values).where('product_id', '=', product_id).execute()
  await desk.db.transaction().execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id }))
  await desk.runJobs()
}

/** Has the figures of every ad server read now, if they are due: the report started, and fetched half a minute later. */
export async function readFigures(desk: TestDesk): Promise<void> {
  await desk.db.transaction().execute((trx) => enqueue(trx, 'read_due_deliveries', {}))
  await desk.runJobs(desk.now)
  desk.now = new Date(desk.now.getTime() + 30_000)
  await desk.runJobs(desk.now)
}

/** The line items Google holds for a media buy, by package, and the order they are in. */
export async function onTheAdServer(desk: TestDesk, media_buy_id: string) {
  const rows = await desk.db
    .selectFrom('ad_server_objects')
    .select(['kind', 'external_id', 'package_id'])
    .where('media_buy_id', '=', media_buy_id)
    .execute()
  const order_id = rows.find(({ kind }) => kind === 'order')?.external_id ?? ''
  const items = rows.filter(({ kind }) => kind === 'line_item')
  expect(order_id).not.toBe('')
  return {
    order_id,
    items: items.map(({ external_id, package_id }) => ({
      line_item_id: external_id,
      package_id: package_id ?? '',
    })),
  }
}

/** An hour of serving; revenue is a CPM of five unless it is said. */
export function anHour(
  served: Partial<ServedHour> & Pick<ServedHour, 'line_item_id' | 'order_id' | 'at'>,
): ServedHour {
  const { impressions = 1000 } = served
  return {
    impressions,
    clicks: Math.floor(impressions / 100),
    measurable: impressions,
    viewable: Math.floor(impressions / 2),
    revenue: BigInt(impressions) * 5000n,
    ...served,
  }
}

export interface Delivery {
  media_buy_id: string
  status: string
  as_of?: string
  is_final?: boolean
  totals: { impressions: number; spend: number; clicks?: number; completed_views?: number }
  by_package: {
    package_id: string
    impressions: number
    spend: number
    clicks?: number
    daily_breakdown?: Day[]
    pacing_index?: number
    completed_views?: number
    delivery_status?: string
  }[]
  daily_breakdown?: Day[]
}
export interface Day {
  date: string
  impressions: number
  spend: number
  clicks?: number
}

/** What a buyer is told of one media buy, with its days. */
export async function deliveryOf(buyer: TestBuyer, media_buy_id: string, version = '3.1'): Promise<Delivery> {
  const args = { media_buy_ids: [media_buy_id], include_package_daily_breakdown: true, adcp_version: version }
  const { body, isError, texts } = await buyer.call('get_media_buy_delivery', args)
  expect(isError ? texts : []).toEqual([])
  const [delivery] = body['media_buy_deliveries'] as Delivery[]
  if (!delivery) throw new Error('no delivery is told')
  return delivery
}
