import pg from 'pg'
import type { Sent } from './queries_sent.ts'

interface Node {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  Plans?: Node[]
}
/** A table a plan reads from beginning to end. */
export interface WholeRead {
  table: string
  plan: 'for these values' | 'for any values'
  text: string
  lines: string
}

/**
 * The tables that PostgreSQL would read whole to answer this, planned for its own values and, because what is asked often is
 * planned once for all values (src/db/prepared.ts), for any. An index that is read without a condition and without a limit is the
 * whole table too, but for one that holds only a small part of it, such as what is open.
 */
export async function wholeReads(client: pg.ClientBase, { text, values }: Sent): Promise<WholeRead[]> {
  if (!/^\s*(select|insert|update|delete|merge|with)\b/i.test(text)) return []
  const own = await explain(client, text, values)
  const found = own.tables.map((table) => ({
    table,
    plan: 'for these values' as const,
    text,
    lines: own.lines,
  }))
  if (values.length === 0) return found
  await client.query('set plan_cache_mode = force_generic_plan')
  await client.query(`prepare asked as ${text}`)
  const any = await explain(client, `execute asked (${values.map(() => 'null').join(', ')})`, [])
  await client.query('deallocate asked')
  await client.query('reset plan_cache_mode')
  return [
    ...found,
    ...any.tables.map((table) => ({ table, plan: 'for any values' as const, text, lines: any.lines })),
  ]
}

/** How many pages of memory PostgreSQL looks at while it answers this, as a prepared statement. */
export async function buffersOf(client: pg.ClientBase, { text, values }: Sent): Promise<number> {
  await client.query(`prepare asked as ${text}`)
  const written = values.map((value) => (value === null ? 'null' : literal(value))).join(', ')
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
    `explain (analyze, buffers, timing off, format json) execute asked${written && ` (${written})`}`,
  )
  await client.query('deallocate asked')
  const { 'Shared Hit Blocks': hit = 0, 'Shared Read Blocks': read = 0 } =
    rows[0]?.['QUERY PLAN'][0]?.Plan ?? {}
  return hit + read
}

const literal = (value: unknown) =>
  pg.escapeLiteral(
    String(Array.isArray(value) ? arrayOf(value) : value instanceof Date ? value.toISOString() : value),
  )
const arrayOf = (list: unknown[]) => `{${list.map((one) => JSON.stringify(one)).join()}}`

async function explain(client: pg.ClientBase, text: string, values: unknown[]) {
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Node }[] }>(
    `explain (format json) ${text}`,
    values,
  )
  const [plan] = rows[0]?.['QUERY PLAN'] ?? []
  const tables = plan ? readWhole(plan.Plan, await smallIndexes(client)) : []
  if (tables.length === 0) return { tables, lines: '' }
  const told = await client.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values)
  return { tables: [...new Set(tables)], lines: told.rows.map((row) => row['QUERY PLAN']).join('\n') }
}

function readWhole(node: Node, small: ReadonlySet<string>, limited = false): string[] {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index = '', Plans = [] } = node
  const all = /^Index (Only )?Scan$/.test(type) && node['Index Cond'] === undefined && !limited
  const whole = type === 'Seq Scan' || (all && !small.has(index))
  const below = Plans.flatMap((one) => readWhole(one, small, limited || type === 'Limit'))
  return whole && table !== undefined ? [table, ...below] : below
}

const known = new WeakMap<pg.ClientBase, Promise<ReadonlySet<string>>>()
/** The indexes that hold less than a fifth of their table, as it was when this connection first asked. */
function smallIndexes(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  const read = async () => {
    const { rows } = await client.query<{ name: string }>(`select i.relname as name
      from pg_index join pg_class i on i.oid = indexrelid join pg_class t on t.oid = indrelid
      where indpred is not null and i.reltuples < t.reltuples / 5`)
    return new Set(rows.map(({ name }) => name))
  }
  const asked = known.get(client) ?? read()
  known.set(client, asked)
  return asked
}
