import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  buyer = await desk.buyer()
})
const list = (rest: Args = {}) =>
  buyer.call('get_products', { adcp_version: '3.1', buying_mode: 'wholesale', ...rest })
const versionOf = (body: Args) => ({
  if_wholesale_feed_version: body['wholesale_feed_version'],
  if_pricing_version: body['pricing_version'],
})

describe('the whole list', () => {
  test('is not sent again to a buyer that has it', async () => {
    const { body: first } = await list()
    const { body } = await list(versionOf(first))
    expect(body).toMatchObject({ unchanged: true, cache_scope: 'public' })
    expect(body).not.toHaveProperty('products')
    expect(versionOf(body)).toEqual(versionOf(first))
  })

  test('has one version on all its pages, and another one for other filters', async () => {
    const { body: page } = await list({ pagination: { max_results: 2 } })
    const { body: next } = await list({
      pagination: { max_results: 2, cursor: (page['pagination'] as { cursor: string }).cursor },
    })
    expect(versionOf(next)).toEqual(versionOf(page))
    const { body: filtered } = await list({ filters: { channels: ['podcast'] } })
    expect(versionOf(filtered)).not.toEqual(versionOf(page))
  })

  test('is sent in full once a price or a product changes', async () => {
    const { body: first } = await list()
    const options = desk.db.updateTable('pricing_options').where('product_id', '=', 'trail_video_preroll')
    await options.set({ min_spend_per_package: '501' }).execute()
    for (const known of [versionOf(first), { if_wholesale_feed_version: first['wholesale_feed_version'] }])
      expect((await list(known)).body).toHaveProperty('products')
    const { body: second } = await list()
    expect(second['pricing_version']).not.toBe(first['pricing_version'])

    const product = desk.db.updateTable('products').where('product_id', '=', 'trail_video_preroll')
    await product.set({ description: 'Other' }).execute()
    const { body: third } = await list()
    expect(third['wholesale_feed_version']).not.toBe(second['wholesale_feed_version'])
    expect(third['pricing_version']).toBe(second['pricing_version'])
  })

  test('has no version for a buyer of 3.0, which knows none', async () => {
    const { body } = await buyer.call('get_products', { adcp_version: '3.0', buying_mode: 'wholesale' })
    expect(body).not.toHaveProperty('wholesale_feed_version')
    expect(body).not.toHaveProperty('filter_diagnostics')
  })
})

describe('filter_diagnostics', () => {
  const diagnosticsOf = async (args: Args) =>
    (await buyer.call('get_products', { adcp_version: '3.1', ...args })).body['filter_diagnostics'] as {
      semantics: string
      total_candidates: number
      excluded_by: Record<string, { count: number }>
    }

  test('say for each filter how many products it alone keeps back', async () => {
    const count = async (filters: Args) => {
      const answer = await list({ filters, fields: ['name'], pagination: { max_results: 100 } })
      return (answer.body['products'] as unknown[]).length
    }
    const filters = { channels: ['podcast'], delivery_type: 'guaranteed' }
    const both = await count(filters)
    expect(await diagnosticsOf({ buying_mode: 'wholesale', filters })).toEqual({
      semantics: 'only',
      total_candidates: await count({}),
      excluded_by: {
        channels: { count: (await count({ delivery_type: 'guaranteed' })) - both },
        delivery_type: { count: (await count({ channels: ['podcast'] })) - both },
      },
    })
  })

  test('are in an empty answer, and start from what the brief finds', async () => {
    const filters = { channels: ['cinema'] }
    const found = await diagnosticsOf({ buying_mode: 'brief', brief: 'football', filters })
    expect(found.excluded_by['channels']?.count).toBe(found.total_candidates)
    expect(found.total_candidates).toBeGreaterThan(0)
  })

  test('are left out where there is no filter', async () => {
    expect(await diagnosticsOf({ buying_mode: 'brief', brief: 'football' })).toBeUndefined()
  })
})

