import { type Node, resolve, type Scope } from './relation.ts'

/** `alias.column` as its words; a star is the word `*`. */
export const columnPath = ({ fields }: Node): string[] =>
  fields.map((field: Node) => (field['A_Star'] ? '*' : field['String'].sval))

/** Every query that stands in this part of the tree, not those within them. */
export function nested(tree: unknown): Node[] {
  if (Array.isArray(tree)) return tree.flatMap(nested)
  if (typeof tree !== 'object' || tree === null) return []
  const { SubLink: sublink, ...rest } = tree as Node
  if (sublink) return [sublink.subselect as Node, ...nested(sublink.testexpr)]
  return Object.values(rest).flatMap(nested)
}

/** True when every value in it came with the statement: parameters, constants, and columns of lists made of them. */
export function isGiven(tree: unknown, scope: Scope): boolean {
  if (Array.isArray(tree)) return tree.every((part) => isGiven(part, scope))
  if (typeof tree !== 'object' || tree === null) return true
  const { SubLink: sublink, ColumnRef: column, ...rest } = tree as Node
  if (sublink) return false
  if (column) return resolve(columnPath(column), scope).given
  return Object.values(rest).every((part) => isGiven(part, scope))
}
