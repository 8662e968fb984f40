import { parseApiKey, sellsNothing, type Setup } from '../adapter.ts'
import { ProductConfig, Settings } from './config.ts'
import { surveyNetwork } from './survey.ts'

export const setup: Setup = {
  name: 'Broadstreet',
  about: 'Campaigns in the zones of a Broadstreet network, over its REST API.',
  secret: {
    label: 'Access token',
    hint: 'From Broadstreet: your profile, Access Token.',
    file: false,
    parse: parseApiKey,
  },
  settings: Settings,
  network: 'network_id',
  offered: ['network_id', 'advertiser_id'],
  survey: surveyNetwork,
  sells(ad_server_config) {
    const { data } = ProductConfig.safeParse(ad_server_config)
    return data ? { ad_units: data.zone_ids.map(String), placements: [], below: false } : sellsNothing
  },
}
