import { parseSync } from 'libpg-query'
import { bind, type Finding, type Group } from './bind.ts'
import type { Catalogue } from './catalogue.ts'
import { conditionsOf, type Where } from './conditions.ts'
import { columnPath, isGiven, nested } from './expressions.ts'
import { readFrom, type Reader, tableNamed } from './from.ts'
import {
  ANYTHING,
  below,
  type Columns,
  GIVEN,
  type Node,
  ofColumns,
  ofTable,
  type Relation,
  resolve,
  type Scope,
  type Value,
} from './relation.ts'

/** Which owned tables a statement reads or changes without saying whose rows it means. The parser must have been loaded. */
export function judge(statement: string, catalogue: Catalogue): Finding[] {
  const findings: Finding[] = []
  for (const { stmt } of parseSync(statement).stmts ?? [])
    if (stmt) statementIn(stmt, undefined, { catalogue, findings })
  return findings
}

interface Judgement {
  catalogue: Catalogue
  findings: Finding[]
}
/** A query that was read: what it gives, and the verdict, once what stands around it is known to be bound. */
interface Read {
  columns: Columns
  settle(): void
}

/** Judges a query, and everything in it; gives its columns. */
function statementIn(node: Node, parent: Scope | undefined, judgement: Judgement): Columns {
  const { columns, settle } = read(node, parent, judgement)
  settle()
  return columns
}

function read(node: Node, parent: Scope | undefined, judgement: Judgement): Read {
  const { SelectStmt, InsertStmt, UpdateStmt, DeleteStmt } = node
  if (SelectStmt) return select(SelectStmt, parent, judgement)
  if (InsertStmt) return insert(InsertStmt, parent, judgement)
  if (UpdateStmt) return change(UpdateStmt, UpdateStmt.fromClause, parent, judgement)
  if (DeleteStmt) return change(DeleteStmt, DeleteStmt.usingClause, parent, judgement)
  if (node['MergeStmt']) throw new Error('the query guard has not learnt to read MERGE')
  return { columns: [], settle: () => {} }
}

/** One query while it is read: queries in it are judged once it is known what of it is bound. */
function open(parent: Scope | undefined, judgement: Judgement) {
  const scope = below(parent)
  const group: Group = { relations: [], conditions: [] }
  const asides: Node[] = []
  const inside: Read[] = []
  const columnsOf: Reader['columnsOf'] = (query, around) => {
    const one = read(query, around, judgement)
    inside.push(one)
    return one.columns
  }
  const readerFor = (at: Scope): Reader => {
    const where: Where = {
      scope: at,
      aside: (query) => asides.push(query),
      join: (query) => joined(query, at),
    }
    return { catalogue: judgement.catalogue, group, where, columnsOf }
  }
  const joined = (query: Node, around: Scope): Value[] | undefined => {
    const { SelectStmt: select } = query
    if (select === undefined || select.op !== 'SETOP_NONE' || select.withClause || select.valuesLists)
      return undefined
    const inner = below(around)
    const reader = readerFor(inner)
    for (const item of select.fromClause ?? []) readFrom(item, reader)
    group.conditions.push(...conditionsOf(select.whereClause, reader.where))
    const { targetList, havingClause, sortClause, groupClause } = select
    asides.push(...nested([targetList, havingClause, sortClause, groupClause]))
    return outputs(targetList, inner).map(([, value]) => value)
  }
  const settle = () => {
    judgement.findings.push(...bind(group, judgement.catalogue))
    for (const one of inside) one.settle()
    for (const query of asides) statementIn(query, scope, judgement)
  }
  return {
    scope,
    group,
    reader: readerFor(scope),
    aside: (tree: unknown) => asides.push(...nested(tree)),
    settle,
  }
}

function select(node: Node, parent: Scope | undefined, judgement: Judgement): Read {
  const query = open(parent, judgement)
  readWith(node['withClause'], query.scope, judgement)
  if (node['op'] !== 'SETOP_NONE') return union(node, query.scope, judgement)
  const { fromClause, whereClause, valuesLists, withClause: _with, ...rest } = node
  query.aside([rest, valuesLists])
  if (valuesLists) return { columns: listed(valuesLists, query.scope), settle: query.settle }
  for (const item of fromClause ?? []) readFrom(item, query.reader)
  query.group.conditions.push(...conditionsOf(whereClause, query.reader.where))
  return { columns: outputs(node['targetList'], query.scope), settle: query.settle }
}

