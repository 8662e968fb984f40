import type { CompiledQuery } from 'kysely'
import type { Db, ReadDb, Trx } from './database.ts'

/** Kinds of one query: what varies beyond that is a value, and a caller that makes it a kind would fill the memory. */
const MOST_SHAPES = 100

interface Query<O> {
  compile(db: Db): CompiledQuery<O>
}

/**
 * A query that is built and compiled once for each shape of what is asked, and then only sent: building costs our largest ones more
 * CPU than all else about them. Strings, numbers, dates and lists of them are values; everything else is the shape. The builder sees
 * stand-ins in place of values, so it hands them to Kysely as they are and looks at none. A list of values, also an empty one, is one
 * value, for `= any(…)`.
 */
export function compiled<A extends object, O>(
  build: (db: ReadDb, asked: A) => Query<O>,
): (db: ReadDb | Trx, asked: A) => Promise<O[]> {
  return onceForEachShape(build)
}

/** The same for a statement that writes. JSON is handed over as text, which PostgreSQL takes for a jsonb column. */
export function compiledWrite<A extends object, O>(
  build: (db: Db, asked: A) => Query<O>,
): (db: Db | Trx, asked: A) => Promise<O[]> {
  return onceForEachShape(build)
}

function onceForEachShape<A extends object, O>(build: (db: Db, asked: A) => Query<O>) {
  const byShape = new Map<string, CompiledQuery<O>>()
  return async (reader: ReadDb | Trx, asked: A): Promise<O[]> => {
    const db = reader as Db
    const values: unknown[] = []
    const shape = shapeOf(asked, values)
    let query = byShape.get(shape)
    if (!query) {
      query = build(db, standInsFor(asked, { next: 0 }) as A).compile(db)
      if (byShape.size >= MOST_SHAPES) byShape.clear()
      byShape.set(shape, query)
    }
    const parameters = query.parameters.map((one) => (one instanceof StandIn ? values[one.nth] : one))
    const { rows } = await db.executeQuery<O>({ ...query, parameters })
    return rows
  }
}

/** Stands where a value will; whoever tries to read it before has built something that is not the same for all values. */
class StandIn {
  readonly nth: number
  constructor(nth: number) {
    this.nth = nth
  }
  [Symbol.toPrimitive](): never {
    throw readTooEarly
  }
  toJSON(): never {
    throw readTooEarly
  }
}

const readTooEarly = new TypeError(
  'A compiled query is built without its values; pass what depends on one as a value.',
)

const isValue = (part: unknown): boolean =>
  typeof part === 'string' ||
  typeof part === 'number' ||
  typeof part === 'bigint' ||
  part instanceof Date ||
  part instanceof Uint8Array ||
  (Array.isArray(part) && part.every(isValue))

function shapeOf(part: unknown, values: unknown[]): string {
  if (isValue(part)) {
    values.push(part)
    return '$'
  }
  if (typeof part !== 'object' || part === null) return String(part)
  let shape = '{'
  for (const key of Object.keys(part))
    shape += `${JSON.stringify(key)}:${shapeOf((part as never)[key], values)},`
  return `${shape}}`
}

function standInsFor(part: unknown, count: { next: number }): unknown {
  if (isValue(part)) return new StandIn(count.next++)
  if (typeof part !== 'object' || part === null) return part
  const entries = Object.entries(part).map(([key, one]) => [key, standInsFor(one, count)])
  return Array.isArray(part)
    ? entries.map(([, one]) => one)
    : Object.fromEntries(entries as [string, unknown][])
}
