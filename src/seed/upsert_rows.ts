import { type Insertable, type RawBuilder, sql } from 'kysely'
import { jsonb, type Trx } from '../db/database.ts'
import type { DB, Json } from '../db/schema.ts'

type Seeded =
  | 'tenants'
  | 'adapter_configs'
  | 'publisher_partners'
  | 'authorized_properties'
  | 'creative_agents'
  | 'creative_formats'
  | 'products'
  | 'pricing_options'
  | 'prepared_proposals'
  | 'principals'
  | 'accounts'
  | 'account_principals'
type Archived = { [T in Seeded]: 'archived_at' extends keyof DB[T] ? T : never }[Seeded]
type Key<T extends Seeded> = readonly (keyof DB[T] & string)[]

/** A row as the file gives it. All rows of one call have the same columns. */
export type Row<T extends Seeded> = {
  [C in keyof Insertable<DB[T]>]: Json extends Insertable<DB[T]>[C] ? unknown : Insertable<DB[T]>[C]
}

/** Inserts the rows, and updates those that are there and differ. One statement, whatever their number. Returns how many it wrote. */
export async function upsertRows<T extends Seeded>(
  trx: Trx,
  table: T,
  key: Key<T>,
  rows: readonly Row<T>[],
  options: { stampUpdates?: boolean } = {},
): Promise<number> {
  if (!rows[0]) return 0
  const columns = Object.keys(rows[0])
  const rest = columns.filter((column) => !(key as readonly string[]).includes(column))
  const assignments = rest.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`)
  if (options.stampUpdates) assignments.push(sql`updated_at = now()`)
  const { numAffectedRows } = await sql`
    insert into ${sql.table(table)} (${names(columns)})
    select ${names(columns)} from ${recordsOf(table, rows)}
    on conflict (${names(key)}) do ${
      rest.length === 0
        ? sql`nothing`
        : sql`update set ${sql.join(assignments)}
          where (${names(rest, table)}) is distinct from (${names(rest, 'excluded')})`
    }`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/** Archives the tenant's rows that are not among `rows`, of those that are `ours`, except what sandbox buyers seeded. Returns how many. */
export async function archiveOthers<T extends Archived>(
  trx: Trx,
  table: T,
  key: Key<T>,
  rows: readonly Row<T>[],
  tenant_id: string,
  ours: RawBuilder<boolean> = sql`true`,
): Promise<number> {
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} set archived_at = now()
    where tenant_id = ${tenant_id} and archived_at is null and ${ours} and ${notAmong(table, key, rows)}
      and to_jsonb(${sql.table(table)})->>'sandbox_of' is null`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/** Deletes the rows within `scope` that are not among `rows`. Returns how many. */
export async function deleteOthers<T extends Seeded>(
  trx: Trx,
  table: T,
  key: Key<T>,
  rows: readonly Row<T>[],
  scope: RawBuilder<unknown>,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where ${scope} and ${notAmong(table, key, rows)}`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

function notAmong<T extends Seeded>(table: T, key: Key<T>, rows: readonly Row<T>[]) {
  return sql`(${names(key, table)}) not in (select ${names(key)} from ${recordsOf(table, rows)})`
}

/** PostgreSQL gives each JSON value its column's type. */
function recordsOf<T extends Seeded>(table: T, rows: readonly Row<T>[]) {
  return sql`jsonb_populate_recordset(null::${sql.table(table)}, ${jsonb(rows)})`
}

function names(columns: readonly string[], table?: string) {
  return sql.join(columns.map((column) => sql.ref(table ? `${table}.${column}` : column)))
}
