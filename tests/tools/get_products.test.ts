import { describe, expect, test } from 'vitest'
import { examplePublisher } from '../../src/cli/seed.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()

interface Found {
  product_id: string
  name: string
  brief_relevance?: string
  ext?: unknown
}
const ask = { scope: 'request', ask: 'video' }
const finalize = (proposal_id: string) => ({ scope: 'proposal', proposal_id, action: 'finalize' })
const productsOf = (body: Args) => body['products'] as Found[]
const idsOf = (body: Args) => productsOf(body).map(({ product_id }) => product_id)

async function find(args: Args, principal?: string) {
  const buyer = await desk.buyer(principal)
  return buyer.call('get_products', args)
}

describe('a brief', () => {
  test.each([
    ['video ads for outdoor enthusiasts in Germany', 'trail_video_preroll', 'trail_germany_outstream'],
    ['podcast about football', 'matchday_second_leg_sponsor'],
    ['reach commuters on trains in London', 'screens_rail_london', 'screens_rail_germany'],
    ['recipes and cooking', 'thyme_recipe_video', 'thyme_recipe_display'],
    ['decision makers in the energy industry', 'gridwatt_decision_makers'],
    ['homepage takeover for a product launch', 'news_homepage_takeover', 'matchday_weekend_takeover'],
    ['ski season in the Alps', 'screens_mountain_lifts', 'trail_winter_season'],
    ['drivers of electric cars while charging', 'screens_ev_charging'],
    ['breakfast radio sponsorship', 'harbour_breakfast_sponsor'],
    ['newsletter for gardeners', 'fern_newsletter'],
    ['connected TV for sports fans in the UK', 'matchday_tv_spots'],
    ['screens in gyms', 'screens_gyms'],
    ['host-read podcast for hikers in the US', 'trail_podcast_host_read', 'trail_podcast_midroll'],
    ['vertical video for a young audience', 'matchday_vertical_clips'],
    ['business and finance news', 'news_business_section'],
    ['teasers for white papers', 'gridwatt_native_clicks'],
  ])('%j finds %s first', async (brief, ...expected) => {
    const { body } = await find({ brief })
    expect(idsOf(body).slice(0, expected.length)).toEqual(expected)
  })

  test('is answered with the reason for each product, in its own words', async () => {
    const { body } = await find({ brief: 'video ads for outdoor enthusiasts in Germany' })
    const [first, ...others] = productsOf(body)
    expect(first?.brief_relevance).toBe('Its name says video, outdoor; it also fits germany.')
    expect(others.every(({ brief_relevance }) => brief_relevance)).toBe(true)
  })

  test('counts a word in the name for more than one in the keywords, and that for more than one in the description', async () => {
    const text = (name: string, keyword: string, description: string) => ({
      name: `${name} Placement`,
      keywords: [keyword],
      description: `Sold ${description}`,
    })
    await addProducts([
      { product_id: 'zebra_in_description', ...text('C', 'c', 'zebra') },
      { product_id: 'zebra_in_keywords', ...text('B', 'zebra', 'b') },
      { product_id: 'zebra_in_name', ...text('Zebra', 'a', 'a') },
    ])
    const { body } = await find({ brief: 'zebra' })
    expect(idsOf(body)).toEqual(['zebra_in_name', 'zebra_in_keywords', 'zebra_in_description'])
    await desk.db.deleteFrom('products').where('product_id', 'like', 'zebra_in_%').execute()
  })

  test('with misspelt words is set right, and the buyer is told what was read', async () => {
    const { body } = await find({ brief: 'outdor vidoe germny' })
    expect(idsOf(body)[0]).toBe('trail_video_preroll')
    expect(productsOf(body)[0]?.brief_relevance).toBe(
      'Its name says outdoor (for "outdor"), video (for "vidoe"); it also fits germany (for "germny").',
    )
  })

  test.each([
    ['podcst', 'podcast'],
    ['newsleter', 'newsletter'],
    ['footbll', 'football'],
    ['recpies', 'recipes'],
    ['sponosrship', 'sponsorship'],
  ])('%j is read as %j', async (written, meant) => {
    const { body } = await find({ brief: written })
    expect(productsOf(body)[0]?.brief_relevance).toContain(`${meant} (for "${written}")`)
  })

  test('that fits nothing is answered with the whole list, and says so', async () => {
    const { body } = await find({ brief: 'xylophone quantum' })
    expect(body['message']).toContain('No product matches a word of the brief')
    expect(productsOf(body)).toHaveLength(10)
    expect(productsOf(body).some(({ brief_relevance }) => brief_relevance)).toBe(false)
  })

  test.each([
    ["O'Reilly's \"books\" -- '; drop table products; --"],
    ['a & b | !c <-> (d:* ) :A \\ \' "'],
    ["'''' '' ' \\' \\\\"],
    ['🎿🏔️👨‍👩‍👧‍👦'],
    ['%s %1$s {} ${7*7} {{x}} \u202e \ufeff'],
    ['Ünïcödé ÉÈ 日本語 العربية हिन्दी'],
    ['video '.repeat(833)],
    ['x'.repeat(5000)],
    [Array.from({ length: 600 }, (_, i) => `word${i}`).join(' ')],
  ])('that is hostile or odd is only read as words (%#)', async (brief) => {
    const { isError, body } = await find({ brief })
    expect({ isError, errors: body.errors }).toEqual({ isError: false, errors: undefined })
    expect(productsOf(body).length).toBeGreaterThan(0)
  })

  test('of more than 5,000 characters is refused', async () => {
    const { body } = await find({ brief: 'x'.repeat(5001) })
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'brief' })
  })
})

