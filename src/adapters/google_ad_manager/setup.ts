import type { Setup } from '../adapter.ts'
import { parseServiceAccount, ProductConfig, Settings } from './config.ts'
import { surveyNetwork } from './survey.ts'

export const setup: Setup = {
  name: 'Google Ad Manager',
  about: 'Orders and line items in a network of Google Ad Manager, over its SOAP API.',
  secret: {
    label: 'Key of the service account',
    hint: 'The JSON file Google Cloud hands out for the account. In Ad Manager, allow API access and add the account as a user that may trade in orders, such as Trafficker.',
    file: true,
    parse: parseServiceAccount,
  },
  settings: Settings,
  network: 'network_code',
  offered: ['network_code', 'trafficker_id', 'advertiser_id'],
  survey: surveyNetwork,
  sells(ad_server_config) {
    const config = ProductConfig.partial().safeParse(ad_server_config).data
    const { ad_unit_ids = [], placement_ids = [], include_descendants = true } = config ?? {}
    return { ad_units: ad_unit_ids, placements: placement_ids, below: include_descendants }
  },
}
