import { expect } from 'vitest'
import { aPurchase, type Args, type TestBuyer, type TestDesk, type ToolAnswer } from './desk.ts'

export interface Bought {
  media_buy_id: string
  package_ids: string[]
  package_id: string
}
const account = { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' }
let serial = 0

/** A change with a key of its own. */
export const aChange = (media_buy_id: string, args: Args): Args => ({
  idempotency_key: `test-update-${String(++serial).padStart(8, '0')}`,
  account,
  media_buy_id,
  ...args,
})

/** What tests of update_media_buy do over and over. */
export function updates(desk: TestDesk, buyer: () => TestBuyer) {
  return {
    change: (media_buy_id: string, args: Args): Promise<ToolAnswer> =>
      buyer().call('update_media_buy', aChange(media_buy_id, args)),

    async buy(overrides: Args & { package?: Args } = {}): Promise<Bought> {
      const { body, texts } = await buyer().call('create_media_buy', aPurchase(overrides, desk.now))
      expect(body['media_buy_id'], texts.join('\n')).toBeTypeOf('string')
      const packages = body['packages'] as { package_id: string }[]
      const package_ids = packages.map(({ package_id }) => package_id)
      return { media_buy_id: String(body['media_buy_id']), package_ids, package_id: package_ids[0] ?? '' }
    },

    async see(media_buy_id: string, args: Args = {}) {
      const wanted = { media_buy_ids: [media_buy_id], include_history: 50, ...args }
      const { body } = await buyer().call('get_media_buys', wanted)
      const [found] = body['media_buys'] as (Args & { packages: Args[]; history: Args[]; revision: number })[]
      if (!found) throw new Error('not seen')
      return found
    },

    inDays: (days: number) => new Date(desk.now.getTime() + days * 86_400_000).toISOString(),
  }
}
