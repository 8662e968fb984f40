import { beforeAll, describe, expect, test } from 'vitest'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  await buyer.call('sync_creatives', aSync({ creatives: [aBanner('a'), aBanner('b')] }))
})

const inDays = (days: number) => new Date(desk.now.getTime() + days * 86_400_000).toISOString()
const account = { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' }
let serial = 0
const change = (media_buy_id: string, args: Args, as = buyer) =>
  as.call('update_media_buy', {
    idempotency_key: `test-update-${String(++serial).padStart(8, '0')}`,
    account,
    media_buy_id,
    ...args,
  })

interface Bought {
  media_buy_id: string
  packages: { package_id: string }[]
}
async function bought(overrides: Args & { package?: Args } = {}) {
  const { body, texts } = await buyer.call('create_media_buy', aPurchase(overrides, desk.now))
  expect(body['media_buy_id'], texts.join('\n')).toBeTypeOf('string')
  const { media_buy_id, packages } = body as unknown as Bought
  return { media_buy_id, package_id: packages[0]?.package_id ?? '' }
}
async function seen(media_buy_id: string, args: Args = {}) {
  const { body } = await buyer.call('get_media_buys', {
    media_buy_ids: [media_buy_id],
    include_history: 20,
    ...args,
  })
  const [buy] = body['media_buys'] as (Args & { packages: Args[]; history: Args[] })[]
  if (!buy) throw new Error('not seen')
  return buy
}

describe('a buyer', () => {
  test('pauses, resumes and cancels', async () => {
    const { media_buy_id } = await bought()
    const paused = await change(media_buy_id, { paused: true })
    expect(paused.body).toMatchObject({
      status: 'paused',
      media_buy_status: 'paused',
      revision: 2,
      affected_packages: [],
      implementation_date: desk.now.toISOString(),
      replayed: false,
    })
    expect(paused.body['valid_actions']).toContain('resume')
    expect((await change(media_buy_id, { paused: false, adcp_version: '3.1' })).body).toMatchObject({
      status: 'completed',
      media_buy_status: 'active',
      revision: 3,
    })
    const over = await change(media_buy_id, { canceled: true, cancellation_reason: 'No money', paused: true })
    const cancellation = { canceled_at: desk.now.toISOString(), canceled_by: 'buyer', reason: 'No money' }
    expect(over.body).toMatchObject({ status: 'canceled', revision: 4, cancellation, valid_actions: [] })
    expect(await seen(media_buy_id)).toMatchObject({ status: 'canceled', cancellation, valid_actions: [] })
    expect((await change(media_buy_id, { canceled: true })).body.adcp_error?.code).toBe('NOT_CANCELLABLE')
    for (const args of [{ paused: true }, { paused: false }, { end_time: inDays(40) }])
      expect((await change(media_buy_id, args)).body.adcp_error?.code).toBe('INVALID_STATE')
  })

  test('changes budget, bid, pacing, targeting and creatives of a package, and nothing else of it', async () => {
    const { media_buy_id, package_id } = await bought()
    const before = await seen(media_buy_id)
    const { body } = await change(media_buy_id, {
      revision: 1,
      packages: [
        {
          package_id,
          budget: 5000,
          bid_price: 6,
          targeting_overlay: { geo_countries: ['DE'] },
          creative_assignments: [{ creative_id: 'a', weight: 30 }],
        },
      ],
    })
    expect(body, JSON.stringify(body)).toMatchObject({
      revision: 2,
      status: 'pending_start',
      total_budget: 5000,
    })
    expect(body['affected_packages']).toEqual([
      {
        ...before.packages[0],
        budget: 5000,
        bid_price: 6,
        targeting_overlay: { geo_countries: ['DE'] },
        creative_assignments: [{ creative_id: 'a', weight: 30 }],
      },
    ])
    const after = await seen(media_buy_id)
    expect(after).toMatchObject({ revision: 2, status: 'pending_start', total_budget: 5000 })
    expect(after.history.map(({ action, summary }) => [action, summary])).toEqual([
      ['creatives_assigned', 'pending_creatives → pending_start'],
      ['creatives_assigned', 'Shows a'],
      ['targeting_updated', 'Targeting changed'],
      ['updated_packages', 'Bid from 5 to 6 EUR'],
      ['updated_budget', 'Budget from 4,000 to 5,000 EUR'],
      ['created', undefined],
    ])
  })
})
