import { ADCPMultiAgentClient } from '@adcp/sdk'
import { beforeAll, afterEach, describe, expect, test, vi } from 'vitest'
import { aBanner } from '../support/creatives.ts'
import { deliver, move } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args } from '../support/desk.ts'
import { behave } from '../support/orders.ts'

const desk = testDesk()
const account = { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' }
beforeAll(() => behave(desk.db, {}, 'trail_display_run_of_site'))

/** What a call of the SDK's client comes to; the client holds requests and answers against AdCP's schemas itself. */
interface Result {
  success: boolean
  status: string
  data?: Args
  error?: string
}
type Agent = Record<string, (args: Args) => Promise<Result>>

/** AdCP's own client over MCP. It never sends a field that tools/list does not name: it warns and leaves it out. */
async function sdkBuyer(version: Args) {
  const agent = { id: 'desk', name: 'desk', agent_uri: `${desk.url}/mcp`, protocol: 'mcp' as const }
  const client = new ADCPMultiAgentClient([{ ...agent, auth_token: await desk.token() }], {
    // it knows the schemas of 3.0 only, and those refuse the finer valid_actions of 3.1
    validation: { requests: 'strict', responses: version['adcp_version'] === '3.1' ? 'off' : 'strict' },
    requireV3ForMutations: true,
  }).agent('desk') as unknown as Agent
  return async (method: string, args: Args): Promise<Args> => {
    const { success, data, error, status } = (await client[method]?.({ ...version, ...args })) ?? {}
    if (!success) throw new Error(`${method}: ${status} ${error} ${JSON.stringify(data)}`)
    return data ?? {}
  }
}

const warned = vi.spyOn(console, 'warn')
afterEach(() => warned.mockClear())

describe.each([{}, { adcp_version: '3.0' }, { adcp_version: '3.1' }])(
  'AdCP’s own client, asking for %o',
  (version) => {
    test('discovers, buys, brings creatives, sees it run and hears what was delivered', async () => {
      desk.now = new Date('2026-12-01T10:00:00Z')
      const call = await sdkBuyer(version)
      expect(await call('getAdcpCapabilities', {})).toMatchObject({ supported_protocols: ['media_buy'] })
      const { products } = await call('getProducts', {
        buying_mode: 'brief',
        brief: 'display advertising for hikers',
      })
      expect(products).toContainEqual(expect.objectContaining({ product_id: 'trail_display_run_of_site' }))

      const bought = await call(
        'createMediaBuy',
        aPurchase({ start_time: '2026-12-02T00:00:00Z', end_time: '2026-12-12T00:00:00Z' }, desk.now),
      )
      const id = String(bought['media_buy_id'])
      expect(bought).toMatchObject({ media_buy_status: 'pending_creatives', revision: 1 })
      await desk.runJobs()

      const [item] = bought['packages'] as { package_id: string }[]
      const creative_id = `sdk_${id.slice(-6)}`
      const synced = await call('syncCreatives', {
        idempotency_key: `sdk-creatives-${id}`,
        account,
        creatives: [aBanner(creative_id)],
        assignments: [{ creative_id, package_id: item?.package_id }],
      })
      expect(synced['creatives']).toMatchObject([{ creative_id, action: 'created' }])
      await desk.runJobs()
      const listed = async () => {
        const { media_buys } = await call('getMediaBuys', { media_buy_ids: [id] })
        return (media_buys as Args[])[0]
      }
      expect(await listed()).toMatchObject({
        status: 'pending_start',
        packages: [{ creative_assignments: [{ creative_id }] }],
      })

      desk.now = new Date('2026-12-03T10:00:00Z')
      await move(desk, id, 'active')
      await deliver(desk, id, { day: '2026-12-02', figures: { impressions: 1000, spend: 5, clicks: 7 } })
      expect(await listed()).toMatchObject({ status: 'active' })
      const report = await call('getMediaBuyDelivery', { media_buy_ids: [id] })
      expect(report['media_buy_deliveries']).toMatchObject([
        { media_buy_id: id, totals: { impressions: 1000, spend: 5 } },
      ])
      expect(warned.mock.calls).toEqual([])
    })
  },
)
