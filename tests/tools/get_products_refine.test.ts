import { beforeAll, describe, expect, test } from 'vitest'
import { proposalsFor, proposalsOf } from '../support/proposals.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const refine = (...entries: Args[]) =>
  buyer.call('get_products', { buying_mode: 'refine', refine: entries, pagination: { max_results: 20 } })
const idsOf = (body: Args) =>
  (body['products'] as { product_id: string }[]).map(({ product_id }) => product_id)
const appliedOf = (body: Args) => body['refinement_applied'] as { status: string; notes?: string }[]
const product = (product_id: string, rest: Args = {}) => ({ scope: 'product', product_id, ...rest })

describe('refining products', () => {
  test('include brings just these, each with its verdict in its place', async () => {
    const { body } = await refine(
      product('trail_podcast_midroll'),
      product('no_such_product'),
      product('news_billboard', { action: 'include' }),
    )
    expect(idsOf(body).toSorted()).toEqual(['news_billboard', 'trail_podcast_midroll'])
    expect(appliedOf(body)).toEqual([
      { scope: 'product', product_id: 'trail_podcast_midroll', status: 'applied' },
      {
        scope: 'product',
        product_id: 'no_such_product',
        status: 'unable',
        notes: 'There is no such product on sale to you.',
      },
      { scope: 'product', product_id: 'news_billboard', status: 'applied' },
    ])
  })

  test('omit leaves one out', async () => {
    const { body: all } = await refine({ scope: 'request', ask: 'football video' })
    const [first = ''] = idsOf(all)
    const { body } = await refine(
      { scope: 'request', ask: 'football video' },
      product(first, { action: 'omit' }),
    )
    const rest = idsOf(all).slice(1) // the page may have room for another one
    expect(idsOf(body).slice(0, rest.length)).toEqual(rest)
  })

  test('more_like_this brings the product and others of its kind', async () => {
    const { body } = await refine(product('trail_podcast_midroll', { action: 'more_like_this' }))
    const [first, ...others] = body['products'] as { product_id: string; channels: string[] }[]
    expect(idsOf(body)[0]).toBe('trail_podcast_midroll')
    expect([first, ...others].filter((found) => found?.channels.includes('podcast')).length).toBeGreaterThan(
      2,
    )
    expect(others.length).toBeGreaterThan(1)
    expect(appliedOf(body)[0]).toMatchObject({ status: 'applied' })
  })

  test('more_like_this of what is asked for besides', async () => {
    const { body } = await refine(
      product('trail_podcast_midroll', { action: 'more_like_this', ask: 'about football' }),
    )
    expect(idsOf(body)).toContain('matchday_second_leg_sponsor')
    const { body: football } = await refine({ scope: 'request', ask: 'football' })
    expect(idsOf(football)).toEqual(expect.arrayContaining(idsOf(body).slice(1)))
  })

  test('a product that a buyer may not buy is one nobody sells', async () => {
    const stranger = await desk.buyer('brightwater_energy')
    const ask = (product_id: string) =>
      stranger.call('get_products', {
        refine: [product(product_id, { action: 'more_like_this' })],
        fields: ['product_id'],
      })
    const [theirs, nobodys] = [await ask('trail_podcast_midroll'), await ask('no_such_product')]
    expect(appliedOf(theirs.body)[0]?.notes).toBe(appliedOf(nobodys.body)[0]?.notes)
    expect(idsOf(theirs.body)).toEqual(idsOf(nobodys.body))
  })
})

