import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../src/db/database.ts'

/** Among so many publishers and buyers the copies are shared out; the first of each is the one that was there. */
const PUBLISHERS = 5
const BUYERS = 20
/** Ids that are few, and how many; all others are new in each copy. */
const few = new Map([
  ...['tenant_id', 'connection_id', 'generation'].map((column) => [column, PUBLISHERS] as const),
  ...['principal_id', 'advertiser_id', 'sandbox_of'].map((column) => [column, BUYERS] as const),
])
/** In a unique index beside an id, and no id. */
const WORDS = new Set(['currency', 'kind', 'concern', 'source', 'notification_type', 'attempt', 'position'])

interface Table {
  name: string
  rows: number
  /** Whose rows take its rows along when they go. */
  part_of: string[]
  columns: { name: string; type: string; id: boolean }[]
}

/**
 * Brings every table that holds anything to so many rows at least: copies of what is there, each id renamed in the same way
 * everywhere, so that what belonged together does so in each copy.
 */
export async function growDesk(db: Db, rows: number): Promise<void> {
  await db.connection().execute(async (connection) => {
    // no trigger: copies are no news, and refer to each other in any order
    await sql`set session_replication_role = replica`.execute(connection)
    const tables = await readTables(connection)
    const copies = (table: Table): number =>
      Math.max(
        Math.ceil(rows / Math.max(table.rows, 1)),
        ...tables.filter(({ name }) => table.part_of.includes(name)).map(copies),
      )
    for (const table of tables) if (table.rows > 0) await copyRows(connection, table, copies(table))
    await sql`set session_replication_role = default`.execute(connection)
  })
}

async function copyRows(db: Db, { name, columns }: Table, copies: number) {
  const names = columns.map((column) => sql.ref(column.name))
  const values = columns.map((column) => (column.id ? renamed(column) : sql`one.${sql.ref(column.name)}`))
  await sql`insert into ${sql.raw(name)} (${sql.join(names)}) overriding system value select ${sql.join(values)}
    from ${sql.raw(name)} one, generate_series(1, ${copies}::int) n on conflict do nothing`.execute(db)
}

function renamed({ name, type }: Table['columns'][number]): RawBuilder<unknown> {
  const column = sql`one.${sql.ref(name)}`
  const most = few.get(name)
  const n = most === undefined ? sql`n` : sql`n % ${sql.lit(most)}`
  if (type === 'int8') return sql`${column} + 1000000 * (${n})::bigint`
  if (type === 'uuid') return sql`md5(${column}::text || ${n})::uuid`
  if (type === 'bytea') return sql`sha256(${column} || convert_to((${n})::text, 'UTF8'))`
  return sql`${column} || coalesce('x' || nullif(${n}, 0), '')`
}

async function readTables(db: Db): Promise<Table[]> {
  const { rows: found } = await sql<Omit<Table, 'rows'>>`
    select t.oid::regclass::text as name,
      array(select confrelid::regclass::text from pg_constraint where conrelid = t.oid and confdeltype = 'c' and exists (
        select from pg_attribute k where k.attrelid = t.oid and k.attnum = any(conkey) and k.attname <> all (${[...few.keys()]}::text[]))) as part_of, json_agg(json_build_object('name', c.attname, 'type', type.typname,
      'id', type.typname in ('text', 'uuid', 'bytea', 'int8') and c.attname <> all (${[...WORDS]}::text[])
        and (c.attname ~ '(^|_)id$' or c.attname = 'generation' or exists (
          select from pg_index i where i.indrelid = t.oid and i.indisunique and c.attnum = any(i.indkey)))) order by c.attnum) as columns
    from pg_class t join pg_attribute c on c.attrelid = t.oid and c.attnum > 0 and not c.attisdropped and c.attgenerated = ''
      join pg_type type on type.oid = c.atttypid
    where t.relkind = 'r' and (t.relnamespace = 'public'::regnamespace or t.oid = 'graphile_worker._private_jobs'::regclass)
      and t.relname <> 'schema_migrations'
    group by t.oid order by t.oid`.execute(db)
  return Promise.all(found.map(async (table) => ({ ...table, rows: await countRows(db, table.name) })))
}

async function countRows(db: Db, table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.raw(table)}`.execute(db)
  return rows[0]?.n ?? 0
}
