import { bootMockServer } from '@adcp/sdk/mock-server'
import { afterAll, beforeAll } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { jsonb } from '../../src/db/database.ts'
import { listeningLog } from './log_lines.ts'
import { testDesk, type Args, type TestBuyer } from './desk.ts'
import { startFaultProxy, type FaultProxy } from './fault_proxy.ts'
import { buy } from './orders.ts'

export const secret = 'mock_sales_guaranteed_key_do_not_use_in_prod'
const product_id = 'trail_display_run_of_site'

/** A desk that sells one product on the ad server of the AdCP SDK, reached through a proxy that can do harm. */
export function adcpMockDesk(settings: Args = {}, variables: Record<string, string> = {}) {
  const log = listeningLog()
  const desk = testDesk({ SALESDESK_SECRET_MOCK: secret, ...variables }, { log: log.log })
  const it = { desk, log } as {
    desk: typeof desk
    log: typeof log
    proxy: FaultProxy
    /** How many requests the ad server has received, by its own count. */
    traffic(): Promise<number>
    orders(mediaBuyId: string): Promise<{ orders: number; line_items: number }>
    /** The creatives it has for a media buy, by the end of their names, and how many of its line items show each. */
    creatives(mediaBuyId: string): Promise<Record<string, number>>
    /** Somebody looks at the order there, which is when one that was approved begins to run. */
    begin(mediaBuyId: string): Promise<void>
    buy(buyer: TestBuyer, item?: Args): Promise<string>
  }

  beforeAll(async () => {
    const mock = await bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey: secret })
    it.proxy = await startFaultProxy(mock.url)
    const ask = async <T>(path: string): Promise<T> => {
      const headers = { authorization: `Bearer ${secret}`, 'x-network-code': 'net_premium_us' }
      return (await (await fetch(mock.url + path, { headers })).json()) as T
    }
    it.traffic = async () => {
      const { traffic } = await ask<{ traffic: Record<string, number> }>('/_debug/traffic')
      return Object.values(traffic).reduce((sum, n) => sum + n, 0)
    }
    it.orders = async (mediaBuyId) => {
      const { orders } = await ask<{ orders: { name: string; order_id: string }[] }>('/v1/orders')
      const mine = orders.filter(({ name }) => name.includes(mediaBuyId))
      const lists = await Promise.all(
        mine.map(({ order_id }) => ask<{ line_items: unknown[] }>(`/v1/orders/${order_id}/lineitems`)),
      )
      return { orders: mine.length, line_items: lists.flatMap(({ line_items }) => line_items).length }
    }
    it.creatives = async (mediaBuyId) => {
      const { orders } = await ask<{ orders: { name: string; order_id: string }[] }>('/v1/orders')
      const order = orders.find(({ name }) => name.includes(mediaBuyId))
      const { line_items } = await ask<{ line_items: { creative_ids: string[] }[] }>(
        `/v1/orders/${order?.order_id}/lineitems`,
      )
      const { creatives } = await ask<{ creatives: { name: string; creative_id: string }[] }>('/v1/creatives')
      const shownBy = (id: string) =>
        line_items.filter(({ creative_ids }) => creative_ids.includes(id)).length
      return Object.fromEntries(
        creatives
          .filter(({ name }) => name.includes(mediaBuyId))
          .map(({ name, creative_id }) => [name.replace(/ \[.*/, ''), shownBy(creative_id)]),
      )
    }
    it.begin = async (mediaBuyId) => {
      const { orders } = await ask<{ orders: { name: string; order_id: string }[] }>('/v1/orders')
      await ask(`/v1/orders/${orders.find(({ name }) => name.includes(mediaBuyId))?.order_id}`)
    }
    it.buy = (buyer, item = {}) => buy(buyer, { package: { bid_price: undefined, ...item } }, desk.now)
    await desk.db
      .insertInto('adapter_configs')
      .values({
        connection_id: 'adcp',
        tenant_id: 'northwind',
        kind: 'adcp_mock',
        name: 'AdCP ad server',
        secret_name: 'SALESDESK_SECRET_MOCK',
        settings: jsonb({
          base_url: it.proxy.url,
          network_code: 'net_premium_us',
          advertiser_id: 'adv_volta',
          ...settings,
        }),
      })
      .execute()
    await desk.db
      .updateTable('products')
      .set({
        connection_id: 'adcp',
        ad_server_config: jsonb({
          product_id: 'sports_preroll_q2_guaranteed',
          ad_unit_targeting: ['au_us_video_preroll'],
        }),
      })
      .where('product_id', '=', product_id)
      .execute()
    await desk.db
      .updateTable('pricing_options')
      .set({ floor_price: null, fixed_price: '5' })
      .where('product_id', '=', product_id)
      .execute()
    await desk.db
      .transaction()
      .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'adcp' }))
    await desk.runJobs(new Date())
    afterClose.push(
      () => it.proxy.close(),
      () => mock.close(),
    )
  })
  const afterClose: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const close of afterClose) await close()
  })
  return it
}
