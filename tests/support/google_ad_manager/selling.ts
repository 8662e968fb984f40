import { newId } from '../../../src/ids.ts'
import type {
  AdServerAdapter,
  ApprovedBuy,
  ApprovedPackage,
  Download,
} from '../../../src/adapters/adapter.ts'
import { connectAdapter } from '../../../src/adapters/index.ts'
import { buyersPictures } from '../buyers_files.ts'
import type { Thing } from './objects.ts'
import { startFakeGoogle, type FakeGoogle } from './server.ts'
import { onThisMachine } from '../own_machine.ts'

/** The adapter, connected to that fake network. */
export function connectTo(
  google: Pick<FakeGoogle, 'settings' | 'serviceAccount'>,
  settings: Record<string, unknown> = {},
  secret = google.serviceAccount,
  download: Download = buyersPictures,
): AdServerAdapter {
  const books = undefined as never
  const connection = {
    connection_id: 'gam',
    settings: { ...google.settings, ...settings },
    secret,
    fetch: onThisMachine,
    download,
    books,
  }
  return connectAdapter('google_ad_manager', connection)
}

/** A service account of another network, that asks this one for tokens. */
export async function strangersKey(google: FakeGoogle): Promise<string> {
  const other = await startFakeGoogle()
  await other.close()
  const key = JSON.parse(other.serviceAccount) as Record<string, unknown>
  return JSON.stringify({ ...key, token_uri: `${google.url}/token` })
}

/** How a product of the fake network is configured. */
export const onHomepage = { ad_unit_ids: ['2001'], placeholders: [{ width: 300, height: 250 }] }

/** A guaranteed CPM package whose impressions cost exactly its budget. */
export function aPackage(overrides: Partial<ApprovedPackage> = {}): ApprovedPackage {
  return {
    package_id: newId('pkg'),
    product_id: 'homepage',
    product_name: 'Homepage',
    delivery_type: 'guaranteed',
    pricing_model: 'cpm',
    price: '5.0000',
    bid_price: null,
    budget: '1250.00',
    impressions: null,
    pacing: 'even',
    start_time: '2027-03-01T05:00:00.000Z',
    end_time: '2027-04-01T04:00:00.000Z',
    targeting_overlay: {},
    paused: false,
    creatives: [],
    ad_server_config: onHomepage,
    sizes: [],
    ...overrides,
  }
}

/** A buy of one package, or of those given. */
export function aBuy(packages = [aPackage()], overrides: Partial<ApprovedBuy> = {}): ApprovedBuy {
  return {
    media_buy_id: newId('mb'),
    revision: 1,
    name: 'Volta spring launch',
    advertiser_id: '5001',
    brand_domain: 'volta.example',
    currency: 'USD',
    total_budget: '1250.00',
    start_time: '2027-03-01T05:00:00.000Z',
    end_time: '2027-04-01T04:00:00.000Z',
    po_number: null,
    packages,
    ...overrides,
  }
}

/** What the network holds for a buy. */
export function heldFor(
  google: FakeGoogle,
  { media_buy_id }: ApprovedBuy,
): { orders: Thing[]; items: Thing[] } {
  const orders = google.books.orders.filter(({ name }) => String(name).endsWith(`[adcp:${media_buy_id}]`))
  const items = google.books.lineItems.filter(({ orderId }) => orders.some(({ id }) => id === orderId))
  return { orders, items }
}
