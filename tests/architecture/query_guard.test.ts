import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { loadModule } from 'libpg-query'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { createPool } from '../../src/db/database.ts'
import { quiet, testDatabase } from '../support/database.ts'
import { allowances } from '../support/query_guard/allowed.ts'
import { catalogueOf, type Catalogue } from '../support/query_guard/catalogue.ts'
import { judge } from '../support/query_guard/judge.ts'
import { watchStatements } from '../support/query_guard/watch.ts'

const database = testDatabase()
let catalogue: Catalogue
beforeAll(async () => {
  await loadModule()
  catalogue = catalogueOf(inject('tables'))
})
const verdict = (statement: string) =>
  judge(statement, catalogue).map(({ table, by, column }) =>
    [by, column === undefined ? table : `${table}.${column}`].join(' '),
  )

describe('a statement that says whose rows it means is let through', () => {
  it.each([
    'select * from products where tenant_id = $1',
    'select * from media_buys where principal_id = $1 and media_buy_id = $2',
    'select * from media_buys b join media_packages p using (media_buy_id) where b.principal_id = $1',
    'select * from media_packages p, media_buys b where p.media_buy_id = b.media_buy_id and b.principal_id = $1',
    'select * from media_buys b left join media_packages p on p.media_buy_id = b.media_buy_id where b.principal_id = $1',
    'select * from products p where p.tenant_id = any($1) and p.product_id in ($2, $3)',
    "select * from products where (tenant_id, product_id) in (('northwind', $1), ('northwind', $2))",
    'select * from products p join unnest($1::text[], $2::text[]) as wanted (tenant_id, product_id) using (tenant_id, product_id)',
    'select * from media_packages where media_buy_id in (select media_buy_id from media_buys where principal_id = $1)',
    'select * from media_packages p where exists (select from media_buys b where b.media_buy_id = p.media_buy_id and b.principal_id = $1)',
    'with mine as (select media_buy_id from media_buys where principal_id = $1) select * from media_packages join mine using (media_buy_id)',
    'select (select count(*) from media_packages p where p.media_buy_id = b.media_buy_id) from media_buys b where principal_id = $1',
    'select * from media_buys b, lateral (select * from media_packages p where p.media_buy_id = b.media_buy_id limit 1) last where b.principal_id = $1',
    'select * from media_buys where principal_id = $1 and status = $2 or principal_id = $1 and status = $3',
    'select product_id from products where tenant_id = $1 union all select product_id from products where tenant_id = $2',
    'update media_packages p set paused = true from media_buys b where b.media_buy_id = p.media_buy_id and b.principal_id = $1',
    'delete from approval_limits where tenant_id = $1',
    'insert into approval_policies (tenant_id) values ($1) on conflict (tenant_id) do update set decide_within_hours = $2',
    "insert into accounts (account_id, tenant_id) values ($1, $2) on conflict (account_id) do update set name = 'x' where accounts.tenant_id = excluded.tenant_id",
    'select * from sign_in_failures where address = $1',
    'select 1',
  ])('%s', (statement) => {
    expect(verdict(statement)).toEqual([])
  })
})

describe('a statement that does not is refused', () => {
  it.each([
    ['select * from media_buys', 'nothing media_buys'],
    ['select * from products where product_id = $1', 'nothing products'],
    ['select * from media_buys where media_buy_id = $1', 'key media_buys.media_buy_id'],
    ['select * from media_buys where tenant_id = $1', 'tenant media_buys'],
    ['select * from media_buys where tenant_id <> $1', 'nothing media_buys'],
    ['select * from media_buys where tenant_id = $1 or media_buy_id = $2', 'key media_buys.tenant_id'],
    ['select * from products where not (tenant_id = $1)', 'nothing products'],
    // joined by what is no key, by a key of somebody else, and by an id that says nothing without its tenant
    [
      'select * from media_buys b join media_packages p on p.position = b.revision where b.principal_id = $1',
      'nothing media_packages',
    ],
    [
      'select * from media_buys b join media_packages p on p.package_id = b.media_buy_id where b.principal_id = $1',
      'nothing media_packages',
    ],
    [
      'select * from media_packages p join products o using (product_id) where p.tenant_id = $1 and p.media_buy_id = $2',
      'tenant media_packages, nothing products',
    ],
    // another buyer of the same publisher is reached over its ad server
    [
      'select * from fulfilments mine join media_buys b using (media_buy_id) join fulfilments f on f.connection_id = mine.connection_id where b.principal_id = $1',
      'tenant fulfilments',
    ],
    [
      'select * from products p left join tenants t on t.tenant_id = p.tenant_id and t.tenant_id = $1',
      'nothing products',
    ],
    [
      'select * from media_packages p where not exists (select from media_buys b where b.media_buy_id = p.media_buy_id and b.principal_id = $1)',
      'nothing media_packages',
    ],
    ['select * from products where tenant_id = $1 union all select * from products', 'nothing products'],
    ['select (select count(*) from products) from tenants where tenant_id = $1', 'nothing products'],
    ['with all_of_them as (select * from products) select 1', 'nothing products'],
    [
      'select * from media_buys b, lateral (select * from media_packages p where p.position = b.revision) x where b.principal_id = $1',
      'nothing media_packages',
    ],
    [
      'select * from tenants t where t.tenant_id in (select tenant_id from products)',
      'nothing tenants, nothing products',
    ],
    ['update products set name = $1 where product_id = $2', 'nothing products'],
    ['delete from account_principals where account_id = $1', 'key account_principals.account_id'],
    ['insert into tenants (tenant_id) select tenant_id from tenants', 'nothing tenants'],
    [
      "insert into accounts (account_id, tenant_id) values ($1, $2) on conflict (account_id) do update set name = 'x'",
      'key accounts.account_id',
    ],
    // a copy of what an ad server holds has no foreign key, and is its publisher's all the same
    ['select * from ad_server_orders', 'nothing ad_server_orders'],
    ['select * from inventory_units where generation = $1', 'key inventory_units.generation'],
  ])('%s', (statement, expected) => {
    expect(verdict(statement).join(', ')).toBe(expected)
  })
})

describe('the guard', () => {
  it('hears what the desk sends and tells what to mend', async () => {
    const pool = createPool(database.url, { max: 1, log: quiet, name: 'tools' })
    const acquired = once(pool, 'release')
    // nobody of ours is on the stack: on a connection of the desk it is the desk's
    setImmediate(pool.query.bind(pool) as (statement: string) => void, 'select revision from media_buys')
    await acquired
    await pool.end()
    const complaints = watchStatements(inject('tables'))()
    expect(complaints).toEqual([
      expect.stringMatching(
        /^It is not said whose media_buys is meant\. Mend it:[^]*select revision from media_buys$/,
      ),
    ])
  })

  it('allows what it allows to files that are there and tables that are there', () => {
    const root = new URL('../../', import.meta.url)
    for (const { where } of allowances)
      for (const [file, tables] of Object.entries(where)) {
        if (file !== '') expect([file, existsSync(new URL(file, root))]).toEqual([file, true])
        for (const name of tables.filter((one) => one !== '*')) {
          const [table = '', column] = name.split('.')
          const known = catalogue.table(table)
          expect([
            name,
            known !== undefined && (column === undefined || known.columns.includes(column)),
          ]).toEqual([name, true])
        }
      }
  })
})
