import { beforeAll, expect, test } from 'vitest'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
let buy: { media_buy_id: string; packages: { package_id: string }[] }
const at = (hour: number) => new Date(Date.UTC(2026, 11, 15, hour))

const html = {
  format_id: { id: 'display_300x250_html' },
  assets: { html_creative: { asset_type: 'html', content: '<b>Sale</b>' } },
  tags: ['spring'],
}

beforeAll(async () => {
  buyer = await desk.buyer()
  desk.now = at(1)
  const bought = await buyer.call('create_media_buy', aPurchase({}, desk.now))
  buy = bought.body as unknown as typeof buy
  const package_id = buy.packages[0]?.package_id
  const sync = async (hour: number, args: Args) => {
    desk.now = at(hour)
    expect((await buyer.call('sync_creatives', aSync(args))).isError).toBe(false)
  }
  await sync(2, { creatives: [aBanner('old')], account: { account_id: 'acc_lumen_pinnacle' } })
  await sync(3, {
    creatives: [aBanner('only')],
    account: { account_id: 'acc_lumen_pinnacle' },
    delete_missing: true,
  })
  await sync(4, {
    creatives: [aBanner('placed', { tags: ['spring', 'sale'] })],
    assignments: [{ creative_id: 'placed', package_id }],
  })
  await sync(5, { creatives: [aBanner('html', html), aBanner('zebra', { name: 'ZEBRA 50% off_x' })] })
  await sync(6, {
    creatives: [aBanner('only', { name: 'Renamed' })],
    account: { account_id: 'acc_lumen_pinnacle' },
  })
  const acme = await desk.buyer('acme_direct')
  await acme.call('sync_creatives', aSync({ account: { account_id: 'acc_acme_direct' } }))
})

const list = async (args: Args = {}) => (await buyer.call('list_creatives', args)).body
const ids = async (args: Args = {}) => {
  const body = await list(args)
  expect(body.errors).toBeUndefined()
  return (body['creatives'] as { creative_id: string }[]).map(({ creative_id }) => creative_id)
}

test('a buyer sees its own creatives, the newest first, with where they are placed', async () => {
  const body = await list()
  expect(body['query_summary']).toEqual({
    total_matching: 4,
    returned: 4,
    filters_applied: [],
    sort_applied: { field: 'created_date', direction: 'desc' },
  })
  expect(body['pagination']).toEqual({ has_more: false, total_count: 4 })
  expect((body['creatives'] as Args[])[2]).toEqual({
    creative_id: 'placed',
    name: 'Banner placed',
    format_id: { agent_url: 'https://creative.adcontextprotocol.org', id: 'display_300x250_image' },
    status: 'approved',
    created_date: at(4).toISOString(),
    updated_date: at(4).toISOString(),
    tags: ['spring', 'sale'],
    assignments: {
      assignment_count: 1,
      assigned_packages: [{ package_id: buy.packages[0]?.package_id, assigned_date: at(4).toISOString() }],
    },
  })
})

