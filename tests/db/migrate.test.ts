import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPool } from '../../src/db/database.ts'
import { migrate, MigrationError, newerMigrations, pendingMigrations } from '../../src/db/migrate.ts'
import { emptyDatabase, quiet } from '../support/database.ts'

const databases = { shipped: emptyDatabase(), crowded: emptyDatabase(), own: emptyDatabase() }
const ownSql = new URL('../../sql/', import.meta.url)

describe('an operator with a new, empty database', () => {
  test('sees everything in sql/ as pending, and looking changes nothing', async () => {
    const { pool } = databases.shipped
    const files = (await readdir(ownSql)).map((file) => file.replace('.sql', '')).sort()
    expect(await pendingMigrations(pool)).toEqual(files)
    expect(await tablesOf(pool)).toEqual([])
  })

  test('gets every table, and the job queue, from one migrate', async () => {
    const { pool } = databases.shipped
    const pending = await pendingMigrations(pool)
    expect(await migrate(pool)).toEqual(pending)
    expect(await pendingMigrations(pool)).toEqual([])
    expect(await tablesOf(pool)).toEqual(expect.arrayContaining(['media_buys', 'products', 'workflow_steps']))
    const queue = await pool.query<{ jobs: number }>('select count(*)::int as jobs from graphile_worker.jobs')
    expect(queue.rows).toEqual([{ jobs: 0 }])
  })

  test('may migrate again: there is nothing to do', async () => {
    expect(await migrate(databases.shipped.pool)).toEqual([])
  })
})

test('five processes that migrate one empty database at once apply each file exactly once', async () => {
  const { url, pool } = databases.crowded
  const processes = Array.from({ length: 5 }, () => createPool(url, { max: 3, log: quiet, name: 'test' }))
  try {
    const applied = await Promise.all(processes.map((process) => migrate(process)))
    const { rows } = await pool.query<{ name: string }>('select name from schema_migrations order by name')
    expect(applied.flat()).toEqual(rows.map(({ name }) => name))
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
  } finally {
    await Promise.all(processes.map((process) => process.end()))
  }
})

describe('an operator whose database and program do not belong together', () => {
  const { own: database } = databases
  let folder: string
  const write = (name: string, text: string) => writeFile(join(folder, `${name}.sql`), text)
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'salesdesk-migrations-'))
    await database.pool.query('drop schema public cascade; create schema public')
    await write('0001_publishers', 'create table publishers (name text)')
    await write('0002_products', 'create table products (name text)')
    await migrate(database.pool, folder)
  })
  afterEach(() => rm(folder, { recursive: true }))

  const bothRefuse = async (message: string) => {
    for (const look of [migrate, pendingMigrations]) {
      const refusal = look(database.pool, folder)
      await expect(refusal).rejects.toThrow(message)
      await expect(refusal).rejects.toBeInstanceOf(MigrationError)
    }
  }

  test('is told which file was changed after it was applied, and nothing else is applied', async () => {
    await write('0001_publishers', 'create table publishers (name text, domain text)')
    await write('0003_prices', 'create table prices (amount numeric)')
    await bothRefuse(
      'sql/0001_publishers.sql was changed after this database applied it. Restore the file and write the change as a new one.',
    )
    expect(await tablesOf(database.pool)).toEqual(['products', 'publishers', 'schema_migrations'])
  })

  test('may run a program on what a newer one has added to', async () => {
    await rm(join(folder, '0002_products.sql'))
    expect(await migrate(database.pool, folder)).toEqual([])
    expect(await newerMigrations(database.pool, folder)).toEqual(['0002_products'])
  })

  test('is told to run the newer program when that took away what this one uses, and none that does without it', async () => {
    await write('0003_names_after_0002', 'alter table products drop column name')
    await migrate(database.pool, folder)
    await rm(join(folder, '0003_names_after_0002.sql'))
    expect(await migrate(database.pool, folder)).toEqual([])
    await rm(join(folder, '0002_products.sql'))
    await bothRefuse(
      'This database was migrated by a newer Salesdesk, which took away what this version needs (0003_names_after_0002). Run that version, or one after it.',
    )
  })

  test('keeps what was applied before a file that fails, has nothing of that file, and goes on once it is mended', async () => {
    await write('0003_prices', 'create table prices (amount numeric)')
    await write('0004_half', 'create table first_half (id int); create table second_half (id no_such_type)')
    await expect(migrate(database.pool, folder)).rejects.toThrow('no_such_type')
    expect(await tablesOf(database.pool)).toEqual(['prices', 'products', 'publishers', 'schema_migrations'])
    expect(await pendingMigrations(database.pool, folder)).toEqual(['0004_half'])

    await write('0004_half', 'create table first_half (id int); create table second_half (id int)')
    expect(await migrate(database.pool, folder)).toEqual(['0004_half'])
  })

  test('may keep notes beside the migrations: only files named like 0001_name.sql count', async () => {
    await writeFile(join(folder, 'README.md'), 'What the tables are for.')
    await write('draft', 'drop table publishers')
    expect(await pendingMigrations(database.pool, folder)).toEqual([])
  })

  test('can migrate again after a migration whose connection died while it held the lock', async () => {
    await write('0003_slow', 'select pg_sleep(60)')
    const doomed = createPool(database.url, { max: 3, log: quiet, name: 'test' })
    const died = expect(migrate(doomed, folder)).rejects.toThrow()
    await untilRunning(database.pool, 'select pg_sleep(60)')
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)' and pid <> pg_backend_pid()`,
    )
    await died
    await doomed.end()

    await write('0003_slow', 'select 1')
    expect(await migrate(database.pool, folder)).toEqual(['0003_slow'])
  })
})

