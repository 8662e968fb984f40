import { beforeAll, describe, expect, test } from 'vitest'
import { rowCounts } from '../support/row_counts.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const item = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const buy = (packages: Args[]) => buyer.call('create_media_buy', aPurchase({ packages }, desk.now))
async function library() {
  const { body } = await buyer.call('list_creatives', {})
  return new Map((body['creatives'] as Args[]).map((row) => [row['creative_id'] as string, row]))
}
/** What is wrong, after making sure that nothing was written. */
async function problemsOf(packages: Args[]) {
  const before = await rowCounts(desk.db)
  const { body } = await buy(packages)
  expect(await rowCounts(desk.db)).toEqual(before)
  return (body.errors ?? []).map(({ code, field }) => [code, field])
}

describe('creatives that come with a purchase', () => {
  test('are in the library and on their package, and the buy waits for none', async () => {
    const { body } = await buy([
      { ...item, creatives: [aBanner('inline_1', { weight: 30 }), aBanner('inline_2')] },
    ])
    expect(body).toMatchObject({
      media_buy_status: 'pending_start',
      packages: [
        { creative_assignments: [{ creative_id: 'inline_1', weight: 30 }, { creative_id: 'inline_2' }] },
      ],
    })
    expect((await library()).get('inline_1')).toMatchObject({ status: 'approved' })
  })

  test('may be on several packages, beside creatives of the library', async () => {
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('older')] }))
    const { body } = await buy([
      { ...item, creatives: [aBanner('shared')], creative_assignments: [{ creative_id: 'older' }] },
      { ...item, creatives: [aBanner('shared')] },
      { ...item, creative_assignments: [{ creative_id: 'older' }] },
    ])
    expect(body['media_buy_status']).toBe('pending_start')
    const assigned = (body['packages'] as { creative_assignments: Args[] }[]).map(
      ({ creative_assignments }) => creative_assignments.map(({ creative_id }) => creative_id),
    )
    expect(assigned).toEqual([['older', 'shared'], ['shared'], ['older']])
  })

  test('that the library already has just so are only assigned', async () => {
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('known')] }))
    const before = (await library()).get('known')
    expect((await buy([{ ...item, creatives: [aBanner('known')] }])).isError).toBe(false)
    expect((await library()).get('known')).toMatchObject({ updated_date: before?.['updated_date'] })
  })

  test('never change what the library has under the same id', async () => {
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('taken')] }))
    expect(await problemsOf([{ ...item, creatives: [aBanner('taken', { name: 'Other' })] }])).toEqual([
      ['INVALID_REQUEST', 'packages[0].creatives[0].creative_id'],
    ])
  })

  test.each<[string, Args[], string, string]>([
    [
      'an image of another size',
      [
        {
          ...item,
          creatives: [
            aBanner('x', {
              assets: {
                banner_image: { asset_type: 'image', url: 'https://a.example/a.png', width: 1, height: 250 },
                click_url: { asset_type: 'url', url: 'https://a.example/' },
              },
            }),
          ],
        },
      ],
      'INVALID_REQUEST',
      'packages[0].creatives[0].assets.banner_image',
    ],
    [
      'a format nobody takes',
      [{ ...item, creatives: [aBanner('x', { format_id: { id: 'no_such_format' } })] }],
      'INVALID_REQUEST',
      'packages[0].creatives[0].format_id',
    ],
    [
      'a format the package leaves out',
      [{ ...item, format_ids: [{ id: 'display_728x90_image' }], creatives: [aBanner('x')] }],
      'INVALID_REQUEST',
      'packages[0].creatives[0].format_id',
    ],
    [
      'the same creative twice on one package',
      [{ ...item, creatives: [aBanner('x'), aBanner('x')] }],
      'INVALID_REQUEST',
      'packages[0].creatives[1].creative_id',
    ],
    [
      'two creatives of one id',
      [
        { ...item, creatives: [aBanner('x')] },
        { ...item, creatives: [aBanner('x', { name: 'Other' })] },
      ],
      'INVALID_REQUEST',
      'packages[1].creatives[0].creative_id',
    ],
    [
      'a placement',
      [{ ...item, creatives: [aBanner('x', { placement_ids: ['p'] })] }],
      'UNSUPPORTED_FEATURE',
      'packages[0].creatives[0].placement_ids',
    ],
  ])('%s: refused with its field, and nothing is kept', async (_what, packages, code, field) => {
    const problems = await problemsOf(packages)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.[0]).toBe(code)
    expect(problems[0]?.[1]).toContain(field)
  })

  test('are uploaded once, however many purchases bring them at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => buy([{ ...item, creatives: [aBanner('raced')] }])),
    )
    expect(answers.filter(({ isError }) => isError)).toEqual([])
    const rows = await desk.db
      .selectFrom('creative_assignments')
      .selectAll()
      .where('creative_id', '=', 'raced')
      .execute()
    expect(rows).toHaveLength(6)
  })
})
