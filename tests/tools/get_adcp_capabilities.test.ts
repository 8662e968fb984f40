import { expect, test } from 'vitest'
import { testDesk, type Args } from '../support/desk.ts'

const desk = testDesk()
const ask = async (args: Args = {}, principal?: string) => {
  const buyer = await desk.buyer(principal)
  return (await buyer.call('get_adcp_capabilities', args)).body
}

test('a buyer learns what this desk speaks, sells and can target', async () => {
  const body = await ask()
  expect(body).toMatchObject({
    status: 'completed',
    adcp: {
      major_versions: [3],
      supported_versions: ['3.0', '3.1'],
      idempotency: { supported: true, replay_ttl_seconds: 86_400, in_flight_max_seconds: 60 },
    },
    supported_protocols: ['media_buy'],
    specialisms: ['sales-guaranteed', 'sales-non-guaranteed', 'sales-proposal-mode'],
    account: {
      require_operator_auth: false,
      supported_billing: ['operator'],
      required_for_products: false,
      account_financials: true,
      sandbox: false,
    },
    media_buy: {
      supported_pricing_models: ['cpc', 'cpcv', 'cpm', 'cpp', 'cpv', 'flat_rate', 'time', 'vcpm'],
      execution: {
        targeting: {
          geo_countries: true,
          geo_regions: true,
          geo_metros: { nielsen_dma: true },
          language: true,
        },
      },
    },
  })
  const { portfolio } = body['media_buy'] as { portfolio: Args }
  expect(portfolio['publisher_domains']).toContain('trailandpeak.example')
  expect(portfolio['primary_channels']).toContain('olv')
})

test('it says the same about the portfolio as list_authorized_properties', async () => {
  const buyer = await desk.buyer()
  const old = (await buyer.call('list_authorized_properties')).body
  const { portfolio } = (await ask())['media_buy'] as { portfolio: Args }
  expect(portfolio).toEqual({
    publisher_domains: old['publisher_domains'],
    primary_channels: ['display', 'olv', 'dooh', 'email', 'ctv', 'podcast', 'streaming_audio'],
    primary_countries: old['primary_countries'],
    description: old['portfolio_description'],
    advertising_policies: old['advertising_policies'],
  })
  expect((await ask())['last_updated']).toBe(old['last_updated'])
})

test('a sandbox buyer is told that it is one', async () => {
  expect((await ask({}, 'sandbox_agent'))['account']).toMatchObject({ sandbox: true })
})

test('a buyer can ask for some protocols only', async () => {
  expect(await ask({ protocols: ['media_buy'] })).toHaveProperty('media_buy')
  const other = await ask({ protocols: ['signals'] })
  expect(other).not.toHaveProperty('media_buy')
  expect(other['supported_protocols']).toEqual(['media_buy'])
})

test('targeting that one of the ad servers cannot do is not promised', async () => {
  const set = (capabilities: string) =>
    desk.db
      .updateTable('adapter_configs')
      .set({ capabilities })
      .where('connection_id', '=', 'screens')
      .execute()
  const { capabilities } = await desk.db
    .selectFrom('adapter_configs')
    .select('capabilities')
    .where('connection_id', '=', 'screens')
    .executeTakeFirstOrThrow()
  const targetingOf = async () => ((await ask())['media_buy'] as { execution: Args }).execution['targeting']
  await set(JSON.stringify({ ...(capabilities as object), targeting: ['geo_countries'] }))
  expect(await targetingOf()).toEqual({ geo_countries: true, geo_regions: false, language: false })
  await desk.db.updateTable('adapter_configs').set({ capabilities: null }).execute()
  expect(await targetingOf()).toEqual({ geo_countries: false, geo_regions: false, language: false })
})

test('it claims only ways of selling it has', async () => {
  expect((await ask({ adcp_version: '3.1' }))['specialisms']).toEqual([
    'sales-guaranteed',
    'sales-non-guaranteed',
  ])
  await desk.db.updateTable('tenants').set({ sells_proposals: false }).execute()
  await desk.db.updateTable('products').set({ delivery_type: 'non_guaranteed' }).execute()
  expect((await ask())['specialisms']).toEqual(['sales-non-guaranteed'])
})
