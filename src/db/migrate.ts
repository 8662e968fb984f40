import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runMigrations } from 'graphile-worker'
import type pg from 'pg'

const SQL_DIR = new URL('../../sql/', import.meta.url)
/** Any number; every Salesdesk that migrates the same database waits on it. */
const MIGRATION_LOCK = 7_253_375

interface Migration {
  name: string
  text: string
  checksum: string
}
type Applied = Omit<Migration, 'text'>

/** The database and this program's sql/ folder do not belong together. The message says what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

/**
 * Applies graphile-worker's schema and then every sql/NNNN_name.sql not yet applied, each in its own transaction and under
 * a lock, so any number of processes may call it at once. Returns the names applied.
 * @throws MigrationError when a newer version took away what this program needs, or an applied file was changed.
 */
export async function migrate(pool: pg.Pool, directory = fileURLToPath(SQL_DIR)): Promise<string[]> {
  const migrations = await readMigrations(directory)
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(
      'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
    )
    const missing = missingMigrations(migrations, await readApplied(client))
    await runMigrations({ pgPool: pool })
    for (const migration of missing) await apply(client, migration)
    return missing.map((migration) => migration.name)
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {})
    client.release()
  }
}

/** Names of the migrations a newer version has applied and this program does not know, oldest first. */
export async function newerMigrations(pool: pg.Pool, directory = fileURLToPath(SQL_DIR)): Promise<string[]> {
  const known = new Set((await readMigrations(directory)).map(({ name }) => name))
  return (await readKnown(pool)).map(({ name }) => name).filter((name) => !known.has(name))
}

/** Names of the migrations this database still lacks. Changes nothing. @throws MigrationError as migrate does. */
export async function pendingMigrations(
  pool: pg.Pool,
  directory = fileURLToPath(SQL_DIR),
): Promise<string[]> {
  const migrations = await readMigrations(directory)
  return missingMigrations(migrations, await readKnown(pool)).map((migration) => migration.name)
}

/** Whether this database has all that this program needs. It may be newer: that is how the next version comes in. */
export async function isMigrated(pool: pg.Pool, directory = fileURLToPath(SQL_DIR)): Promise<boolean> {
  const applied = new Set((await readKnown(pool)).map(({ name }) => name))
  return (await readMigrations(directory)).every(({ name }) => applied.has(name))
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(`${directory}/${file}`, 'utf8')
      return { name: file.slice(0, -4), text, checksum: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

async function readKnown(pool: pg.Pool): Promise<Applied[]> {
  const { rows } = await pool.query<{ known: boolean }>(
    `select to_regclass('schema_migrations') is not null as known`,
  )
  return rows[0]?.known ? readApplied(pool) : []
}

async function readApplied(client: pg.Pool | pg.PoolClient): Promise<Applied[]> {
  const { rows } = await client.query<Applied>('select name, checksum from schema_migrations order by name')
  return rows
}

function missingMigrations(migrations: Migration[], applied: Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, checksum } of applied) {
    const migration = known.get(name)
    if (!migration && takenFrom(migrations, name))
      throw new MigrationError(
        `This database was migrated by a newer Salesdesk, which took away what this version needs (${name}). Run that version, or one after it.`,
      )
    if (migration && migration.checksum !== checksum)
      throw new MigrationError(
        `sql/${name}.sql was changed after this database applied it. Restore the file and write the change as a new one.`,
      )
  }
  const done = new Set(applied.map(({ name }) => name))
  return migrations.filter(({ name }) => !done.has(name))
}

/**
 * Whether a migration of a newer version takes away what a program with these still uses. One that takes anything away says so in its
 * name, 0090_old_status_after_0085: programs that have 0085 do without it. All others only add, and any program may run on what they leave.
 */
function takenFrom(migrations: Migration[], newer: string): boolean {
  const [, needed] = /_after_(\d{4})$/.exec(newer) ?? []
  return needed !== undefined && !migrations.some(({ name }) => name.slice(0, 4) >= needed)
}

async function apply(client: pg.PoolClient, { name, text, checksum }: Migration) {
  await client.query('begin')
  try {
    await client.query(text)
    await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [name, checksum])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
