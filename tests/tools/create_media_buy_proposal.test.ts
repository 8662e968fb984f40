import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { finalize, proposalsFor, proposalsOf, type Proposed } from '../support/proposals.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const HOUR = 3_600_000
let buyer: TestBuyer
beforeAll(async () => {
  buyer = await desk.buyer()
})
beforeEach(() => {
  desk.now = new Date('2026-12-15T15:30:00Z')
})

const EUR = (amount: number) => ({ amount, currency: 'EUR' })
const purchase = (proposal_id: string, overrides: Args = {}) =>
  aPurchase({ packages: undefined, proposal_id, total_budget: EUR(10_000), ...overrides }, desk.now)
const buy = (proposal_id: string, overrides: Args = {}) =>
  buyer.call('create_media_buy', purchase(proposal_id, overrides))

let serial = 0
/** A committed proposal of its own for each test: each has a budget of its own. */
async function aProposal(): Promise<Proposed> {
  const budget_range = { max: 20_000 + ++serial, currency: 'EUR' }
  const filters = { delivery_type: 'non_guaranteed', budget_range }
  const made = await proposalsFor(buyer, 'outdoor video and display', { filters })
  const draft = made.findLast(({ name }) => name.startsWith('Balanced')) ?? made[0]
  const [proposal] = proposalsOf(await finalize(buyer, [draft?.proposal_id ?? '']))
  if (!proposal) throw new Error('nothing was finalized')
  return proposal
}

describe('a committed proposal', () => {
  test('becomes a media buy of its packages, to the cent', async () => {
    const proposal = await aProposal()
    const { body } = await buy(proposal.proposal_id, { total_budget: EUR(10_000.01) })
    const packages = body['packages'] as { product_id: string; budget: number; pricing_option_id: string }[]
    expect(body).toMatchObject({ proposal_id: proposal.proposal_id, media_buy_status: 'pending_creatives' })
    expect(packages.map(({ product_id, pricing_option_id }) => ({ product_id, pricing_option_id }))).toEqual(
      proposal.allocations.map(({ product_id, pricing_option_id }) => ({ product_id, pricing_option_id })),
    )
    const cents = packages.map(({ budget }) => Math.round(budget * 100))
    expect(cents.reduce((sum, budget) => sum + budget, 0)).toBe(1_000_001)
  })

  test('keeps its prices, whatever the publisher asks meanwhile', async () => {
    const proposal = await aProposal()
    const options = desk.db
      .updateTable('pricing_options')
      .where('product_id', '=', 'trail_display_run_of_site')
    await options.set({ floor_price: '90' }).execute()
    const { isError, body } = await buy(proposal.proposal_id)
    await options.set({ floor_price: '3' }).execute()
    expect({ isError, error: body.adcp_error }).toEqual({ isError: false, error: undefined })
  })

  test('is bought once, however many try at the same time', async () => {
    const { proposal_id } = await aProposal()
    const answers = await Promise.all(Array.from({ length: 5 }, () => buy(proposal_id)))
    expect(answers.filter(({ isError }) => !isError)).toHaveLength(1)
    for (const { body } of answers.filter(({ isError }) => isError))
      expect(body.adcp_error).toMatchObject({ code: 'INVALID_STATE', field: 'proposal_id' })
  })

  test('is bought once also by a buyer that sends the same purchase again', async () => {
    const { proposal_id } = await aProposal()
    const args = purchase(proposal_id)
    const [one, again] = [
      await buyer.call('create_media_buy', args),
      await buyer.call('create_media_buy', args),
    ]
    expect(again.body).toMatchObject({ media_buy_id: one.body['media_buy_id'], replayed: true })
  })

  test('that was bought can be finalized and bought again', async () => {
    const { proposal_id } = await aProposal()
    await buy(proposal_id)
    await finalize(buyer, [proposal_id])
    expect((await buy(proposal_id)).isError).toBe(false)
  })

  test('can be bought up to the moment it expires, and not then', async () => {
    const [first, second] = [await aProposal(), await aProposal()]
    desk.now = new Date(Date.parse(first.expires_at) - 1)
    expect((await buy(first.proposal_id)).isError).toBe(false)
    desk.now = new Date(second.expires_at)
    const { body } = await buy(second.proposal_id)
    expect(body.adcp_error).toMatchObject({ code: 'PROPOSAL_EXPIRED', field: 'proposal_id' })
    await finalize(buyer, [second.proposal_id])
    expect((await buy(second.proposal_id)).isError).toBe(false)
  })

  test('is not for another buyer', async () => {
    const { proposal_id } = await aProposal()
    const stranger = await desk.buyer('acme_direct')
    const account = { account_id: 'acc_acme_direct' }
    const [theirs, nobodys] = await Promise.all(
      [proposal_id, 'no_such_proposal'].map((id) =>
        stranger.call('create_media_buy', purchase(id, { account })),
      ),
    )
    expect(theirs?.body).toEqual(nobodys?.body)
    expect(theirs?.body.adcp_error).toMatchObject({ code: 'PROPOSAL_NOT_FOUND' })
  })
})

