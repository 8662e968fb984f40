import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aBanner, aSync } from '../support/creatives.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { rowCounts } from '../support/row_counts.ts'

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})
beforeEach(async () => {
  await desk.db.deleteFrom('creatives').execute()
})

const sync = async (overrides: Args = {}) => buyer.call('sync_creatives', aSync(overrides))
const results = async (overrides: Args = {}) => {
  const { body } = await sync(overrides)
  expect(body.errors).toBeUndefined()
  return body['creatives'] as Args[]
}
const library = () => desk.db.selectFrom('creatives').selectAll().orderBy('creative_id').execute()
const html = (creative_id: string, content: string) =>
  aBanner(creative_id, {
    format_id: { id: 'display_300x250_html' },
    assets: { html_creative: { asset_type: 'html', content } },
  })

describe('a library', () => {
  test('takes a creative that fits its format and approves it', async () => {
    const { body } = await sync({ context: { a: 1 } })
    expect(body).toMatchObject({ status: 'completed', replayed: false, context: { a: 1 } })
    expect(body['creatives']).toEqual([{ creative_id: 'banner_1', action: 'created', status: 'approved' }])
    expect(await library()).toMatchObject([
      { creative_id: 'banner_1', status: 'approved', name: 'Banner banner_1' },
    ])
  })

  test('tells which fields of a creative changed, and that nothing did', async () => {
    await sync({ creatives: [aBanner('a', { tags: ['spring'] }), aBanner('b')] })
    desk.now = new Date(desk.now.getTime() + 60_000)
    const changed = aBanner('a', { name: 'Another name', tags: ['spring', 'sale'] })
    expect(await results({ creatives: [changed, aBanner('b')] })).toEqual([
      { creative_id: 'a', action: 'updated', status: 'approved', changes: ['name', 'tags'] },
      { creative_id: 'b', action: 'unchanged', status: 'approved' },
    ])
    const [a, b] = await library()
    expect([a?.updated_at, b?.updated_at]).toEqual([desk.now, new Date(desk.now.getTime() - 60_000)])
  })

  test('is the same after the same creatives are synced a second time, whatever they are', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    const json = fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    )
    const creative = fc
      .record({
        id: text,
        name: text,
        tags: fc.array(text, { maxLength: 3 }),
        alt_text: text,
        provenance: json,
      })
      .map(({ id, name, tags, alt_text, provenance }) => {
        const made = aBanner(id, { name, tags, provenance: { note: provenance } })
        return {
          ...made,
          assets: {
            ...(made['assets'] as Args),
            banner_image: { ...((made['assets'] as Args)['banner_image'] as Args), alt_text },
          },
        }
      })
    const some = fc.uniqueArray(creative, {
      minLength: 1,
      maxLength: 5,
      selector: (one) => (one as Args)['creative_id'],
    })
    await fc.assert(
      fc.asyncProperty(some, async (creatives) => {
        await results({ creatives })
        const [before, counts] = [
          await library(),
          await desk.db.selectFrom('audit_log').select('audit_id').execute(),
        ]
        const again = await results({ creatives: creatives.toReversed(), validation_mode: 'lenient' })
        expect(new Set(again.map(({ action }) => action))).toEqual(new Set(['unchanged']))
        expect(await library()).toEqual(before)
        expect(await desk.db.selectFrom('audit_log').select('audit_id').execute()).toEqual(counts)
      }),
      { numRuns: 25 },
    )
  })

  test('takes a hundred creatives at once', async () => {
    const creatives = Array.from({ length: 100 }, (_, i) => aBanner(`many_${i}`))
    expect(await results({ creatives })).toHaveLength(100)
    expect(await library()).toHaveLength(100)
  })

  test('is only touched where creative_ids says so', async () => {
    const creatives = [aBanner('a'), aBanner('b')]
    expect(await results({ creatives, creative_ids: ['b'] })).toMatchObject([{ creative_id: 'b' }])
    expect(await library()).toMatchObject([{ creative_id: 'b' }])
  })

  test('loses what delete_missing does not name, of this account only, and gets it back when it is sent again', async () => {
    await sync({ creatives: [aBanner('a'), aBanner('b')] })
    await sync({ creatives: [aBanner('other')], account: { account_id: 'acc_lumen_pinnacle' } })
    expect(await results({ creatives: [aBanner('a')], delete_missing: true })).toEqual([
      { creative_id: 'a', action: 'unchanged', status: 'approved' },
      { creative_id: 'b', action: 'deleted' },
    ])
    expect((await library()).map(({ status }) => status)).toEqual(['approved', 'archived', 'approved'])
    expect(await results({ creatives: [aBanner('b')] })).toEqual([
      { creative_id: 'b', action: 'updated', status: 'approved', changes: ['status'] },
    ])
  })

  test('of one buyer knows nothing of the same ids at another', async () => {
    await sync()
    const acme = await desk.buyer('acme_direct')
    const { body } = await acme.call('sync_creatives', aSync({ account: { account_id: 'acc_acme_direct' } }))
    expect(body['creatives']).toMatchObject([{ action: 'created' }])
    expect(await library()).toHaveLength(2)
  })
})