describe('buying_mode', () => {
  test('wholesale lists every product once', async () => {
    const file = await readPublisherFile(examplePublisher)
    const { body } = await find({
      buying_mode: 'wholesale',
      fields: ['name'],
      pagination: { max_results: 100 },
    })
    expect(idsOf(body).toSorted()).toEqual(file.products.map(({ product_id }) => product_id).toSorted())
    expect(body['pagination']).toEqual({ has_more: false })
  })

  test.each([
    [{ buying_mode: 'brief' }, 'INVALID_REQUEST', 'brief'],
    [{ buying_mode: 'brief', brief: '  ' }, 'INVALID_REQUEST', 'brief'],
    [{ buying_mode: 'wholesale', brief: 'video' }, 'INVALID_REQUEST', 'brief'],
    [{ buying_mode: 'refine' }, 'INVALID_REQUEST', 'refine'],
    [{ buying_mode: 'refine', brief: 'video', refine: [ask] }, 'INVALID_REQUEST', 'brief'],
    [{ buying_mode: 'brief', brief: 'video', refine: [ask] }, 'INVALID_REQUEST', 'refine'],
    [{ refine: [{ scope: 'request' }] }, 'INVALID_REQUEST', 'refine[0].ask'],
    [{ refine: [{ scope: 'product' }] }, 'INVALID_REQUEST', 'refine[0].product_id'],
    [{ refine: [{ ...ask, product_id: 'x' }] }, 'INVALID_REQUEST', 'refine[0].product_id'],
    [
      { refine: [{ scope: 'product', product_id: 'x', action: 'finalize' }] },
      'INVALID_REQUEST',
      'refine[0].action',
    ],
    [{ refine: [finalize('a'), ask] }, 'INVALID_REQUEST', 'refine[1]'],
    [{ if_wholesale_feed_version: 'x', brief: 'video' }, 'INVALID_REQUEST', 'if_wholesale_feed_version'],
    [{ buying_mode: 'wholesale', if_pricing_version: 'x' }, 'INVALID_REQUEST', 'if_pricing_version'],
    [{ buying_mode: 'auction' }, 'INVALID_REQUEST', 'buying_mode'],
  ])('%o is refused', async (args, code, field) => {
    const { isError, body } = await find(args)
    expect(isError).toBe(true)
    expect(body.adcp_error).toMatchObject({ code, field })
  })

  test('may be left out: without a brief it is the list', async () => {
    const { body } = await find({})
    expect(productsOf(body)).toHaveLength(10)
  })
})

describe('a page', () => {
  const queries = [
    {},
    { brief: 'outdoor video germany' },
    { brief: 'news', filters: { channels: ['display'] }, preferred_delivery_types: ['guaranteed'] },
  ]
  test.each(queries)('after page gives every product of %o once and in one order', async (query) => {
    const buyer = await desk.buyer()
    const whole = await buyer.call('get_products', {
      ...query,
      fields: ['name'],
      pagination: { max_results: 100 },
    })
    const all = idsOf(whole.body)
    expect(new Set(all).size).toBe(all.length)
    for (const size of [1, 7, all.length - 1, all.length]) expect(await walk(buyer, query, size)).toEqual(all)
  })

  test('can be asked for with another context', async () => {
    const buyer = await desk.buyer()
    const first = await buyer.call('get_products', { brief: 'news', context: { correlation_id: '1' } })
    const { cursor } = first.body['pagination'] as { cursor: string }
    const next = await buyer.call('get_products', {
      brief: 'news',
      context: { correlation_id: '2' },
      pagination: { cursor },
    })
    expect(next.isError).toBe(false)
    expect(next.body['context']).toEqual({ correlation_id: '2' })
  })

  test('of another query, or by a damaged cursor, is refused', async () => {
    const buyer = await desk.buyer()
    const first = await buyer.call('get_products', { brief: 'news' })
    const { cursor } = first.body['pagination'] as { cursor: string }
    const refusal = { code: 'INVALID_REQUEST', field: 'pagination.cursor' }
    for (const args of [
      { brief: 'video', pagination: { cursor } },
      { brief: 'news', filters: { channels: ['olv'] }, pagination: { cursor } },
      { brief: 'news', pagination: { cursor: cursor.slice(1) } },
      { brief: 'news', pagination: { cursor: 'AAAA' } },
      { brief: 'news', pagination: { cursor: tampered(cursor) } },
    ]) {
      const { body } = await buyer.call('get_products', args)
      expect(body.adcp_error).toMatchObject(refusal)
    }
  })
})

