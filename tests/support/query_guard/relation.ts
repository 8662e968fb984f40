import type { Catalogue, Table } from './catalogue.ts'

/** A node of PostgreSQL's syntax tree, as libpg-query gives it. */
export type Node = Record<string, any>

/** What is known of a value: which rows' keys it is, and of which part of the query, or that the caller gave it. */
export interface Value {
  meanings: ReadonlySet<string>
  relation?: Relation
  given: boolean
}
/** Whose rows a part of a query can hold: one principal's, one tenant's, or those under an id whoever asks came with. */
export type Bound = 'principal' | 'tenant' | 'key'
/** A table, a common table expression, a subselect or a function in a query. */
export interface Relation {
  name: string
  /** A table whose rows have an owner: it must be bound. */
  table?: Table
  columns: Map<string, Value>
  /** Of a column that is not named. */
  other?: Value
  bound?: Bound | undefined
}
/** What names mean at one place of a query. */
export interface Scope {
  relations: Relation[]
  expressions: Map<string, Columns>
  parent?: Scope | undefined
}
/** What a select gives, in order. */
export type Columns = [name: string, value: Value][]

export const GIVEN: Value = { meanings: new Set(), given: true }
export const ANYTHING: Value = { meanings: new Set(), given: false }

export const below = (parent?: Scope): Scope => ({ relations: [], expressions: new Map(), parent })

export function ofTable(name: string, table: Table, catalogue: Catalogue): Relation {
  const relation: Relation = { name, columns: new Map() }
  const owned = catalogue.owned(table)
  if (owned) relation.table = table
  for (const column of table.columns) {
    const meanings = owned ? catalogue.meanings(table, column) : new Set<string>()
    relation.columns.set(column, { meanings, relation, given: false })
  }
  return relation
}

/** What a query in the query gives. It is judged for itself, so whoever joins it joins rows that are bound, unless it looks sideways. */
export function ofColumns(name: string, columns: Columns, lateral = false): Relation {
  const relation: Relation = { name, columns: new Map(), bound: lateral ? undefined : 'principal' }
  for (const [column, value] of columns)
    relation.columns.set(column, value.given ? GIVEN : { ...value, relation })
  return relation
}

/** The value a column has here: `alias.column` or `column`, in this query or one around it. */
export function resolve(path: readonly string[], scope: Scope | undefined): Value {
  const [column = '', alias] = [path.at(-1), path.at(-2)]
  for (let at = scope; at; at = at.parent) {
    const candidates = alias === undefined ? at.relations : at.relations.filter(({ name }) => name === alias)
    for (const relation of candidates) {
      const value = relation.columns.get(column)
      if (value) return value
    }
    const unnamed = candidates.find(({ other }) => other)
    if (unnamed?.other) return unnamed.other
  }
  return ANYTHING
}

export function findExpression(name: string, scope: Scope | undefined): Columns | undefined {
  for (let at = scope; at; at = at.parent) if (at.expressions.has(name)) return at.expressions.get(name)
  return undefined
}