describe('what is not looked up', () => {
  test('lists and catalogs change nothing, and the answer says so', async () => {
    const { body } = await buyer.call('get_products', {
      brief: 'football',
      property_list: { agent_url: 'https://lists.example', list_id: 'a' },
      brand: { domain: 'acme.example' },
      catalog: { type: 'product' },
    })
    expect(body).toMatchObject({ property_list_applied: false, catalog_applied: false })
    expect(body['message']).toContain('not looked up')
  })

  test('policies are: only products that enforce all of them are found', async () => {
    const product = desk.db.updateTable('products').where('product_id', '=', 'trail_podcast_midroll')
    await product.set({ details: JSON.stringify({ enforced_policies: ['a', 'b'] }) }).execute()
    const found = async (required_policies: string[]) =>
      ((await list({ required_policies })).body['products'] as Args[]).map(({ product_id }) => product_id)
    expect(await found(['a', 'b'])).toEqual(['trail_podcast_midroll'])
    expect(await found(['a', 'c'])).toEqual([])
  })
})

// what changes here stays changed
describe('the whole list', () => {
  test('holds nothing of an ad server that takes no more', async () => {
    const server = desk.db.updateTable('adapter_configs').where('connection_id', '=', 'screens')
    const onScreens = async () => {
      const { body } = await list({ fields: ['product_id'], pagination: { max_results: 100 } })
      const ids = (body['products'] as { product_id: string }[]).map(({ product_id }) => product_id)
      return ids.filter((id) => id.startsWith('screens_')).length
    }
    expect(await onScreens()).toBeGreaterThan(0)
    await server.set({ withdrawn_at: desk.now }).execute()
    expect(await onScreens()).toBe(0)
    await server.set({ withdrawn_at: null }).execute()
  })

  test('for a flight is sent in full once somebody holds all there is of a product, and is the same again without that', async () => {
    const day = (n: number) => new Date(desk.now.getTime() + n * 86_400_000).toISOString().slice(0, 10)
    const filters = { start_date: day(20), end_date: day(22) }
    const { body: first } = await list({ filters })
    const isKnown = async () => (await list({ filters, ...versionOf(first) })).body['unchanged'] === true
    expect(await isKnown()).toBe(true)
    await sql`insert into proposals (tenant_id, principal_id, proposal_id, plan, currency, committed_at, expires_at)
      select tenant_id, principal_id, 'all_of_it', '{}', 'EUR', now(), ${day(2)} from principals where principal_id = 'pinnacle'`.execute(
      desk.db,
    )
    await sql`insert into proposal_holds (principal_id, proposal_id, tenant_id, product_id, day, amount, expires_at)
      select 'pinnacle', 'all_of_it', tenant_id, product_id, ${day(21)}, daily_capacity, ${day(2)}
      from products where product_id = 'news_billboard'`.execute(desk.db)
    expect(await isKnown()).toBe(false)
    await desk.db.deleteFrom('proposal_holds').where('proposal_id', '=', 'all_of_it').execute()
    expect(await isKnown()).toBe(true)
  })

  test.for([
    [
      'an ad server takes no more',
      `update adapter_configs set withdrawn_at = '2026-01-01' where connection_id = 'screens'`,
    ],
    [
      'a domain refuses',
      `update publisher_partners set verification = 'refused' where publisher_domain like 'matchday%'`,
    ],
    [
      'a property is verified',
      `update authorized_properties set verification = 'verified' where property_id = 'news_web'`,
    ],
    ['only what is verified is sold', `update tenants set sells_unverified = false`],
    [
      'a format is no longer taken',
      `update creative_formats set archived_at = '2026-01-01' where format_id = 'video_standard_15s'`,
    ],
    [
      'a product is taken away',
      `update products set archived_at = '2026-01-01' where product_id = 'trail_podcast_midroll'`,
    ],
  ] as const)(
    'is sent in full once %s, and not again when nothing a buyer sees changes',
    async ([, change]) => {
      const { body: first } = await list()
      await sql.raw(`begin; ${change}; savepoint later; ${change}; commit`).execute(desk.db)
      expect((await list(versionOf(first))).body).not.toHaveProperty('unchanged')
      const { body: second } = await list()
      await sql
        .raw(`update products set updated_at = now(), ad_server_config = '{}'; ${change}`)
        .execute(desk.db)
      expect((await list(versionOf(second))).body).toHaveProperty('unchanged')
    },
  )
})
