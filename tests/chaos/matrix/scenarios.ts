import type { AdServer } from '../ad_servers/ad_server.ts'
import { aTag } from '../../support/creatives.ts'
import type { Args } from '../../support/desk.ts'
import { aChange } from '../../support/updates.ts'
import type { Lane } from './lane.ts'

/** What a buyer does, whose every call to the ad server is then disturbed once. */
export interface Scenario {
  name: string
  connection_id: AdServer['connection_id']
  /** What must stand before the calls count, by its media_buy_id; its calls are left in peace. */
  before?: (lane: Lane) => Promise<string>
  /** What the buyer does then, one after the other, each once the last has come to rest. */
  acts: ((lane: Lane, mediaBuyId: string) => Promise<string>)[]
}

let serial = 0

/** Buys three packages with a creative each, two of them sharing one, for a brand of its own unless one is named. */
function buyThree(product_id: string, brand?: string) {
  return async ({ buyer }: Lane): Promise<string> => {
    const number = ++serial
    const domain = brand ?? `brand-${number}.example`
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    const packages = [1, 2, 3].map((n) => ({
      product_id,
      pricing_option_id: 'cpm',
      budget: 1000 * n,
      creatives: [aTag(`banner_${number}_${Math.min(n, 2)}`)],
    }))
    const { isError, body, texts } = await buyer.call('create_media_buy', {
      idempotency_key: `chaos-matrix-${String(number).padStart(8, '0')}`,
      account: { brand: { domain }, operator: 'pinnacle-agency.example' },
      brand: { domain },
      start_time: inDays(14),
      end_time: inDays(35),
      packages,
    })
    if (isError || typeof body['media_buy_id'] !== 'string')
      throw new Error(`not bought: ${texts.join('\n')}`)
    return body['media_buy_id']
  }
}

function change(args: (packageIds: string[]) => Args) {
  return async ({ buyer, db }: Lane, mediaBuyId: string): Promise<string> => {
    const rows = await db
      .selectFrom('media_packages')
      .select('package_id')
      .where('media_buy_id', '=', mediaBuyId)
      .orderBy('position')
      .execute()
    const wanted = args(rows.map(({ package_id }) => package_id))
    const { isError, texts } = await buyer.call('update_media_buy', aChange(mediaBuyId, wanted))
    if (isError) throw new Error(`not changed: ${texts.join('\n')}`)
    return mediaBuyId
  }
}

export const scenarios: readonly Scenario[] = [
  { name: 'a new order', connection_id: 'gam', acts: [buyThree('on_gam')] },
  { name: 'a new order', connection_id: 'adcp', acts: [buyThree('on_adcp')] },
  {
    name: 'a change, then the end',
    connection_id: 'gam',
    before: buyThree('on_gam', 'acme-outdoor.example'),
    acts: [
      change(([first, second]) => ({
        packages: [
          { package_id: first, paused: true },
          { package_id: second, budget: 5000 },
        ],
      })),
      change(() => ({ canceled: true })),
    ],
  },
]