function union(node: Node, scope: Scope, judgement: Judgement): Read {
  const [left, right] = [select(node['larg'], scope, judgement), select(node['rarg'], scope, judgement)]
  const columns = left.columns.map(([name, value], n): Columns[number] => {
    const other = right.columns[n]?.[1] ?? ANYTHING
    const meanings = new Set([...value.meanings].filter((meaning) => other.meanings.has(meaning)))
    return [name, { meanings, given: value.given && other.given }]
  })
  return { columns, settle: () => [left, right].forEach((one) => one.settle()) }
}

/** `values (…), (…)` */
function listed([first, ...more]: readonly Node[], scope: Scope): Columns {
  const value = isGiven([first, ...more], scope) ? GIVEN : ANYTHING
  return first?.['List'].items.map((_: Node, n: number) => [`column${n + 1}`, value]) ?? []
}

function readWith(clause: Node | undefined, scope: Scope, judgement: Judgement): void {
  for (const { CommonTableExpr: one } of clause?.['ctes'] ?? []) {
    const aliases = (one.aliascolnames ?? []).map(({ String: { sval } }: Node) => sval as string)
    const name = (columns: Columns): Columns => columns.map(([own, value], n) => [aliases[n] ?? own, value])
    // what a recursive one says of itself rests on its first part
    const first = clause?.['recursive'] ? one.ctequery.SelectStmt?.larg : undefined
    if (first) scope.expressions.set(one.ctename, name(select(first, scope, judgement).columns))
    scope.expressions.set(one.ctename, name(statementIn(one.ctequery, scope, judgement)))
  }
}

/** update and delete: the table changed is one of those joined. */
function change(
  { withClause, relation, whereClause, targetList, returningList, returningClause }: Node,
  from: readonly Node[] | undefined,
  parent: Scope | undefined,
  judgement: Judgement,
): Read {
  const query = open(parent, judgement)
  readWith(withClause, query.scope, judgement)
  for (const item of [{ RangeVar: relation }, ...(from ?? [])]) readFrom(item, query.reader)
  query.group.conditions.push(...conditionsOf(whereClause, query.reader.where))
  const returning = returningList ?? returningClause?.exprs
  query.aside([targetList, returning])
  return { columns: outputs(returning, query.scope), settle: query.settle }
}

/** A new row says whose it is, and PostgreSQL holds it to that; a row that is already there must be the same owner's. */
function insert(node: Node, parent: Scope | undefined, judgement: Judgement): Read {
  const query = open(parent, judgement)
  readWith(node['withClause'], query.scope, judgement)
  if (node['selectStmt']) statementIn(node['selectStmt'], query.scope, judgement)
  const target: Relation = { ...tableNamed(node['relation'], query.reader), bound: 'principal' }
  query.scope.relations.push(
    target,
    ofColumns(
      'excluded',
      [...target.columns].map(([name]) => [name, GIVEN]),
    ),
  )
  const conflict = node['onConflictClause']
  if (conflict?.action === 'ONCONFLICT_UPDATE' && target.table) upsert(conflict, target, query, judgement)
  const returning = node['returningList'] ?? node['returningClause']?.exprs
  query.aside([conflict?.targetList, returning])
  return { columns: outputs(returning, query.scope), settle: query.settle }
}

/** The row that is in the way: it is known by the columns that must not be there twice, and by what the update demands of it. */
function upsert(
  { infer, whereClause }: Node,
  { name, table }: Relation,
  { group, reader }: ReturnType<typeof open>,
  { catalogue }: Judgement,
): void {
  if (!table) return
  const existing = ofTable(name, table, catalogue)
  const named = (infer?.indexElems ?? []).flatMap(({ IndexElem: { name } }: Node) => name ?? []) as string[]
  const columns = infer?.conname === undefined ? named : (table.constraints[infer.conname] ?? [])
  group.relations.push(existing)
  for (const column of columns)
    group.conditions.push({ type: 'equal', one: existing.columns.get(column) ?? ANYTHING, other: GIVEN })
  const scope = { ...below(reader.where.scope), relations: [existing] }
  group.conditions.push(...conditionsOf(whereClause, { ...reader.where, scope }))
}

/** The columns of a select list; a star is all of what stands in the from. */
function outputs(targets: readonly Node[] | undefined, scope: Scope): Columns {
  return (targets ?? []).flatMap(({ ResTarget: { name, val } }: Node): Columns => {
    const column = val.TypeCast?.arg.ColumnRef ?? val.ColumnRef
    const path = column ? columnPath(column) : []
    if (path.at(-1) === '*') {
      const of = scope.relations.filter((relation) => path.length === 1 || relation.name === path[0])
      return of.flatMap(({ columns }) => [...columns])
    }
    const value = column ? resolve(path, scope) : isGiven(val, scope) ? GIVEN : ANYTHING
    return [[name ?? path.at(-1) ?? '', value]]
  })
}