describe('refining the whole answer', () => {
  test('is read as a brief is', async () => {
    const { body } = await refine({ scope: 'request', ask: 'podcast about football' })
    expect(idsOf(body)[0]).toBe('matchday_second_leg_sponsor')
    expect(appliedOf(body)).toEqual([{ scope: 'request', status: 'applied' }])
  })

  test('"only guaranteed" is kept to, and what cannot be judged is told', async () => {
    const { body } = await refine({
      scope: 'request',
      ask: 'Only guaranteed packages. Must include completion rate SLA above 80%.',
    })
    const types = (body['products'] as { delivery_type: string }[]).map(({ delivery_type }) => delivery_type)
    expect(new Set(types)).toEqual(new Set(['guaranteed']))
    expect(appliedOf(body)[0]).toMatchObject({ status: 'partial' })
    expect(appliedOf(body)[0]?.notes).toContain('80%')
  })

  test('that means nothing here is not claimed to be done', async () => {
    const { body } = await refine({ scope: 'request', ask: 'xylophone quantum' })
    expect(appliedOf(body)[0]).toMatchObject({ status: 'unable' })
  })

  test('brings plans, as a brief does', async () => {
    expect(
      proposalsOf(await refine({ scope: 'request', ask: 'outdoor video, €20k' })).length,
    ).toBeGreaterThan(0)
  })
})

describe('refining a proposal', () => {
  const sharesOf = ({
    allocations,
  }: {
    allocations: { product_id: string; allocation_percentage: number }[]
  }) =>
    Object.fromEntries(
      allocations.map(({ product_id, allocation_percentage }) => [product_id, allocation_percentage]),
    )
  const change = (ask: string, proposal_id = 'outdoor_reach') =>
    refine({ scope: 'proposal', proposal_id, ask })

  test('include brings it back, with its products', async () => {
    const [draft] = (await proposalsFor(buyer, 'outdoor video and display, €20k')).slice(-1)
    const answer = await refine({ scope: 'proposal', proposal_id: draft?.proposal_id })
    const [again] = proposalsOf(answer)
    expect(again?.proposal_id).toBe(draft?.proposal_id)
    expect(sharesOf(again ?? { allocations: [] })).toEqual(sharesOf(draft ?? { allocations: [] }))
    expect(idsOf(answer.body)).toEqual(
      expect.arrayContaining(draft?.allocations.map(({ product_id }) => product_id) ?? []),
    )
  })

  test.each<[string, Record<string, number>]>([
    ['Put 75% on video', { trail_video_preroll: 75, trail_display_run_of_site: 25 }],
    ['drop display', { trail_video_preroll: 100 }],
    ['shift more budget toward display', { trail_video_preroll: 40, trail_display_run_of_site: 60 }],
    ['less video', { trail_video_preroll: 40, trail_display_run_of_site: 60 }],
  ])('%j changes the shares, as a draft of its own', async (ask, shares) => {
    const answer = await change(ask)
    const [changed] = proposalsOf(answer)
    expect(sharesOf(changed ?? { allocations: [] })).toEqual(shares)
    expect(changed?.proposal_id).not.toBe('outdoor_reach')
    expect(appliedOf(answer.body)[0]).toMatchObject({ status: 'applied' })
    expect(appliedOf(answer.body)[0]?.notes).toContain(changed?.proposal_id)
  })

  test('brings in what it lacks, and says what it could not do', async () => {
    const answer = await change(
      'Shift 60% of budget to connected TV. Drop the display product. Paint it blue.',
    )
    const [changed] = proposalsOf(answer)
    expect(changed?.allocations.reduce((sum, item) => sum + item.allocation_percentage, 0)).toBe(100)
    expect(Object.values(sharesOf(changed ?? { allocations: [] }))).toContain(60)
    expect(sharesOf(changed ?? { allocations: [] })).not.toHaveProperty('trail_display_run_of_site')
    expect(appliedOf(answer.body)[0]).toMatchObject({ status: 'partial' })
    expect(appliedOf(answer.body)[0]?.notes).toContain('Paint it blue')
  })

  test('omit leaves it out; an unknown one is not made up', async () => {
    const answer = await refine(
      { scope: 'proposal', proposal_id: 'outdoor_reach', action: 'omit' },
      { scope: 'proposal', proposal_id: 'nobodys' },
    )
    expect(proposalsOf(answer)).toEqual([])
    expect(appliedOf(answer.body).map(({ status }) => status)).toEqual(['applied', 'unable'])
  })
})