async function tablesOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select tablename::text as name from pg_tables where schemaname = 'public' order by 1`,
  )
  return rows.map(({ name }) => name)
}

async function untilRunning(pool: pg.Pool, query: string): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query('select from pg_stat_activity where query = $1', [query])
    if (rowCount) return
  }
}

describe('while processes of the version before still run on the newer database', () => {
  /** What would take from under them what they read or write, or refuse what they write. */
  const takesAway = (sql: string) =>
    sql
      .replace(/--.*$/gm, '')
      .split(/;|,(?=\s*(?:add|drop|alter|rename)\b)/i)
      .map((statement) => statement.replace(/\s+/g, ' ').trim())
      .filter(
        (statement) =>
          /\bdrop (table|column|type|function|schema|view)\b|\brename\b|\bset not null\b|\balter column \w+ (set data )?type\b/i.test(
            statement,
          ) || /\badd column (?!.*\b(default|generated)\b).*\bnot null\b/i.test(statement),
      )
  test('migrations only add, but for those whose name says which programs do without what they take away', async () => {
    const files = (await readdir(ownSql)).filter((file) => file >= '0060' && !/_after_\d{4}\.sql$/.test(file))
    const found = await Promise.all(
      files.map(async (file) => ({ file, takes: takesAway(await readFile(new URL(file, ownSql), 'utf8')) })),
    )
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter(({ takes }) => takes.length > 0)).toEqual([])
  })

  test.each([
    'alter table products drop column name',
    'alter table products add column a int, drop column b',
    'drop table products',
    'alter table products rename column a to b',
    'alter table products alter column a set not null',
    'alter table products alter column a type bigint',
    'alter table products add column a integer not null',
  ])('which `%s` does not', (sql) => {
    expect(takesAway(`-- more\ncreate table a (b int not null);\n${sql};`)).toHaveLength(1)
  })

  test.each([
    'create table a (b integer not null, c text not null)',
    'alter table products add column a integer not null default 0',
    "alter table products add column a text generated always as (b || 'c') stored not null",
    'alter table products drop constraint a',
    'alter type fulfilment_state add value a',
    'create index a on products (b)',
  ])('and `%s` does', (sql) => {
    expect(takesAway(`${sql};`)).toEqual([])
  })
})
