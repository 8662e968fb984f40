import { beforeAll, describe, expect, test } from 'vitest'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import type { MediaBuyStatus } from '../../src/db/schema.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { updates, type Bought } from '../support/updates.ts'

const desk = testDesk()
let buyer: TestBuyer
const { change, buy, see, inDays } = updates(desk, () => buyer)

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  await buyer.call('sync_creatives', aSync({ creatives: [aBanner('a'), aBanner('b')] }))
})

const open = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
  creative_assignments: [{ creative_id: 'a' }],
}
/** How a buyer of AdCP 3.1 does each thing it has a word for. */
const how: Record<string, (bought: Bought) => Args> = {
  pause: () => ({ paused: true }),
  resume: () => ({ paused: false }),
  cancel: () => ({ canceled: true }),
  extend_flight: () => ({ end_time: inDays(40) }),
  shorten_flight: () => ({ end_time: inDays(30) }),
  update_flight_dates: () => ({ start_time: inDays(16), end_time: inDays(40) }),
  increase_budget: ({ package_id }) => ({ packages: [{ package_id, budget: 4500 }] }),
  decrease_budget: ({ package_id }) => ({ packages: [{ package_id, budget: 3500 }] }),
  reallocate_budget: ({ package_ids: [one, two] }) => ({
    packages: [
      { package_id: one, budget: 4100 },
      { package_id: two, budget: 3900 },
    ],
  }),
  update_targeting: ({ package_id }) => ({
    packages: [{ package_id, targeting_overlay: { geo_countries: ['DE'] } }],
  }),
  update_frequency_caps: ({ package_id }) => ({
    packages: [
      {
        package_id,
        targeting_overlay: { frequency_cap: { suppress: { interval: 60, unit: 'minutes' } } },
      },
    ],
  }),
  update_pacing: ({ package_id }) => ({ packages: [{ package_id, pacing: 'asap' }] }),
  update_creative_assignments: ({ package_id }) => ({
    packages: [{ package_id, creative_assignments: [{ creative_id: 'b' }] }],
  }),
  replace_creative: ({ package_id }) => ({ packages: [{ package_id, creatives: [aBanner('c')] }] }),
  remove_creative: ({ package_id }) => ({ packages: [{ package_id, creative_assignments: [] }] }),
  add_packages: () => ({ new_packages: [open] }),
  remove_packages: ({ package_id }) => ({ packages: [{ package_id, canceled: true }] }),
}
const ways: Record<string, MediaBuyStatus[]> = {
  pending_start: [],
  active: ['active'],
  paused: ['paused'],
  completed: ['active', 'completed'],
  rejected: ['rejected'],
  canceled: ['canceled'],
}

async function boughtIn(status: string): Promise<Bought> {
  const item = status === 'pending_creatives' ? { ...open, creative_assignments: undefined } : open
  const bought = await buy({ packages: [item, item] })
  for (const to of ways[status] ?? [])
    await desk.db
      .transaction()
      .execute((trx) =>
        moveMediaBuy(
          trx,
          { kind: 'operator', name: 'test' },
          { tenant_id: 'northwind', media_buy_id: bought.media_buy_id, to, action: to, now: desk.now },
        ),
      )
  return bought
}

describe.each(['pending_creatives', ...Object.keys(ways)])('a media buy that is %s', (status) => {
  test.each(Object.keys(how))('says whether it takes %s, and means it', async (action) => {
    const bought = await boughtIn(status)
    const { media_buy_id } = bought
    const before = await see(media_buy_id, { adcp_version: '3.1' })
    expect(before['status']).toBe(status)
    const said = (before['available_actions'] as { action: string }[]).map((one) => one.action)
    const { isError } = await change(media_buy_id, { adcp_version: '3.1', ...how[action]?.(bought) })
    const { revision } = await see(media_buy_id)
    expect({ action, changed: revision > before.revision }).toEqual({
      action,
      changed: said.includes(action),
    })
    if (said.includes(action)) expect(isError).toBe(false)
    if (said.length === 0) expect(isError).toBe(true)
  })

  test('is told in the words of each release, none twice', async () => {
    const { media_buy_id } = await boughtIn(status)
    const [old, fresh] = [await see(media_buy_id), await see(media_buy_id, { adcp_version: '3.1' })]
    const over = ['completed', 'rejected', 'canceled'].includes(status)
    const all = [
      'cancel',
      'add_packages',
      'update_budget',
      'update_dates',
      'update_packages',
      'sync_creatives',
    ]
    const words3_0 = over ? [] : [status === 'paused' ? 'resume' : 'pause', ...all]
    expect(old['valid_actions']).toEqual(words3_0)
    expect(old).not.toHaveProperty('available_actions')
    expect(fresh['valid_actions']).toEqual(expect.arrayContaining(words3_0))
    const available = (fresh['available_actions'] as { action: string }[]).map(({ action }) => action)
    expect(new Set(available).size).toBe(available.length)
    expect((fresh['valid_actions'] as string[]).slice(0, available.length)).toEqual(available)
  })
})
