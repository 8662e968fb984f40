import type { AdServerAdapter, ApprovedBuy } from '../../../src/adapters/adapter.ts'
import { connectAdapter } from '../../../src/adapters/index.ts'
import { noDownload } from '../buyers_files.ts'
import type { FakeBroadstreet } from './server.ts'
import { onThisMachine } from '../own_machine.ts'

/** How a product of the fake network is configured. */
export const onHomepage = { zone_ids: [61, 62] }
export const ofNetwork = { network_id: 85, time_zone: 'America/New_York', currency: 'USD' }

/** The adapter, connected to that address. */
export function connectTo(
  url: string,
  secret: string,
  settings: Record<string, unknown> = {},
): AdServerAdapter {
  return connectAdapter('broadstreet', {
    connection_id: 'broadstreet',
    settings: { base_url: url, ...ofNetwork, ...settings },
    secret,
    fetch: onThisMachine,
    download: noDownload,
    books: undefined as never,
  })
}

/** What the network holds for a buy: its records, and the campaigns of its packages. */
export function heldFor({ books }: FakeBroadstreet, { media_buy_id }: Pick<ApprovedBuy, 'media_buy_id'>) {
  const records = books.campaigns.filter(({ name }) => String(name).endsWith(`[adcp:${media_buy_id}]`))
  const campaigns = books.campaigns.filter(({ name }) => String(name).includes(`[adcp:${media_buy_id}:`))
  const advertisements = books.advertisements.filter(({ name }) => String(name).includes(media_buy_id))
  const placements = books.placements.filter((one) => campaigns.some(({ id }) => id === one.campaign_id))
  return { records, campaigns, advertisements, placements }
}
