import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { examplePublisher } from '../../src/cli/seed.ts'
import { readPublisherFile, type PublisherFile } from '../../src/seed/publisher_file.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { everyItem } from '../support/pages.ts'

const desk = testDesk()
const STANDARD = 'https://creative.adcontextprotocol.org'
const OWN = 'https://sales.northwind.example/mcp'
let buyer: TestBuyer
let file: PublisherFile

beforeAll(async () => {
  buyer = await desk.buyer()
  file = await readPublisherFile(examplePublisher)
})

interface Format {
  format_id: { agent_url: string; id: string }
}
const ask = (args: Args = {}) => buyer.call('list_creative_formats', args)
async function idsWith(args: Args): Promise<string[]> {
  const { body } = await ask(args)
  expect(body.errors).toBeUndefined()
  return (body['formats'] as Format[]).map(({ format_id }) => format_id.id)
}
type Definition = PublisherFile['formats'][number]
const expected = (test: (format: Definition) => boolean) =>
  file.formats.filter(test).map(({ format_id }) => format_id)
const anyRender =
  (test: (side: { width?: number | undefined; height?: number | undefined }) => boolean) =>
  (format: Definition) =>
    (format.renders ?? []).some(
      ({ dimensions }) => dimensions && (dimensions.unit ?? 'px') === 'px' && test(dimensions),
    )
const assetsOf = (format: Definition) =>
  format.assets.flatMap((asset) =>
    'assets' in asset ? asset.assets.map((one) => one.asset_type) : [asset.asset_type],
  )

test('a buyer sees every format in the order of the publisher, with what it needs', async () => {
  const { body } = await ask()
  const formats = body['formats'] as (Format & Args)[]
  expect(formats.map(({ format_id }) => format_id)).toEqual(
    file.formats.map(({ agent_url = OWN, format_id }) => ({ agent_url, id: format_id })),
  )
  expect(formats[0]).toEqual({
    format_id: { agent_url: STANDARD, id: 'display_300x250_image' },
    name: 'Medium Rectangle 300x250',
    description: 'Static image with one click-through.',
    renders: [{ role: 'primary', dimensions: { width: 300, height: 250 } }],
    assets: [
      expect.objectContaining({
        asset_id: 'banner_image',
        asset_type: 'image',
        required: true,
        item_type: 'individual',
      }),
      expect.objectContaining({ asset_id: 'click_url', asset_type: 'url' }),
    ],
  })
  expect(body['pagination']).toEqual({ has_more: false })
})

test('every format of every product can be looked up, and comes back under the same id', async () => {
  const products = await everyItem<{ format_ids: Format['format_id'][] }>(buyer, 'get_products', 'products')
  const wanted = [
    ...new Map(
      products.flatMap(({ format_ids }) => format_ids).map((id) => [JSON.stringify(id), id]),
    ).values(),
  ]
  const found = await everyItem<Format>(buyer, 'list_creative_formats', 'formats', { format_ids: wanted })
  const ids = found.map(({ format_id }) => format_id)
  expect(ids).toHaveLength(wanted.length)
  expect(ids).toEqual(expect.arrayContaining(wanted))
})

