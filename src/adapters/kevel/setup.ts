import { parseApiKey, sellsNothing, type Setup } from '../adapter.ts'
import { ProductConfig, Settings } from './config.ts'
import { surveyNetwork } from './survey.ts'

export const setup: Setup = {
  name: 'Kevel',
  about: 'Campaigns and flights in a network of Kevel, over its Management API.',
  secret: { label: 'API key', hint: 'From Kevel: Settings, API Keys.', file: false, parse: parseApiKey },
  settings: Settings,
  network: 'network_id',
  offered: ['advertiser_id'],
  survey: surveyNetwork,
  sells(ad_server_config) {
    const { data } = ProductConfig.safeParse(ad_server_config)
    if (!data) return sellsNothing
    const places = data.site_zones.map(({ site_id, zone_id }) =>
      zone_id === undefined ? `site:${site_id}` : `zone:${zone_id}`,
    )
    return { ad_units: places, placements: [], below: true }
  },
}
