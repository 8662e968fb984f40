import type { Group } from './bind.ts'
import type { Catalogue } from './catalogue.ts'
import { conditionsOf, type Where } from './conditions.ts'
import { isGiven, nested } from './expressions.ts'
import {
  ANYTHING,
  type Columns,
  findExpression,
  GIVEN,
  type Node,
  ofColumns,
  ofTable,
  type Relation,
  type Scope,
} from './relation.ts'

/** What reading a `from` needs of whoever reads the whole query. */
export interface Reader {
  catalogue: Catalogue
  group: Group
  where: Where
  /** Columns of a query that will be judged for itself. */
  columnsOf(query: Node, parent: Scope | undefined): Columns
}

/** Adds what stands in a `from` to the query: its relations, and the conditions it joins them by. */
export function readFrom(item: Node, reader: Reader): Relation[] {
  const { JoinExpr: join } = item
  if (join) return readJoin(join, reader)
  const relation = relationOf(item, reader)
  reader.where.scope.relations.push(relation)
  reader.group.relations.push(relation)
  return [relation]
}

/** A table by name, or what a `with` calls so. */
export function tableNamed({ schemaname, relname, alias }: Node, { catalogue, where }: Reader): Relation {
  const name = alias?.aliasname ?? relname
  const columns = schemaname === undefined ? findExpression(relname, where.scope) : undefined
  if (columns) return ofColumns(name, columns)
  const schema = schemaname === undefined || schemaname === 'public' ? '' : `${schemaname}.`
  const table = catalogue.table(schema + relname)
  return table ? ofTable(name, table, catalogue) : { name, columns: new Map(), other: ANYTHING }
}

function relationOf(item: Node, reader: Reader): Relation {
  const { RangeVar: table, RangeSubselect: select, RangeFunction: call } = item
  if (table) return tableNamed(table, reader)
  if (call) return ofFunction(call, reader)
  if (!select) throw new Error(`a from of a kind the query guard does not know: ${Object.keys(item).join()}`)
  const lateral = select.lateral === true
  const { scope } = reader.where
  const columns = reader.columnsOf(select.subquery, lateral ? scope : scope.parent)
  const aliases = columnAliases(select.alias)
  const named = columns.map(([name, value], n): Columns[number] => [aliases[n] ?? name, value])
  return ofColumns(select.alias?.aliasname ?? '', named, lateral)
}

/** unnest(), json_to_recordset() and the like: a list the caller gave, or one made of columns. */
function ofFunction({ functions, alias, coldeflist }: Node, { where }: Reader): Relation {
  for (const query of nested(functions)) where.aside(query)
  const value = isGiven(functions, where.scope) ? GIVEN : ANYTHING
  const name = alias?.aliasname ?? ''
  const defined = (coldeflist ?? []).map(({ ColumnDef }: Node) => ColumnDef.colname as string)
  const columns = [...columnAliases(alias), ...defined, name]
  return { name, columns: new Map(columns.map((column) => [column, value])), other: value }
}

const columnAliases = (alias: Node | undefined): string[] =>
  (alias?.['colnames'] ?? []).map(({ String: { sval } }: Node) => sval)

function readJoin({ jointype, larg, rarg, quals, usingClause }: Node, reader: Reader): Relation[] {
  const left = readFrom(larg, reader)
  const right = readFrom(rarg, reader)
  const into = narrowed(jointype, left, right)
  // what an outer join demands keeps no row of the other side away, so a query in it joins nothing
  const where = { ...reader.where, into, join: into ? undefined : reader.where.join }
  reader.group.conditions.push(...conditionsOf(quals, where))
  for (const { String: name } of usingClause ?? [])
    for (const [one, other] of shared(name.sval, left, right))
      reader.group.conditions.push({ type: 'equal', one, other, into })
  return [...left, ...right]
}

function narrowed(jointype: string, left: Relation[], right: Relation[]): Relation[] | undefined {
  if (jointype === 'JOIN_LEFT') return right
  if (jointype === 'JOIN_RIGHT') return left
  return jointype === 'JOIN_FULL' ? [] : undefined
}

function shared(column: string, left: readonly Relation[], right: readonly Relation[]) {
  const valuesIn = (relations: readonly Relation[]) =>
    relations.flatMap(({ columns }) => columns.get(column) ?? [])
  return valuesIn(left).flatMap((one) => valuesIn(right).map((other) => [one, other] as const))
}
