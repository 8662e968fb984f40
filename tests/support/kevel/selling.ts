import type { AdServerAdapter, ApprovedBuy } from '../../../src/adapters/adapter.ts'
import { connectAdapter } from '../../../src/adapters/index.ts'
import { noDownload } from '../buyers_files.ts'
import type { FakeKevel } from './server.ts'
import { onThisMachine } from '../own_machine.ts'

/** How a product of the fake network is configured. */
export const onHomepage = {
  priority_id: 702,
  site_zones: [{ site_id: 801, zone_id: 901 }],
  ad_types: [{ ad_type_id: 5, width: 300, height: 250 }],
}

/** The adapter, connected to that address. */
export function connectTo(
  url: string,
  secret: string,
  settings: Record<string, unknown> = {},
): AdServerAdapter {
  return connectAdapter('kevel', {
    connection_id: 'kevel',
    settings: { base_url: url, network_id: 9872, currency: 'USD', ...settings },
    secret,
    fetch: onThisMachine,
    download: noDownload,
    books: undefined as never,
  })
}

/** What the network holds for a buy. */
export function heldFor({ books }: FakeKevel, { media_buy_id }: Pick<ApprovedBuy, 'media_buy_id'>) {
  const campaigns = books.campaigns.filter(({ Name }) => String(Name).endsWith(`[adcp:${media_buy_id}]`))
  const flights = books.flights.filter(({ CampaignId }) => campaigns.some(({ Id }) => Id === CampaignId))
  const ads = books.ads.filter(({ FlightId }) => flights.some(({ Id }) => Id === FlightId))
  return { campaigns, flights, ads }
}