describe('a purchase', () => {
  test('of a draft is refused until it is finalized', async () => {
    const [draft] = (await proposalsFor(buyer, 'football video, €8k')).slice(-1)
    const { body } = await buy(draft?.proposal_id ?? '')
    expect(body.adcp_error).toMatchObject({ code: 'PROPOSAL_NOT_COMMITTED', field: 'proposal_id' })
    expect((await buy('outdoor_reach')).body.adcp_error).toMatchObject({ code: 'PROPOSAL_NOT_COMMITTED' })
  })

  test.each<[string, Args, string, string]>([
    [
      'another currency',
      { total_budget: { amount: 9000, currency: 'USD' } },
      'INVALID_REQUEST',
      'total_budget.currency',
    ],
    ['too little', { total_budget: EUR(20) }, 'BUDGET_TOO_LOW', 'total_budget.amount'],
    ['next to nothing', { total_budget: EUR(0.01) }, 'BUDGET_TOO_LOW', 'total_budget.amount'],
    ['fractions of a cent', { total_budget: EUR(9000.001) }, 'INVALID_REQUEST', 'total_budget.amount'],
    ['too much', { total_budget: EUR(3_000_000) }, 'BUDGET_EXCEEDED', 'total_budget.amount'],
    ['dates in the past', { start_time: '2026-12-01T00:00:00Z' }, 'INVALID_REQUEST', 'start_time'],
  ])(
    'with %s is refused with its field, and the proposal stays on sale',
    async (_what, overrides, code, field) => {
      const { proposal_id } = await aProposal()
      const before = await rowCounts(desk.db)
      const { body } = await buy(proposal_id, overrides)
      expect(body.errors?.map((problem) => [problem.code, problem.field])).toContainEqual([code, field])
      expect(await rowCounts(desk.db)).toEqual(before)
      expect((await buy(proposal_id)).isError).toBe(false)
    },
  )

  test('accepts the insertion order, where there is one', async () => {
    await desk.db.updateTable('tenants').set({ insertion_order: '{}' }).execute()
    const { proposal_id, insertion_order } = await aProposal()
    await desk.db.updateTable('tenants').set({ insertion_order: null }).execute()
    const total = insertion_order?.terms['total_budget']
    const accepted = (io_id = '') => ({
      io_acceptance: { io_id, accepted_at: desk.now.toISOString(), signatory: 'Sam' },
      total_budget: total,
    })
    expect((await buy(proposal_id, { total_budget: total })).body.adcp_error).toMatchObject({
      code: 'IO_REQUIRED',
      field: 'io_acceptance',
    })
    expect((await buy(proposal_id, accepted('io_other'))).body.adcp_error?.field).toBe('io_acceptance.io_id')
    const other = { ...accepted(insertion_order?.io_id), total_budget: EUR(9000) }
    expect((await buy(proposal_id, other)).body.adcp_error?.field).toBe('total_budget.amount')
    expect((await buy(proposal_id, accepted(insertion_order?.io_id))).isError).toBe(false)
  })
})

describe('inventory', () => {
  const radio = {
    filters: {
      delivery_type: 'guaranteed',
      channels: ['streaming_audio'],
      countries: ['DE'],
      start_date: '2027-02-01',
      end_date: '2027-02-02',
    },
  }
  /** The whole capacity of two days: 220,000 impressions at 13.50. */
  const all = {
    ...radio.filters,
    budget_range: { max: 2970, currency: 'EUR' },
  }
  const flight = { start_time: '2027-02-01T00:00:00Z', end_time: '2027-02-03T00:00:00Z' }
  const direct = () =>
    buyer.call(
      'create_media_buy',
      aPurchase(
        {
          ...flight,
          packages: [
            { product_id: 'harbour_stream_guaranteed', pricing_option_id: 'cpm_eur_fixed', budget: 1500 },
          ],
        },
        desk.now,
      ),
    )

  test('is held for a committed proposal until it is bought or expires', async () => {
    const [draft] = await proposalsFor(buyer, 'radio drive time', { filters: all })
    const committed = await finalize(buyer, [draft?.proposal_id ?? ''])
    expect(proposalsOf(committed)).toMatchObject([
      { proposal_status: 'committed', allocations: [{ product_id: 'harbour_stream_guaranteed' }] },
    ])
    expect((await direct()).body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })

    desk.now = new Date(desk.now.getTime() + 48 * HOUR)
    expect((await direct()).body.adcp_error).toBeUndefined()
    const { body } = await finalize(buyer, [draft?.proposal_id ?? ''])
    expect(body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
  })

  test('that is held is there for the purchase itself', async () => {
    const filters = { ...all, start_date: '2027-03-01', end_date: '2027-03-02' }
    const [draft] = await proposalsFor(buyer, 'radio drive time', { filters })
    await finalize(buyer, [draft?.proposal_id ?? ''])
    const { body } = await buy(draft?.proposal_id ?? '', {
      start_time: '2027-03-01T00:00:00Z',
      end_time: '2027-03-03T00:00:00Z',
      total_budget: EUR(2970),
    })
    expect({ errors: body.errors, status: body['status'] }).toEqual({
      errors: undefined,
      status: 'submitted',
    })
    expect(
      await desk.db.selectFrom('proposal_holds').selectAll().where('day', '>=', '2027-03-01').execute(),
    ).toEqual([])
  })

  test('cannot be held twice, however many finalize at the same time', async () => {
    const filters = { ...all, start_date: '2027-04-01', end_date: '2027-04-02' }
    const others = await Promise.all(['pinnacle', 'acme_direct'].map((id) => desk.buyer(id)))
    const drafts = await Promise.all(
      others.map((other) => proposalsFor(other, 'radio drive time', { filters })),
    )
    const answers = await Promise.all(
      others.map((other, i) => finalize(other, [drafts[i]?.[0]?.proposal_id ?? ''])),
    )
    expect(answers.map(({ body }) => body.adcp_error?.code).toSorted()).toEqual([
      'PRODUCT_UNAVAILABLE',
      undefined,
    ])
  })
})
