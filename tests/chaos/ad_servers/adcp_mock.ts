import { bootMockServer } from '@adcp/sdk/mock-server'
import { keyIn, type AdServer } from './ad_server.ts'

/** The ad server of the AdCP SDK. */
export async function startAdcpMock(): Promise<AdServer> {
  const apiKey = 'mock_sales_guaranteed_key_do_not_use_in_prod'
  const network_code = 'net_premium_us'
  const mock = await bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey })
  const ask = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${apiKey}`, 'x-network-code': network_code }
    return (await (await fetch(mock.url + path, { headers })).json()) as T
  }
  const uploaded = async () =>
    (await ask<{ creatives: { creative_id: string; name: string }[] }>('/v1/creatives')).creatives
  return {
    connection_id: 'adcp',
    name: 'adcp_mock',
    url: mock.url,
    settings: (base_url) => ({
      base_url,
      network_code,
      advertiser_id: 'adv_volta',
      poll_interval_ms: 200,
    }),
    secret: () => apiKey,
    operation: ({ method, path }) =>
      `${method} ${path.replace(/\/(ord|li|task)_\w+/g, '/:id').replace(/^\/v1/, '')}`,
    moods: {},
    async orders() {
      const keys = new Map((await uploaded()).map(({ creative_id, name }) => [creative_id, keyIn(name)]))
      const { orders } = await ask<{ orders: MockOrder[] }>('/v1/orders')
      return Promise.all(
        orders.map(async ({ order_id, name }) => {
          // its list is older than what a look at one order tells
          const { status } = await ask<MockOrder>(`/v1/orders/${order_id}`)
          const { line_items } = await ask<{ line_items: MockItem[] }>(`/v1/orders/${order_id}/lineitems`)
          const items = line_items.map(({ line_item_id, budget, creative_ids }) => ({
            line_item_id,
            live: true,
            money: budget.toFixed(2),
            package_id: undefined,
            paused: undefined,
            end: undefined,
            creatives: creative_ids.map((id) => keys.get(id)?.split(':')[2] ?? id),
          }))
          const approved = ['approved', 'delivering', 'completed'].includes(status)
          const live = !['rejected', 'canceled'].includes(status)
          return { media_buy_id: keyIn(name).split(':')[1] ?? '', order_id, live, approved, items }
        }),
      )
    },
    uploads: async () => (await uploaded()).map(({ name }) => keyIn(name)),
    close: () => mock.close(),
  }
}

interface MockOrder {
  order_id: string
  name: string
  status: string
}
interface MockItem {
  line_item_id: string
  budget: number
  creative_ids: string[]
}
