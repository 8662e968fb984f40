import { beforeAll, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { finalize, proposalsFor, proposalsOf } from '../support/proposals.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const brief = 'outdoor video and display for hikers, €20k'
/** Nothing that must be held day by day. */
const unlimited = { filters: { delivery_type: 'non_guaranteed' } }
const sum = (shares: { allocation_percentage: number }[]) =>
  shares.reduce((all, { allocation_percentage }) => all + allocation_percentage, 0)

describe('a brief', () => {
  test('is answered with plans of its products, whose shares add up to 100, and stores nothing', async () => {
    const before = await rowCounts(desk.db)
    const answer = await buyer.call('get_products', { buying_mode: 'brief', brief })
    const found = (answer.body['products'] as Args[]).map(({ product_id }) => product_id)
    const proposals = proposalsOf(answer)
    expect(proposals.length).toBeGreaterThan(1)
    for (const { allocations, proposal_status, total_budget_guidance: guidance } of proposals) {
      expect(sum(allocations)).toBe(100)
      expect(proposal_status).toBe('draft')
      expect(guidance.currency).toBe('EUR')
      for (const { product_id } of allocations) expect(found).toContain(product_id)
    }
    expect(proposals.at(-1)?.total_budget_guidance.recommended).toBe(20_000)
    expect(proposals[0]?.brief_alignment).toContain('outdoor')
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test('is answered with the same plan, under the same id, each time and on every server', async () => {
    const ids = async () => (await proposalsFor(buyer, brief)).map(({ proposal_id }) => proposal_id)
    expect(await ids()).toEqual(await ids())
  })

  test('of a budget gets plans each part of which is enough to buy its product', async () => {
    for (const filters of [600, 5000, 60_000].map((max) => ({ budget_range: { max, currency: 'EUR' } })))
      for (const { total_budget_guidance: guidance } of await proposalsFor(buyer, 'video', { filters })) {
        if (guidance.recommended === undefined) continue
        expect(guidance.min).toBeLessThanOrEqual(guidance.recommended)
      }
  })

  test.each([
    ['30.000 EUR for outdoor', 'EUR', 30_000],
    ['outdoor, USD 1.5m', 'USD', 1_500_000],
    ['outdoor, £12,500.50 in all', 'GBP', 12_500.5],
    ['$50K outdoor', 'USD', 50_000],
  ])('%j says %s %d', async (text, currency, recommended) => {
    const made = (await proposalsFor(buyer, text)).at(-1)
    expect(made?.total_budget_guidance).toMatchObject({ currency, recommended: Math.floor(recommended) })
  })

  test('that no product fits, and the whole list, are answered without', async () => {
    expect(await proposalsFor(buyer, 'xylophone quantum')).toEqual([])
    const { body } = await buyer.call('get_products', { buying_mode: 'wholesale' })
    expect(body).not.toHaveProperty('proposals')
  })

  test('is answered without by a publisher that sells no plans', async () => {
    const set = (sells_proposals: boolean) =>
      desk.db.updateTable('tenants').set({ sells_proposals }).execute()
    await set(false)
    expect(await proposalsFor(buyer, brief)).toEqual([])
    const { body } = await buyer.call('get_adcp_capabilities', {})
    expect(body['media_buy']).toMatchObject({ supports_proposals: false })
    await set(true)
  })

  test("brings the publisher's own plan where it finds all of its products", async () => {
    const own = (await proposalsFor(buyer, brief)).find(({ proposal_id }) => proposal_id === 'outdoor_reach')
    expect(own).toMatchObject({ name: 'Outdoor Reach', proposal_status: 'draft' })
    const elsewhere = await proposalsFor(buyer, 'breakfast radio')
    expect(elsewhere.map(({ proposal_id }) => proposal_id)).not.toContain('outdoor_reach')
  })
})

describe('finalize', () => {
  test('promises the prices for the hold time of the publisher', async () => {
    const [draft] = (await proposalsFor(buyer, brief, unlimited)).filter(({ name }) =>
      name.startsWith('Balanced'),
    )
    const answer = await finalize(buyer, [draft?.proposal_id ?? ''])
    expect(proposalsOf(answer)).toMatchObject([
      {
        proposal_id: draft?.proposal_id,
        proposal_status: 'committed',
        expires_at: new Date(desk.now.getTime() + 48 * 3_600_000).toISOString(),
        allocations: draft?.allocations.map(({ product_id, allocation_percentage }) => ({
          product_id,
          allocation_percentage,
        })),
      },
    ])
    expect(answer.body['refinement_applied']).toEqual([
      { scope: 'proposal', proposal_id: draft?.proposal_id, status: 'applied' },
    ])
    expect((answer.body['products'] as Args[]).length).toBe(draft?.allocations.length)
  })

  test('done again changes nothing, also when both come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => finalize(buyer, ['outdoor_reach'])))
    for (const answer of answers) expect(proposalsOf(answer)).toEqual(proposalsOf(answers[0] ?? answer))
    desk.now = new Date(desk.now.getTime() + 3_600_000)
    expect(proposalsOf(await finalize(buyer, ['outdoor_reach']))).toEqual(
      proposalsOf(answers[0] as (typeof answers)[number]),
    )
    const rows = await desk.db
      .selectFrom('proposals')
      .select('proposal_id')
      .where('proposal_id', '=', 'outdoor_reach')
      .execute()
    expect(rows).toHaveLength(1)
  })

  test('of several promises all or none', async () => {
    const [draft] = await proposalsFor(buyer, 'football video, €9k')
    const before = await rowCounts(desk.db)
    const { body } = await finalize(buyer, [draft?.proposal_id ?? '', 'no_such_proposal'])
    expect(body.adcp_error).toMatchObject({ code: 'PROPOSAL_NOT_FOUND', field: 'refine[1].proposal_id' })
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test("of somebody else's draft is answered like one nobody made", async () => {
    const draft = (
      await proposalsFor(buyer, brief, {
        filters: { budget_range: { max: 7000, currency: 'EUR' } },
      })
    ).at(-1)
    const stranger = await desk.buyer('acme_direct')
    const [theirs, nobodys] = await Promise.all(
      [draft?.proposal_id ?? '', 'prop_nobody'].map((id) =>
        finalize(stranger, [id], { adcp_version: '3.0' }),
      ),
    )
    expect(proposalsOf(await finalize(buyer, ['outdoor_reach']))).toHaveLength(1)
    expect(theirs?.body).toEqual(nobodys?.body)
    expect(theirs?.body.adcp_error).toMatchObject({ code: 'REFERENCE_NOT_FOUND' })
  })

  test('of a draft two weeks old says that it has expired', async () => {
    const [draft] = (await proposalsFor(buyer, brief)).filter(({ name }) => name.startsWith('Balanced'))
    const today = desk.now
    desk.now = new Date(today.getTime() + 15 * 86_400_000)
    const { body } = await finalize(buyer, [draft?.proposal_id ?? ''])
    desk.now = today
    expect(body.adcp_error).toMatchObject({ code: 'PROPOSAL_EXPIRED' })
  })

  test('of a plan above what the publisher signs for brings an insertion order', async () => {
    const filters = { budget_range: { max: 150_000, currency: 'EUR' } }
    const made = await proposalsFor(buyer, brief, { filters })
    const [proposal] = proposalsOf(
      await finalize(buyer, [made.at(-1)?.proposal_id ?? ''], { brand: { domain: 'acme-outdoor.example' } }),
    )
    expect(proposal?.insertion_order).toMatchObject({
      requires_signature: true,
      terms: {
        publisher: 'Northwind Media',
        advertiser: 'acme-outdoor.example',
        total_budget: { amount: 150_000, currency: 'EUR' },
      },
    })
  })

  test('needs budget and dates where inventory must be held', async () => {
    const query = { filters: { delivery_type: 'guaranteed', channels: ['streaming_audio'] } }
    const [draft] = await proposalsFor(buyer, 'radio drive time', query)
    const { body } = await finalize(buyer, [draft?.proposal_id ?? ''])
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'filters.start_date' })
  })
})