describe('a creative that cannot be taken', () => {
  const assets = (change: Args) => ({ assets: { ...(aBanner('x')['assets'] as Args), ...change } })
  const image = (change: Args) => ({
    banner_image: {
      asset_type: 'image',
      url: 'https://cdn.example/x.png',
      width: 300,
      height: 250,
      ...change,
    },
  })
  const cases: [string, Args, string][] = [
    ['of a format nobody takes', { format_id: { id: 'hologram' } }, 'format_id'],
    [
      'of another agent’s format',
      { format_id: { agent_url: 'https://other.example', id: 'display_300x250_image' } },
      'format_id',
    ],
    ['without an asset its format needs', { assets: image({}) }, 'assets.click_url'],
    ['with another kind of asset', assets(image({ asset_type: 'video' })), 'assets.banner_image.asset_type'],
    [
      'with an asset of no kind',
      assets({ click_url: { url: 'https://acme.example' } }),
      'assets.click_url.asset_type',
    ],
    [
      'with two assets where one goes',
      assets({ click_url: [{ asset_type: 'url' }, {}] }),
      'assets.click_url',
    ],
    ['with an asset its format does not have', assets({ tracker: { asset_type: 'url' } }), 'assets.tracker'],
    ['too wide', assets(image({ width: 301 })), 'assets.banner_image.width'],
    ['of no size', assets(image({ height: undefined })), 'assets.banner_image.height'],
    [
      'with a link to nowhere',
      assets({ click_url: { asset_type: 'url', url: 'nowhere' } }),
      'assets.click_url.url',
    ],
    [
      'with an asset named like what every object has',
      assets({ constructor: { asset_type: 'url' } }),
      'assets.constructor',
    ],
  ]

  test.each(cases)(
    '%s refuses the whole sync in strict mode, and nothing is stored',
    async (_what, change, field) => {
      const before = await rowCounts(desk.db)
      const { isError, body } = await sync({ creatives: [aBanner('good'), aBanner('bad', change)] })
      expect(isError).toBe(true)
      expect(body.errors?.map((error) => [error.code, error.field])).toEqual([
        ['INVALID_REQUEST', `creatives[1].${field}`],
      ])
      expect(await rowCounts(desk.db)).toEqual(before)
    },
  )

  test.each(cases)('%s is told and left out in lenient mode', async (_what, change, field) => {
    const [good, bad] = await results({
      creatives: [aBanner('good'), aBanner('bad', change)],
      validation_mode: 'lenient',
    })
    expect(good).toEqual({ creative_id: 'good', action: 'created', status: 'approved' })
    expect(bad).toEqual({
      creative_id: 'bad',
      action: 'failed',
      errors: [
        expect.objectContaining({
          code: 'INVALID_REQUEST',
          field: `creatives[1].${field}`,
          recovery: 'correctable',
        }),
      ],
    })
    expect(await library()).toHaveLength(1)
  })

  test('does not replace the one that is there', async () => {
    await sync()
    const [failed] = await results({
      creatives: [aBanner('banner_1', { assets: {} })],
      validation_mode: 'lenient',
    })
    expect(failed).toMatchObject({ action: 'failed' })
    expect(await library()).toMatchObject([{ status: 'approved', assets: aBanner('banner_1')['assets'] }])
  })

  test('twice in one sync is taken once', async () => {
    const [first, second] = await results({
      creatives: [aBanner('a'), aBanner('a', { name: 'x' })],
      validation_mode: 'lenient',
    })
    expect([first?.['action'], second?.['action']]).toEqual(['created', 'failed'])
  })

  test('of a group of assets is told how many go into it', async () => {
    const picture = { asset_type: 'image', url: 'https://cdn.example/p.jpg', width: 1600, height: 900 }
    const article = (pictures: Args[]) =>
      aBanner('article', {
        format_id: { id: 'sponsored_article' },
        assets: {
          campaign_brief: { asset_type: 'brief', name: 'Spring' },
          logo: { ...picture, url: 'https://cdn.example/l.svg' },
          picture: pictures,
          click_url: { asset_type: 'url', url: 'https://acme.example/' },
        },
      })
    expect((await sync({ creatives: [article([picture])] })).body.adcp_error).toMatchObject({
      field: 'creatives[0].assets.picture',
    })
    expect(
      (await sync({ creatives: [article([picture, { ...picture, width: 800 }])] })).body.adcp_error,
    ).toMatchObject({
      field: 'creatives[0].assets.picture[1].width',
    })
    expect(await results({ creatives: [article([picture, picture])] })).toMatchObject([{ action: 'created' }])
  })
})