test.each<[string, () => Args, string[]]>([
  ['those archived', () => ({ statuses: ['archived'] }), ['old']],
  [
    'those approved or archived',
    () => ({ statuses: ['approved', 'archived', 'suspended'] }),
    ['zebra', 'html', 'placed', 'only', 'old'],
  ],
  ['those with all tags', () => ({ tags: ['spring', 'sale'] }), ['placed']],
  ['those with any tag', () => ({ tags_any: ['spring', 'none'] }), ['html', 'placed']],
  ['those whose name holds a text, taken literally', () => ({ name_contains: 'zebra 50% OFF_' }), ['zebra']],
  ['those of some ids', () => ({ creative_ids: ['html', 'old', 'nobody'] }), ['html']],
  ['those made after', () => ({ created_after: at(4).toISOString() }), ['zebra', 'html']],
  ['those made before', () => ({ created_before: at(4).toISOString() }), ['only']],
  ['those changed after', () => ({ updated_after: at(5).toISOString() }), ['only']],
  ['those changed before', () => ({ updated_before: at(5).toISOString() }), ['placed']],
  ['those on a package', () => ({ assigned_to_packages: [buy.packages[0]?.package_id] }), ['placed']],
  ['those in a media buy', () => ({ media_buy_ids: [buy.media_buy_id, 'mb_nobody'] }), ['placed']],
  ['those on no package', () => ({ unassigned: true }), ['zebra', 'html', 'only']],
  ['those on a package, whichever', () => ({ unassigned: false }), ['placed']],
  ['those of a format', () => ({ format_ids: [{ id: 'display_300x250_html' }] }), ['html']],
  [
    'those of a format of another agent',
    () => ({ format_ids: [{ id: 'display_300x250_html', agent_url: 'https://other.example' }] }),
    [],
  ],
  [
    'those of a format, however its agent is written',
    () => ({
      format_ids: [{ id: 'display_300x250_html', agent_url: 'HTTPS://Creative.AdContextProtocol.org:443/' }],
    }),
    ['html'],
  ],
  ['those of an account', () => ({ accounts: [{ account_id: 'acc_lumen_pinnacle' }] }), ['only']],
  [
    'those of a brand and operator',
    () => ({ accounts: [{ brand: { domain: 'lumencoffee.example' }, operator: 'pinnacle-agency.example' }] }),
    ['only'],
  ],
])('a buyer finds %s', async (_what, filters, expected) => {
  const body = await list({ filters: filters() })
  expect(await ids({ filters: filters() })).toEqual(
    expected.length > 1 ? expect.arrayContaining(expected) : expected,
  )
  expect(body['query_summary']).toMatchObject({
    total_matching: expected.length,
    filters_applied: Object.keys(filters()),
  })
})

test.each(['created_date', 'updated_date', 'name', 'status', 'assignment_count'])(
  'sorted by %s, page after page gives each creative once, in one order, and backwards the other',
  async (field) => {
    const walk = async (direction: string) => {
      const found: string[] = []
      let cursor: unknown
      do {
        const query = {
          sort: { field, direction },
          pagination: { max_results: 1, ...(cursor ? { cursor } : {}) },
        }
        const body = await list(query)
        expect(body.errors).toBeUndefined()
        expect(body['query_summary']).toMatchObject({ total_matching: 4, returned: 1 })
        found.push(...(body['creatives'] as { creative_id: string }[]).map(({ creative_id }) => creative_id))
        cursor = (body['pagination'] as Args)['cursor']
      } while (cursor)
      return found
    }
    const up = await walk('asc')
    expect([...up].sort()).toEqual(['html', 'only', 'placed', 'zebra'])
    expect(await walk('desc')).toEqual(up.toReversed())
    expect(up).toEqual(await ids({ sort: { field, direction: 'asc' } }))
  },
)

test('a buyer leaves out what it does not need', async () => {
  const body = await list({ fields: ['creative_id', 'tags'], include_snapshot: true })
  for (const creative of body['creatives'] as Args[]) expect(creative).not.toHaveProperty('assignments')
  const [first] = (await list({ include_assignments: false, include_snapshot: true }))['creatives'] as Args[]
  expect(first).not.toHaveProperty('assignments')
  expect(first).toHaveProperty('snapshot_unavailable_reason', 'SNAPSHOT_UNSUPPORTED')
})

test.each(['has_served', 'concept_ids', 'has_variables'])(
  'a filter the library cannot answer is refused: %s',
  async (name) => {
    const body = await list({ filters: { [name]: name === 'concept_ids' ? ['c'] : true } })
    expect(body.adcp_error).toMatchObject({ code: 'UNSUPPORTED_FEATURE', field: `filters.${name}` })
  },
)

test('a neighbour’s creatives, packages and media buys find nothing', async () => {
  const acme = await desk.buyer('acme_direct')
  for (const filters of [
    { creative_ids: ['placed'] },
    { media_buy_ids: [buy.media_buy_id] },
    { accounts: [{ account_id: 'acc_lumen_pinnacle' }] },
  ])
    expect((await acme.call('list_creatives', { filters })).body).toMatchObject({
      creatives: [],
      query_summary: { total_matching: 0 },
    })
})
