import { sql, type RawBuilder } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { aBanner, aSync } from '../support/creatives.ts'
import { deliver } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { buy } from '../support/orders.ts'
import { everyPage } from '../support/pages.ts'

/** Beyond it hosts cut an answer off, and the LLM that reads it never learns that there was more. */
const MOST_BYTES = 30_000
const MANY = 300

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-10T15:30:00Z')
  buyer = await desk.buyer()
  await buyer.call('sync_creatives', aSync({ creatives: [aBanner('banner_0')] }))
  const id = await buy(buyer, { packages: tenPackages, ...flight }, desk.now)
  desk.now = new Date('2026-12-15T15:30:00Z')
  for (const day of ['2026-12-13', '2026-12-14'])
    await deliver(desk, id, { day, figures: { impressions: 9_000, spend: 40, clicks: 20, conversions: 3 } })
  const { body } = await buyer.call('create_media_buy', aPurchase({ package: guaranteed }, desk.now))
  await copies('workflow_steps', sql`task_id = ${body['task_id']}`, {
    workflow_step_id: 'step',
    task_id: 'task',
  })
  const own = sql`media_buy_id = ${id}`
  await copies('media_buys', own, { media_buy_id: 'mb' })
  await copies('media_packages', own, { package_id: own_id('package_id'), media_buy_id: 'mb' })
  await copies('package_delivery', own, { package_id: own_id('package_id'), media_buy_id: 'mb' })
  await copies('creatives', sql`true`, { creative_id: 'banner' })
  await sql`insert into creative_assignments (principal_id, creative_id, package_id)
    select 'pinnacle', replace(media_buy_id, 'mb', 'banner'), package_id from media_packages
    where media_buy_id ~ '^mb_[0-9]+$'`.execute(desk.db)
  await copies('accounts', sql`account_id = (select account_id from media_buys where ${own})`, {
    account_id: 'acc',
    brand_id: 'brand',
  })
  await sql`insert into account_principals (tenant_id, account_id, principal_id)
    select tenant_id, account_id, 'pinnacle' from accounts where account_id ~ '^acc_[0-9]+$'`.execute(desk.db)
  await copies('creative_formats', sql`format_id = 'display_300x250_image'`, { format_id: 'format' })
}, 120_000)

const flight = { start_time: '2026-12-12T00:00:00Z', end_time: '2027-01-12T00:00:00Z' }
const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
const tenPackages = Array.from({ length: 10 }, (_, n) => ({
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 400 + n,
  bid_price: 5,
  targeting_overlay: {
    geo_countries: ['DE', 'AT', 'CH'],
    geo_regions: ['DE-BY', 'DE-BW', 'AT-7', 'AT-5'],
    language: ['de', 'en', 'fr'],
    device_type: ['desktop', 'mobile', 'tablet'],
  },
}))

const own_id = (column: string) => sql`${sql.ref(`row.${column}`)} || '_' || n`

/** As many more of these rows, told apart by the named columns: `prefix_1` and on, or what the expression makes of `row` and `n`. */
async function copies(
  table: string,
  where: RawBuilder<unknown>,
  apart: Record<string, string | RawBuilder<unknown>>,
) {
  const changes = Object.entries(apart).flatMap(([column, how]) => [
    sql.lit(column),
    typeof how === 'string' ? sql`${sql.lit(`${how}_`)} || n` : how,
  ])
  await sql`insert into ${sql.table(table)}
    select (jsonb_populate_record(row, jsonb_build_object(${sql.join(changes)}))).*
    from ${sql.table(table)} row, generate_series(1, ${sql.lit(MANY - 1)}) n where ${where}`.execute(desk.db)
}

const everyStatus = ['pending_creatives', 'pending_start', 'active', 'paused']
const brief = 'video ads for outdoor news in Germany for 20000 EUR'
const most = { pagination: { max_results: 100 } }
const lists: [tool: string, key: string, id: string, count: number, args: Args][] = [
  ['get_products', 'products', 'product_id', 55, {}],
  ['get_products', 'products', 'product_id', 55, most],
  ['get_products', 'products', 'product_id', 50, { brief, ...most }],
  ['get_media_buys', 'media_buys', 'media_buy_id', MANY, { status_filter: everyStatus }],
  ['get_media_buy_delivery', 'media_buy_deliveries', 'media_buy_id', MANY, {}],
  ['list_creatives', 'creatives', 'creative_id', MANY, {}],
  ['list_creatives', 'creatives', 'creative_id', MANY, { sort: { field: 'assignment_count' }, ...most }],
  ['list_creative_formats', 'formats', 'format_id', MANY, {}],
  ['list_accounts', 'accounts', 'account_id', MANY, most],
  ['tasks_list', 'tasks', 'task_id', MANY, {}],
  ['tasks_list', 'tasks', 'task_id', MANY, { sort: { field: 'status', direction: 'asc' }, ...most }],
]

test.each(lists)(
  '%s gives each of many %s, by its %s, once over all its pages, none larger than hosts hand on: %i, %o',
  async (tool, key, id, count, args) => {
    const idsOf = (body: Args) => (body[key] as Args[]).map((item) => idOf(item[id]))
    const pages = await everyPage(buyer, tool, args)
    const ids = pages.flatMap(({ body }) => idsOf(body))
    expect(ids.length).toBeGreaterThanOrEqual(count)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { body, texts } of pages) {
      const here = idsOf(body)
      const said = texts.at(-1) ?? ''
      expect(here.length).toBeGreaterThan(0)
      expect(Buffer.byteLength(texts.join(''))).toBeLessThanOrEqual(MOST_BYTES)
      expect(here.filter((one) => !said.includes(one))).toEqual([])
      const { has_more, total_count = ids.length } = body['pagination'] as Pagination
      expect(said.includes('pagination.cursor')).toBe(has_more)
      expect(total_count).toBe(ids.length)
      expect(body['query_summary'] ?? {}).toEqual(
        expect.objectContaining(body['query_summary'] ? { returned: here.length } : {}),
      )
    }
  },
  120_000,
)

test('a single media buy larger than that is given all the same, and the list goes on behind it', async () => {
  const packages = Array.from({ length: 60 }, () => ({ ...tenPackages[0] }))
  const id = await buy(buyer, { packages }, desk.now)
  const args = { media_buy_ids: [id, 'mb_1', 'mb_2'] }
  const pages = await everyPage(buyer, 'get_media_buys', args)
  const told = pages.map(({ body }) => (body['media_buys'] as Args[]).map((one) => one['media_buy_id']))
  expect(told).toEqual([[id], [expect.stringMatching('mb_.'), expect.stringMatching('mb_.')]])
})

interface Pagination {
  has_more: boolean
  total_count?: number
}
const idOf = (id: unknown): string => (typeof id === 'string' ? id : (id as { id: string }).id)
