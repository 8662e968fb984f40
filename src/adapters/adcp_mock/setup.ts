import { parseApiKey, sellsNothing, type Setup } from '../adapter.ts'
import { ProductConfig, Settings } from './config.ts'

export const setup: Setup = {
  name: 'AdCP mock server',
  about: 'The practice ad server of @adcp/sdk: orders with approvals, and nothing is served.',
  secret: {
    label: 'API key',
    hint: 'The one the mock server was started with.',
    file: false,
    parse: parseApiKey,
  },
  settings: Settings,
  network: 'network_code',
  offered: [],
  sells(ad_server_config) {
    const { data } = ProductConfig.safeParse(ad_server_config)
    return data ? { ad_units: data.ad_unit_targeting, placements: [], below: false } : sellsNothing
  },
}
