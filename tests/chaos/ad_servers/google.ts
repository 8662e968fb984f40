import { fromMicros } from '../../../src/adapters/google_ad_manager/money.ts'
import type { NetworkTime } from '../../../src/adapters/google_ad_manager/network_time.ts'
import { letThrough, type Passage } from '../../support/gate.ts'
import { budgetOf, momentOf, shown } from '../../support/google_ad_manager/line_items.ts'
import type { Thing } from '../../support/google_ad_manager/objects.ts'
import { startFakeGoogle, type FakeGoogle } from '../../support/google_ad_manager/server.ts'
import { keyIn, type AdServer, type BookedItem } from './ad_server.ts'

/** The fake network of Google Ad Manager. */
export async function startGoogle(): Promise<AdServer & { google: FakeGoogle }> {
  const google = await startFakeGoogle()
  const { books, url } = google
  const operation: AdServer['operation'] = ({ path, body }) =>
    path === '/token' ? 'token' : (/<\w+:Body>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? path)
  /** The next call of this kind, most likely this one, is answered with an error. */
  const grumble = (type: string, reason: string, carried_out: boolean) => (passage: Passage) => {
    if (operation(passage) !== 'token')
      google.next(operation(passage), { carried_out, answer: [{ type, reason }] })
    return letThrough(passage)
  }
  return {
    google,
    connection_id: 'gam',
    name: 'Google Ad Manager',
    url,
    settings: (base_url) => ({
      ...google.settings,
      base_url,
      create_advertisers: true,
      answer_lag_seconds: 1,
      poll_minutes: 1,
      timeout_ms: 15_000,
    }),
    secret: (gate) =>
      JSON.stringify({ ...(JSON.parse(google.serviceAccount) as object), token_uri: `${gate}/token` }),
    operation,
    moods: {
      'quota exceeded': grumble('QuotaError', 'EXCEEDED_QUOTA', false),
      'server busy': grumble('ServerError', 'SERVER_BUSY', false),
      'error after success': grumble('InternalApiError', 'ERROR_GENERATING_RESPONSE', true),
    },
    orders: async () =>
      books.orders.map((order) => ({
        media_buy_id: keyIn(order['name']).split(':')[1] ?? '',
        order_id: String(order['id']),
        live: !order['archived'],
        approved: order['status'] === 'APPROVED',
        items: books.lineItems
          .filter(({ orderId }) => orderId === order['id'])
          .map((item) => googleItem(google, item)),
      })),
    uploads: async () => books.creatives.map(({ name }) => keyIn(name)),
    close: google.close,
  }
}

function googleItem({ books }: FakeGoogle, item: Thing): BookedItem {
  const shows = books.associations.filter(
    ({ lineItemId, status }) => lineItemId === item['id'] && status === 'ACTIVE',
  )
  const creatives = shows.map(({ creativeId }) => books.creatives.find(({ id }) => id === creativeId))
  return {
    line_item_id: String(item['id']),
    live: !item['archived'],
    money: fromMicros(budgetOf(item)),
    package_id: String(item['externalId']).split(':')[2],
    paused: shown(books, item)['status'] === 'PAUSED',
    end: momentOf(item['endDateTime'] as NetworkTime),
    creatives: creatives.map((creative) => keyIn(creative?.['name']).split(':')[2] ?? ''),
  }
}