describe('a sync', () => {
  test.each<[string, Args, string]>([
    [
      'delete_missing with creative_ids',
      { delete_missing: true, creative_ids: ['banner_1'] },
      'delete_missing',
    ],
    ['creative_ids that were not sent', { creative_ids: ['banner_1', 'b'] }, 'creative_ids[1]'],
    ['no creatives', { creatives: [] }, 'creatives'],
    ['101 creatives', { creatives: Array.from({ length: 101 }, (_, i) => aBanner(`n${i}`)) }, 'creatives'],
    ['no idempotency key', { idempotency_key: undefined }, 'idempotency_key'],
  ])('of %s is refused and stores nothing', async (_what, change, field) => {
    const before = await rowCounts(desk.db)
    const { isError, body } = await sync(change)
    expect([isError, body.adcp_error?.code, body.adcp_error?.field]).toEqual([true, 'INVALID_REQUEST', field])
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test('sent again is answered as before; another request under its key is refused', async () => {
    const args = aSync({ creatives: [html('h', '<b>1</b>')] })
    const first = await buyer.call('sync_creatives', args)
    await sync({ creatives: [html('h', '<b>2</b>')] })
    const again = await buyer.call('sync_creatives', args)
    expect(again.body).toEqual({ ...first.body, replayed: true })
    expect(await library()).toMatchObject([{ assets: { html_creative: { content: '<b>2</b>' } } }])
    const other = await buyer.call('sync_creatives', { ...args, delete_missing: true })
    expect(other.body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
  })

  test('tried with dry_run tells what it would do and leaves nothing behind, not even its key', async () => {
    await sync({ creatives: [aBanner('a'), aBanner('b')] })
    const before = await rowCounts(desk.db)
    const args = aSync({ creatives: [aBanner('a', { name: 'n' }), aBanner('c')], delete_missing: true })
    const tried = await buyer.call('sync_creatives', { ...args, dry_run: true })
    expect(tried.body['dry_run']).toBe(true)
    expect(await rowCounts(desk.db)).toEqual(before)
    expect(await library()).toMatchObject([{ name: 'Banner a', status: 'approved' }, { status: 'approved' }])
    const done = await buyer.call('sync_creatives', args)
    expect(done.body['creatives']).toEqual(tried.body['creatives'])
    expect(done.body['creatives']).toMatchObject([
      { action: 'updated' },
      { action: 'created' },
      { action: 'deleted' },
    ])
  })

  test('waits for another of the same buyer: ten at once leave one library', async () => {
    const creatives = [aBanner('a'), aBanner('b'), aBanner('c')]
    const orders = Array.from({ length: 10 }, (_, i) => (i % 2 ? creatives : creatives.toReversed()))
    const answers = await Promise.all(orders.map((order) => sync({ creatives: order, delete_missing: true })))
    expect(answers.map(({ isError }) => isError)).toEqual(Array(10).fill(false))
    const actions = answers.flatMap(({ body }) => (body['creatives'] as Args[]).map(({ action }) => action))
    expect(actions.filter((action) => action === 'created')).toHaveLength(3)
    expect(actions.filter((action) => action === 'unchanged')).toHaveLength(27)
  })
})