describe('a filter', () => {
  test.each<[Args, (format: Definition) => boolean]>([
    [{ asset_types: ['audio'] }, (format) => assetsOf(format).includes('audio')],
    [{ asset_types: ['vast', 'html'] }, (format) => meets(assetsOf(format), ['vast', 'html'])],
    [{ asset_types: ['brief'] }, (format) => assetsOf(format).includes('brief')],
    [{ min_width: 970 }, anyRender(({ width }) => width !== undefined && width >= 970)],
    [{ max_width: 390 }, anyRender(({ width }) => width !== undefined && width <= 390)],
    [{ min_height: 1000 }, anyRender(({ height }) => height !== undefined && height >= 1000)],
    [{ max_height: 90 }, anyRender(({ height }) => height !== undefined && height <= 90)],
    [{ max_width: 390, min_height: 1000 }, (format) => format.format_id === 'homepage_takeover'],
    [{ is_responsive: true }, (format) => ['native_standard', 'newsletter_block'].includes(format.format_id)],
    [{ name_search: 'PODCAST' }, (format) => format.name.toLowerCase().includes('podcast')],
    [{ name_search: '%' }, () => false],
    [{ format_ids: [{ agent_url: OWN, id: 'host_read' }] }, (format) => format.format_id === 'host_read'],
    [{ format_ids: [{ agent_url: STANDARD, id: 'host_read' }] }, () => false],
    [
      { format_ids: [{ id: 'host_read' }, { id: 'map_pin' }] },
      (format) => ['host_read', 'map_pin'].includes(format.format_id),
    ],
    [
      { name_search: 'video', asset_types: ['video'] },
      (format) => format.name.toLowerCase().includes('video') && assetsOf(format).includes('video'),
    ],
  ])('%o leaves what the publisher file says', async (args, test) => {
    expect(await idsWith(args)).toEqual(expected(test))
  })

  test.each([
    ['publisher_domain', 'trail.northwind.example'],
    ['property_id', 'trail_site'],
  ])('on what formats do not record is refused: %s', async (field, value) => {
    const { body } = await ask({ [field]: value })
    expect(body.adcp_error).toMatchObject({ code: 'UNSUPPORTED_FEATURE', field })
  })

  test('and all that cannot be judged are told at once', async () => {
    const { body } = await ask({ publisher_domain: 'trail.example', property_id: 'trail_site' })
    expect(body.errors).toHaveLength(2)
  })

  test.each<[string, Args]>([
    ['accessibility', { wcag_level: 'A' }],
    ['where disclosures stand', { disclosure_positions: ['footer'] }],
    ['how long they stay', { disclosure_persistence: ['initial'] }],
    ['what is made of it', { output_format_ids: [{ id: 'host_read' }] }],
    ['what it is made of', { input_format_ids: [{ id: 'host_read' }] }],
  ])('on %s leaves out formats that say nothing of it', async (_what, args) => {
    expect(await idsWith(args)).toEqual([])
  })
})

describe('page by page', () => {
  test.each([1, 4, 19, 20, 100])('of %i every format comes once, in order', async (max_results) => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body } = await ask({
        pagination: { max_results, ...(cursor && { cursor }) },
        context: { at: seen.length },
      })
      seen.push(...(body['formats'] as Format[]).map(({ format_id }) => format_id.id))
      cursor = (body['pagination'] as { cursor?: string }).cursor
    } while (cursor !== undefined && seen.length < 100)
    expect(seen).toEqual(file.formats.map(({ format_id }) => format_id))
  })

  test('a cursor of another list is refused', async () => {
    const { body } = await ask({ pagination: { max_results: 1 } })
    const { cursor } = body['pagination'] as { cursor: string }
    const refused = await ask({ name_search: 'video', pagination: { cursor } })
    expect(refused.body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'pagination.cursor' })
  })
})

test('which macros a format fills in is told to buyers of 3.1, because the schema of 3.0 refuses every one AdCP has', async () => {
  await desk.db
    .updateTable('creative_formats')
    .set({ definition: sql`definition || '{"supported_macros": ["CACHEBUSTER", "our_own"]}'` })
    .where('format_id', '=', 'display_300x250_image')
    .execute()
  const macros = async (adcp_version: string) => {
    const { body } = await ask({ name_search: 'Medium Rectangle 300x250', adcp_version })
    return (body['formats'] as Args[]).find((one) => one['name'] === 'Medium Rectangle 300x250')?.[
      'supported_macros'
    ]
  }
  expect(await macros('3.1')).toEqual(['CACHEBUSTER', 'our_own'])
  expect(await macros('3.0')).toBeUndefined()
})

test('a format that was archived is gone', async () => {
  await desk.db
    .updateTable('creative_formats')
    .set({ archived_at: new Date() })
    .where('format_id', '=', 'map_pin')
    .execute()
  expect(await idsWith({ name_search: 'pin' })).toEqual([])
})

function meets(some: readonly string[], others: readonly string[]) {
  return some.some((one) => others.includes(one))
}