describe('a buyer', () => {
  test('who may buy only some products sees only those', async () => {
    const file = await readPublisherFile(examplePublisher)
    const allowed = file.principals.find(({ principal_id }) => principal_id === 'brightwater_energy')
    const { body } = await find({ pagination: { max_results: 100 } }, 'brightwater_energy')
    expect(idsOf(body).toSorted()).toEqual(allowed?.allowed_product_ids?.toSorted())
    const { body: none } = await find({ brief: 'homepage takeover' }, 'brightwater_energy')
    expect(productsOf(none)).toEqual([])
    expect(none['message']).toContain('brief fits none of 6 products')
  })

  test('who prefers guaranteed products gets those first', async () => {
    const listed = await find({
      preferred_delivery_types: ['guaranteed'],
      fields: ['delivery_type'],
      pagination: { max_results: 100 },
    })
    const types = (listed.body['products'] as { delivery_type: string }[]).map((one) => one.delivery_type)
    expect(types).toEqual(types.toSorted())
    expect(new Set(types).size).toBe(2)
  })

  test('can ask for some fields only', async () => {
    const { body } = await find({ brief: 'ski', fields: ['pricing_options', 'no_such_field'] })
    expect(new Set(productsOf(body).flatMap(Object.keys))).toEqual(
      new Set(['product_id', 'name', 'pricing_options']),
    )
  })

  test('no longer sees a product that was archived', async () => {
    const set = (archived_at: Date | null) =>
      desk.db.updateTable('products').set({ archived_at }).where('product_id', '=', 'screens_gyms').execute()
    await set(new Date())
    const { body } = await find({
      brief: 'screens in gyms',
      fields: ['name'],
      pagination: { max_results: 100 },
    })
    await set(null)
    expect(idsOf(body)).not.toContain('screens_gyms')
    expect(idsOf((await find({ brief: 'screens in gyms' })).body)[0]).toBe('screens_gyms')
  })

  test('is shown what the publisher itself put in ext beside the countries', async () => {
    const details = JSON.stringify({ ext: { northwind: { rate_card: 'B' } } })
    await desk.db
      .updateTable('products')
      .set({ details })
      .where('product_id', '=', 'gridwatt_display')
      .execute()
    const { body } = await find({ brief: 'gridwatt display' })
    const product = productsOf(body).find(({ product_id }) => product_id === 'gridwatt_display')
    expect(product?.ext).toEqual({
      northwind: { rate_card: 'B' },
      salesdesk: { countries: ['DE', 'GB', 'NL', 'DK', 'US'] },
    })
  })
})

async function walk(buyer: TestBuyer, query: Args, size: number): Promise<string[]> {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await buyer.call('get_products', {
      ...query,
      pagination: { max_results: size, ...(cursor && { cursor }) },
    })
    const page = body['pagination'] as { has_more: boolean; cursor?: string }
    expect(page.has_more).toBe(page.cursor !== undefined)
    seen.push(...idsOf(body))
    cursor = page.cursor
  } while (cursor !== undefined && seen.length < 500)
  return seen
}

/** The position changed, the rest as it was. */
function tampered(cursor: string): string {
  const parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { after: unknown[] }
  return Buffer.from(JSON.stringify({ ...parsed, after: ['not a number', 'x'] })).toString('base64url')
}

async function addProducts(
  products: { product_id: string; name: string; keywords: string[]; description: string }[],
) {
  const like = await desk.db
    .selectFrom('products')
    .select(['tenant_id', 'connection_id', 'delivery_type', 'approval_policy', 'reporting_capabilities'])
    .where('product_id', '=', 'screens_gyms')
    .executeTakeFirstOrThrow()
  await desk.db
    .insertInto('products')
    .values(
      products.map((product) => ({
        ...like,
        ...product,
        publisher_properties: '[{"publisher_domain":"matchday.example","selection_type":"all"}]',
        format_ids: '[]',
        reporting_capabilities: JSON.stringify(like.reporting_capabilities),
      })),
    )
    .execute()
  await desk.db
    .insertInto('pricing_options')
    .values(
      products.map(({ product_id }) => ({
        tenant_id: like.tenant_id,
        product_id,
        pricing_option_id: 'cpm_eur_fixed',
        pricing_model: 'cpm' as const,
        currency: 'EUR',
        fixed_price: '5',
      })),
    )
    .execute()
}
