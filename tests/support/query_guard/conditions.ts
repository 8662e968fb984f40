import type { Condition } from './bind.ts'
import { columnPath, isGiven, nested } from './expressions.ts'
import { ANYTHING, GIVEN, type Node, type Relation, resolve, type Scope, type Value } from './relation.ts'

/** Where conditions come from, and what becomes of the queries in them. */
export interface Where {
  scope: Scope
  /** A query whose rows must be there: it joins what is around it, and gives what it selects. Undefined where it is none of those. */
  join?: ((query: Node) => Value[] | undefined) | undefined
  /** A query that is judged for itself. */
  aside(query: Node): void
  into?: readonly Relation[] | undefined
}

/** What this expression demands of rows, as far as it is equality; what else it says narrows nothing. */
export function conditionsOf(expression: Node | undefined, where: Where): Condition[] {
  if (!expression) return []
  const { BoolExpr: logic, A_Expr: operation, SubLink: sublink } = expression
  if (logic?.boolop === 'AND_EXPR') return logic.args.flatMap((arg: Node) => conditionsOf(arg, where))
  if (logic?.boolop === 'OR_EXPR') {
    const apart = { ...where, join: undefined }
    return [{ type: 'either', branches: logic.args.map((arg: Node) => conditionsOf(arg, apart)) }]
  }
  if (operation && isEquality(operation)) return equal(operation, where)
  if (sublink && where.join && isSemiJoin(sublink)) {
    const selected = where.join(sublink.subselect)
    if (selected)
      return sublink.testexpr ? pairs(valuesOf(sublink.testexpr, where), selected, where.into) : []
  }
  for (const query of nested(expression)) where.aside(query)
  return []
}

const isSemiJoin = ({ subLinkType, operName }: Node) =>
  subLinkType === 'EXISTS_SUBLINK' ||
  (subLinkType === 'ANY_SUBLINK' && (operName === undefined || operName[0].String.sval === '='))

const EQUALITIES = ['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_IN', 'AEXPR_NOT_DISTINCT']
const isEquality = ({ kind, name }: Node) => EQUALITIES.includes(kind) && name[0].String.sval === '='

function equal({ kind, lexpr, rexpr }: Node, where: Where): Condition[] {
  if (kind !== 'AEXPR_IN') return pairs(valuesOf(lexpr, where), valuesOf(rexpr, where), where.into)
  const left = valuesOf(lexpr, where)
  const lists = rexpr.List.items.map((item: Node) => valuesOf(item, where)) as Value[][]
  return left.flatMap((one, position) => {
    const [first = ANYTHING, ...more] = lists.map((list) => list[position] ?? ANYTHING)
    const other = more.every(({ given }) => given) ? first : ANYTHING
    return pairs([one], [other], where.into)
  })
}

const pairs = (left: readonly Value[], right: readonly Value[], into: Where['into']): Condition[] =>
  left.map((one, position) => ({ type: 'equal', one, other: right[position] ?? ANYTHING, into }))

/** What an expression is: a row of values or one, each a column, something the caller gave, or anything else. */
function valuesOf(expression: Node, where: Where): Value[] {
  if (expression['RowExpr']) return expression['RowExpr'].args.flatMap((arg: Node) => valuesOf(arg, where))
  return [valueOf(expression, where)]
}

function valueOf(expression: Node, where: Where): Value {
  const { TypeCast: cast, ColumnRef: column, SubLink: sublink } = expression
  if (cast) return valueOf(cast.arg, where)
  if (column) return resolve(columnPath(column), where.scope)
  if (sublink?.subLinkType === 'EXPR_SUBLINK' && where.join) {
    const [value] = where.join(sublink.subselect) ?? []
    if (value) return value
  }
  for (const query of nested(expression)) where.aside(query)
  return isGiven(expression, where.scope) ? GIVEN : ANYTHING
}
