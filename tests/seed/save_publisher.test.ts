import { Ajv } from 'ajv'
import { type SqlBool, sql } from 'kysely'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { type PublisherFile, readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { testDatabase } from '../support/database.ts'

const database = testDatabase()
const example = fileURLToPath(new URL('../../docs/examples/publisher.yaml', import.meta.url))
const tables = [
  'tenants',
  'adapter_configs',
  'publisher_partners',
  'authorized_properties',
  'creative_formats',
  'products',
  'pricing_options',
  'principals',
  'accounts',
  'account_principals',
] as const

let file: PublisherFile
beforeAll(async () => {
  file = await readPublisherFile(example)
})

/** Every row with the transaction that last wrote it. */
async function everything(): Promise<unknown> {
  return Promise.all(
    tables.map(async (table) => {
      const { rows } =
        await sql`select xmin::text as written_by, to_jsonb(t) as row from ${sql.table(table)} t
        order by to_jsonb(t)::text`.execute(database.db)
      return [table, rows]
    }),
  )
}

async function count(table: (typeof tables)[number]): Promise<number> {
  const { count } = await database.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

async function productsFor(...words: string[]): Promise<string[]> {
  const rows = await database.db
    .selectFrom('products')
    .select('product_id')
    .where(sql<SqlBool>`search @@ websearch_to_tsquery('english', ${words.join(' ')})`)
    .where('archived_at', 'is', null)
    .orderBy('product_id')
    .execute()
  return rows.map(({ product_id }) => product_id)
}

describe('savePublisher', () => {
  it('writes all the file says', async () => {
    const saved = await savePublisher(database.db, file)
    expect(saved).toMatchObject({
      tenant_id: 'northwind',
      products: file.products.length,
      principals: 4,
      accounts: 5,
    })
    expect(await count('products')).toBe(file.products.length)
    const [audit] = await database.db.selectFrom('audit_log').select(['action', 'detail']).execute()
    expect(audit).toMatchObject({ action: 'load_publisher_file', detail: { rows_written: { tenant: 1 } } })
    expect(await count('creative_formats')).toBe(file.formats.length)
    expect(await count('authorized_properties')).toBe(
      file.publishers.flatMap(({ properties }) => properties).length,
    )
    expect(await count('pricing_options')).toBe(
      file.products.flatMap((product) => product.pricing_options).length,
    )
  })

  it('changes nothing the second time', async () => {
    const before = await everything()
    expect(await savePublisher(database.db, file)).toMatchObject({ changed: 0 })
    expect(await everything()).toEqual(before)
  })

  it('asks a person about guaranteed products unless told otherwise', async () => {
    const rows = await database.db
      .selectFrom('products')
      .select(['delivery_type', 'approval_policy'])
      .distinct()
      .execute()
    expect(rows.toSorted((a, b) => a.delivery_type.localeCompare(b.delivery_type))).toEqual([
      { delivery_type: 'guaranteed', approval_policy: 'person' },
      { delivery_type: 'non_guaranteed', approval_policy: 'auto' },
    ])
  })

  it('makes products findable by what buyers call things', async () => {
    expect(await productsFor('outdoor', 'video', 'germany')).toEqual(
      expect.arrayContaining(['trail_video_preroll', 'trail_video_premium', 'trail_germany_outstream']),
    )
    expect(await productsFor('newsletter', 'uk', 'food')).toEqual(['thyme_friday_newsletter'])
    expect(await productsFor('connected', 'tv', 'german', 'outdoor')).toEqual(['group_tv', 'trail_tv_spots'])
    expect(await productsFor('billboards', 'london')).toEqual(['screens_rail_london'])
  })

  it('archives what the file no longer names and takes it back', async () => {
    const [gone, ...rest] = file.products
    const smaller = {
      ...file,
      products: rest,
      principals: file.principals.filter(({ principal_id }) => principal_id !== 'sandbox_agent'),
      accounts: file.accounts.filter(({ account_id }) => account_id !== 'acc_sandbox'),
    }
    const archived = async () => {
      const { rows } = await sql<{ id: string }>`
        select product_id as id from products where archived_at is not null
        union all select principal_id from principals where archived_at is not null`.execute(database.db)
      return rows.map(({ id }) => id)
    }
    expect(await savePublisher(database.db, smaller)).toMatchObject({ changed: 2 })
    expect(await archived()).toEqual([gone?.product_id, 'sandbox_agent'])
    expect(await count('products')).toBe(file.products.length)
    expect(await savePublisher(database.db, smaller)).toMatchObject({ changed: 0 })
    expect(await savePublisher(database.db, file)).toMatchObject({ changed: 2 })
    expect(await archived()).toHaveLength(0)
  })

  it('updates what changed and only that', async () => {
    const changed = structuredClone(file)
    for (const product of changed.products.filter(({ product_id }) => product_id === 'trail_video_preroll')) {
      product.pricing_options.splice(1, 1)
      product.keywords.push('kayak')
    }
    expect(await savePublisher(database.db, changed)).toMatchObject({ changed: 3 }) // product, one price deleted, one moved up
    expect(await productsFor('kayak')).toEqual(['trail_video_preroll'])
    await savePublisher(database.db, file)
  })

  it('has a worker ask what an ad server can do when its connection is new or changed, and only then', async () => {
    const { db } = database
    const asked = async () => {
      const { rows } = await sql<{ key: string }>`
        delete from graphile_worker._private_jobs where key like 'sync_adapter_capabilities:%' returning key`.execute(
        db,
      )
      return rows.map(({ key }) => key).sort()
    }
    await asked()
    await savePublisher(db, file)
    expect(await asked()).toEqual([])
    const changed = structuredClone(file)
    for (const connection of changed.connections.slice(0, 1)) connection.settings = { latency_ms: 1 }
    const [first] = changed.connections
    await savePublisher(db, changed)
    expect(await asked()).toEqual([`sync_adapter_capabilities:${first?.connection_id}`])
    await savePublisher(db, file)
  })

  it('leaves alone what others know better', async () => {
    const { db } = database
    await db
      .updateTable('accounts')
      .set({ status: 'suspended' })
      .where('account_id', '=', 'acc_brightwater')
      .execute()
    await db.updateTable('publisher_partners').set({ verification: 'verified' }).execute()
    await db.updateTable('adapter_configs').set({ capabilities: '{"known":true}' }).execute()
    const before = await everything()
    expect(await savePublisher(db, file)).toMatchObject({ changed: 0 })
    expect(await everything()).toEqual(before)
  })

  it('gives an account the desk had opened already its name', async () => {
    const { db } = database
    const opened = {
      account_id: 'acc_random',
      brand_domain: 'lumencoffee.example',
      operator: 'lumencoffee.example',
    }
    await db
      .insertInto('accounts')
      .values({ ...opened, tenant_id: 'northwind', name: 'lumencoffee.example' })
      .execute()
    const [named] = file.accounts.map((account) => ({
      ...account,
      ...opened,
      account_id: 'acc_lumen',
      name: 'Lumen Coffee',
    }))
    await savePublisher(db, { ...file, accounts: [...file.accounts, ...(named ? [named] : [])] })
    const rows = await db.selectFrom('accounts').selectAll().where('name', '=', 'Lumen Coffee').execute()
    expect(rows).toMatchObject([{ account_id: 'acc_random', billing: 'advertiser' }])
  })

  it("refuses ids that are another tenant's", async () => {
    const other = { ...file, tenant: { ...file.tenant, tenant_id: 'southwind' } }
    const before = await everything()
    await expect(savePublisher(database.db, other)).rejects.toThrow(
      /connections\[0\] "house" belongs to another tenant/,
    )
    expect(await everything()).toEqual(before)
  })
})

const text = { type: 'string', minLength: 1 }
const formatId = {
  type: 'object',
  required: ['agent_url', 'id'],
  properties: {
    agent_url: { type: 'string', pattern: '^https://' },
    id: { type: 'string', pattern: '^[a-zA-Z0-9_-]+$' },
  },
}

it('stores products in the shape AdCP answers them', async () => {
  const { rows } = await sql`
    select product_id, name, description, publisher_properties, format_ids, delivery_type, reporting_capabilities, details,
      (select jsonb_agg(to_jsonb(o)) from pricing_options o where (o.tenant_id, o.product_id) = (p.tenant_id, p.product_id)) as pricing_options
    from products p`.execute(database.db)
  const validate = new Ajv({ allErrors: true }).compile({
    type: 'object',
    required: [
      'product_id',
      'name',
      'description',
      'publisher_properties',
      'format_ids',
      'reporting_capabilities',
      'pricing_options',
    ],
    properties: {
      product_id: text,
      name: text,
      description: { type: 'string', minLength: 40 },
      publisher_properties: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          required: ['publisher_domain', 'selection_type'],
          properties: { selection_type: { enum: ['all', 'by_id', 'by_tag'] } },
        },
      },
      format_ids: { type: 'array', minItems: 1, items: formatId },
      details: { type: 'object' },
      reporting_capabilities: {
        type: 'object',
        required: [
          'available_reporting_frequencies',
          'expected_delay_minutes',
          'timezone',
          'supports_webhooks',
          'available_metrics',
          'date_range_support',
        ],
      },
      pricing_options: {
        type: 'array',
        minItems: 1,
        items: { type: 'object', required: ['pricing_option_id', 'currency'] },
      },
    },
  })
  for (const row of rows) expect(validate(row), JSON.stringify({ row, errors: validate.errors })).toBe(true)
})

it('fills the columns formats are filtered by', async () => {
  const format = (format_id: string) =>
    database.db
      .selectFrom('creative_formats')
      .select(['agent_url', 'is_responsive', 'asset_types'])
      .where('format_id', '=', format_id)
      .executeTakeFirstOrThrow()
  expect(await format('display_970x250_html')).toEqual({
    agent_url: 'https://creative.adcontextprotocol.org',
    is_responsive: false,
    asset_types: ['html'],
  })
  expect(await format('native_standard')).toMatchObject({ is_responsive: true })
  expect(await format('sponsored_article')).toMatchObject({
    agent_url: 'https://sales.northwind.example/mcp',
    asset_types: ['brief', 'image', 'url'],
  })
})
