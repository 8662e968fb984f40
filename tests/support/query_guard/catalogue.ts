import type pg from 'pg'

/** A table as PostgreSQL's catalogue has it; `name` with its schema unless that is public. */
export interface Table {
  name: string
  columns: string[]
  /** Those that may be null. */
  optional: string[]
  /** Column sets of which no two rows have the same values. */
  keys: string[][]
  references: { table: string; columns: string[]; to: string[] }[]
  /** Constraints by name, for `on conflict on constraint`. */
  constraints: Record<string, string[]>
}

/** Which rows belong to whom: what an id in a column stands for, and whether a table's rows have an owner. */
export interface Catalogue {
  table(name: string): Table | undefined
  /** It has a tenant or a principal, or hangs under a row that has. */
  owned(table: Table): boolean
  /** It has a principal, or always hangs under a row that has. */
  ofPrincipal(table: string): boolean
  /** The keys of owned rows (`media_buys.media_buy_id`) a value of this column is; empty where it says of no single row. */
  meanings(table: Table, column: string): ReadonlySet<string>
}

export const TENANT = 'tenants.tenant_id'
export const PRINCIPAL = 'principals.principal_id'

export function catalogueOf(tables: readonly Table[]): Catalogue {
  const byName = new Map(tables.map((table) => [table.name, table]))
  const named = idsByName(tables)
  const owned = ownedAmong(tables, named)
  const personal = personalAmong(tables)
  const known = new Map<string, ReadonlySet<string>>()

  const roots = (table: Table, column: string, seen: Set<string>): string[] => {
    const id = `${table.name}.${column}`
    if (seen.has(id)) return []
    seen.add(id)
    const own = owned.has(table.name) && table.keys.some((key) => key.length === 1 && key[0] === column)
    const above = table.references.flatMap((reference) => {
      const to = reference.to[reference.columns.indexOf(column)]
      const parent = byName.get(reference.table)
      return to !== undefined && parent ? roots(parent, to, seen) : []
    })
    const alike = above.length === 0 ? (named.get(column) ?? []) : []
    return [...(own ? [id] : []), ...above, ...alike]
  }
  return {
    table: (name) => byName.get(name),
    owned: ({ name }) => owned.has(name),
    ofPrincipal: (name) => personal.has(name),
    meanings(table, column) {
      const id = `${table.name}.${column}`
      const found = known.get(id) ?? new Set(roots(table, column, new Set()))
      known.set(id, found)
      return found
    },
  }
}

/** Ids by the name of their column, where one table alone gives them out: a column of that name means them without a foreign key too. */
function idsByName(tables: readonly Table[]): ReadonlyMap<string, readonly string[]> {
  const owned = ownedAmong(tables, new Map([TENANT, PRINCIPAL].map((id) => [id.split('.')[1] ?? '', [id]])))
  const named = new Map<string, string[]>()
  for (const { name, keys, references } of tables)
    for (const [column = '', ...more] of owned.has(name) ? keys : [])
      if (more.length === 0 && !references.some(({ columns }) => columns.includes(column)))
        named.set(column, [...(named.get(column) ?? []), `${name}.${column}`])
  return new Map([...named].filter(([, ids]) => ids.length === 1))
}

function ownedAmong(
  tables: readonly Table[],
  named: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  return grown(
    tables,
    ({ columns }) => columns.some((column) => named.has(column)),
    () => true,
  )
}

function personalAmong(tables: readonly Table[]): ReadonlySet<string> {
  const always = ({ optional }: Table, columns: readonly string[]) =>
    !columns.some((one) => optional.includes(one))
  return grown(
    tables,
    (table) => table.columns.includes('principal_id') && always(table, ['principal_id']),
    (table, { columns, table: parent }) => parent !== 'principals' && always(table, columns),
  )
}

/** The tables that are so from the start, and those that hang under one of them. */
function grown(
  tables: readonly Table[],
  first: (table: Table) => boolean,
  hangs: (table: Table, reference: Table['references'][number]) => boolean,
): ReadonlySet<string> {
  const found = new Set(tables.filter(first).map(({ name }) => name))
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const table of tables)
      if (table.references.some((reference) => found.has(reference.table) && hangs(table, reference)))
        found.add(table.name)
  }
  return found
}

/** Every table of the database that is not PostgreSQL's or the queue's own. */
export async function readTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<{ table: Table }>(`
    with relation as (
      select c.oid, case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'graphile_worker')
        and n.nspname not like 'pg_toast%')
    select json_build_object('name', r.name,
      'columns', (select json_agg(a.attname order by a.attnum) from pg_attribute a
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped),
      'optional', coalesce((select json_agg(a.attname) from pg_attribute a
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and not a.attnotnull), '[]'),
      'keys', coalesce((select json_agg(${names('i.indrelid', 'i.indkey')}) from pg_index i
        where i.indrelid = r.oid and i.indisunique and i.indpred is null and i.indexprs is null), '[]'),
      'constraints', coalesce((select json_object_agg(k.conname, ${names('k.conrelid', 'k.conkey')}) from pg_constraint k
        where k.conrelid = r.oid and k.contype in ('p', 'u')), '{}'),
      'references', coalesce((select json_agg(json_build_object('table', parent.name,
          'columns', ${names('k.conrelid', 'k.conkey')}, 'to', ${names('k.confrelid', 'k.confkey')}))
        from pg_constraint k join relation parent on parent.oid = k.confrelid
        where k.conrelid = r.oid and k.contype = 'f'), '[]')) as table
    from relation r order by r.name`)
  return rows.map(({ table }) => table)
}

const names = (relation: string, numbers: string) => `(
  select json_agg(part.attname order by at.n) from unnest(${numbers}::int2[]) with ordinality as at (attnum, n)
  join pg_attribute part on part.attrelid = ${relation} and part.attnum = at.attnum)`
