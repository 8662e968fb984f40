import { beforeAll, describe, expect, test } from 'vitest'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const buy = async (overrides: Args & { package?: Args } = {}) => {
  const { body, texts } = await buyer.call('create_media_buy', aPurchase(overrides, desk.now))
  return { body, said: texts[1] }
}
const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}

describe('a purchase accepted at once', () => {
  test('is answered with the buy as it stands and each package as agreed', async () => {
    const { body, said } = await buy({
      package: { context: { line: 'li-1' }, targeting_overlay: { geo_countries: ['DE'] } },
    })
    expect(body).toEqual({
      status: 'pending_creatives',
      media_buy_id: expect.stringMatching(/^mb_[\w-]{22}$/),
      media_buy_status: 'pending_creatives',
      account: {
        account_id: expect.stringMatching(/^acc_/),
        name: 'acme-outdoor.example by pinnacle-agency.example',
        status: 'active',
      },
      confirmed_at: '2026-12-15T15:30:00.000Z',
      creative_deadline: '2026-12-27T15:30:00.000Z',
      revision: 1,
      currency: 'EUR',
      total_budget: 4000,
      valid_actions: [
        'pause',
        'cancel',
        'add_packages',
        'update_budget',
        'update_dates',
        'update_packages',
        'sync_creatives',
      ],
      packages: [
        {
          package_id: expect.stringMatching(/^pkg_[\w-]{22}$/),
          product_id: 'trail_display_run_of_site',
          pricing_option_id: 'cpm_eur_auction',
          budget: 4000,
          bid_price: 5,
          pacing: 'even',
          format_ids_to_provide: [
            'display_300x250_image',
            'display_728x90_image',
            'display_320x50_image',
            'display_300x250_html',
          ].map((id) => ({ agent_url: 'https://creative.adcontextprotocol.org', id })),
          targeting_overlay: { geo_countries: ['DE'] },
          start_time: '2026-12-29T15:30:00.000Z',
          end_time: '2027-01-19T15:30:00.000Z',
          paused: false,
          canceled: false,
          context: { line: 'li-1' },
        },
      ],
      idempotency_key: expect.stringMatching(/^test-purchase-/),
      replayed: false,
    })
    expect(said).toBe(
      `Bought: ${String(body['media_buy_id'])}, now pending_creatives. See it with get_media_buys.`,
    )
  })

  test.each([
    ['3.0', { status: 'pending_creatives', media_buy_status: 'pending_creatives', adcp_version: '3.0' }],
    [
      '3.1',
      {
        status: 'completed',
        media_buy_status: 'pending_creatives',
        adcp_version: '3.1',
        currency: 'EUR',
        total_budget: 4000,
      },
    ],
  ])('is answered in the words of AdCP %s to a buyer who speaks it', async (adcp_version, expected) => {
    const { body } = await buy({ adcp_version })
    expect(body).toMatchObject(expected)
    expect('total_budget' in body).toBe(adcp_version === '3.1')
  })

  test('is answered in the words of both to a buyer who names no release', async () => {
    const { body } = await buy({ adcp_major_version: 3 })
    expect(body).toMatchObject({ status: 'pending_creatives', media_buy_status: 'pending_creatives' })
    expect(body).not.toHaveProperty('adcp_version')
  })

  test('names only the formats the buyer will bring, in full', async () => {
    const { body } = await buy({ package: { format_ids: [{ id: 'display_300x250_html' }] } })
    expect((body['packages'] as Args[])[0]?.['format_ids_to_provide']).toEqual([
      { agent_url: 'https://creative.adcontextprotocol.org', id: 'display_300x250_html' },
    ])
  })

  test('that starts before creatives could be due takes them until its end', async () => {
    const { body } = await buy({ start_time: 'asap' })
    expect(body['creative_deadline']).toBe('2027-01-19T15:30:00.000Z')
    expect((body['packages'] as Args[])[0]?.['start_time']).toBe(desk.now.toISOString())
  })

  test('of a fixed price says how many impressions it is', async () => {
    await desk.db
      .updateTable('products')
      .set({ approval_policy: 'auto' })
      .where('product_id', '=', 'news_billboard')
      .execute()
    const { body } = await buy({
      package: {
        product_id: 'news_billboard',
        pricing_option_id: 'cpm_gbp_fixed',
        budget: 3200,
        bid_price: undefined,
      },
    })
    expect((body['packages'] as Args[])[0]).toMatchObject({ impressions: 200_000, budget: 3200 })
    expect((body['packages'] as Args[])[0]).not.toHaveProperty('bid_price')
  })

  test('says that a bid on a fixed price is not used', async () => {
    const fixed = {
      product_id: 'screens_rail_germany',
      pricing_option_id: 'cpm_eur_fixed',
      budget: 5000,
      bid_price: 2,
    }
    const { body } = await buy({ package: fixed })
    expect(body['message']).toContain('bid_price of packages[0] is not used: the price is fixed.')
    const packages = await desk.db
      .selectFrom('media_packages')
      .select(['price', 'bid_price'])
      .where('product_id', '=', 'screens_rail_germany')
      .execute()
    expect(packages).toEqual([{ price: '7.8000', bid_price: null }])
  })
})

describe('a purchase a person must approve', () => {
  test.each(['3.0', '3.1', undefined])(
    'is answered with a task and with nothing that looks bought (AdCP %s)',
    async (adcp_version) => {
      const { body, said } = await buy({
        package: guaranteed,
        adcp_version,
        context: { correlation_id: 'x' },
      })
      expect(body).toEqual({
        ...(adcp_version && { adcp_version }),
        status: 'submitted',
        task_id: expect.stringMatching(/^task_[\w-]{22}$/),
        message: 'A person at the publisher must approve this purchase. Follow task_id with tasks_get.',
        idempotency_key: expect.stringMatching(/^test-purchase-/),
        replayed: false,
        context: { correlation_id: 'x' },
      })
      expect(said).toContain('Not bought yet')
    },
  )

  test('is one above the threshold, whatever is in it; at the threshold it is not', async () => {
    const packages = (...budgets: number[]) =>
      budgets.map((budget) => ({
        product_id: 'trail_display_run_of_site',
        pricing_option_id: 'cpm_eur_auction',
        budget,
        bid_price: 5,
      }))
    // 0.1 + 0.2 in floating point is more than 0.3
    expect((await buy({ packages: packages(49_999.7, 0.1, 0.2) })).body['status']).toBe('pending_creatives')
    expect((await buy({ packages: packages(0.1, 0.2, 49_999.7) })).body['status']).toBe('pending_creatives')
    expect((await buy({ packages: packages(50_000) })).body['status']).toBe('pending_creatives')
    expect((await buy({ packages: packages(25_000, 25_000.01) })).body['status']).toBe('submitted')
  })

  test('is one of which any package needs it', async () => {
    const packages = [
      {
        product_id: 'trail_podcast_midroll',
        pricing_option_id: 'cpm_gbp_auction',
        budget: 100,
        bid_price: 20,
      },
      { ...guaranteed },
    ]
    expect((await buy({ packages })).body['status']).toBe('submitted')
  })

  test('says to the person who asks for what', async () => {
    const { body } = await buy({ package: guaranteed })
    const step = await desk.db
      .selectFrom('workflow_steps')
      .selectAll()
      .where('task_id', '=', String(body['task_id']))
      .executeTakeFirstOrThrow()
    expect(step).toMatchObject({
      kind: 'approval',
      status: 'requires_approval',
      title:
        'Pinnacle Media Agency wants to buy The Long Way Up Host-read Podcast Message for acme-outdoor.example',
      decided_by: null,
    })
  })
})
