import { type Catalogue, PRINCIPAL, TENANT } from './catalogue.ts'
import type { Bound, Relation, Value } from './relation.ts'

/** What a row must fulfil: two values are equal, or one of several such lists holds. `into`: only these relations are narrowed by it. */
export type Condition =
  | { type: 'equal'; one: Value; other: Value; into?: readonly Relation[] | undefined }
  | { type: 'either'; branches: readonly (readonly Condition[])[] }

/** What is joined together and under which conditions. */
export interface Group {
  relations: Relation[]
  conditions: Condition[]
}

/**
 * A table of which a statement may hold rows of anybody (`nothing`), those under an id that whoever asks came with (`key`), or, though rows
 * of it belong to one principal, those of all principals of a tenant (`tenant`).
 */
export interface Finding {
  table: string
  by: 'nothing' | 'key' | 'tenant'
  column?: string
}

/** Carries what is bound along the conditions until nothing more is, and tells what is not bound as it should be. */
export function bind({ relations, conditions }: Group, catalogue: Catalogue): Finding[] {
  for (const bound of ['principal', 'tenant'] as const) spread(conditions, bound, catalogue)
  const given = relations.flatMap((relation) => {
    const column = relation.table && !relation.bound ? keyOf(relation, conditions) : undefined
    return column === undefined ? [] : [{ relation, column }]
  })
  for (const { relation } of given) relation.bound = 'key'
  spread(conditions, 'key', catalogue)
  const columns = new Map(given.map(({ relation, column }) => [relation, column]))
  return relations.flatMap((relation): Finding[] => {
    const { table, bound } = relation
    if (!table || bound === 'principal') return []
    const column = columns.get(relation)
    if (bound === 'key') return column === undefined ? [] : [{ table: table.name, by: bound, column }]
    if (bound === 'tenant') return catalogue.ofPrincipal(table.name) ? [{ table: table.name, by: bound }] : []
    return [{ table: table.name, by: 'nothing' }]
  })
}

function spread(conditions: readonly Condition[], bound: Bound, catalogue: Catalogue): void {
  for (let more = boundBy(conditions, bound, catalogue); more.size > 0;) {
    for (const relation of more) relation.bound = bound
    more = boundBy(conditions, bound, catalogue)
  }
}

/** The relations these conditions bind so that were not bound before. */
function boundBy(conditions: readonly Condition[], bound: Bound, catalogue: Catalogue): Set<Relation> {
  const found = new Set<Relation>()
  for (const condition of conditions) {
    const more =
      condition.type === 'equal'
        ? boundByEqual(condition, bound, catalogue)
        : inAll(condition.branches.map((branch) => boundBy(branch, bound, catalogue)))
    for (const relation of more) found.add(relation)
  }
  return found
}

const inAll = ([first, ...more]: Set<Relation>[]): Relation[] =>
  [...(first ?? [])].filter((relation) => more.every((other) => other.has(relation)))

function boundByEqual(
  condition: Condition & { type: 'equal' },
  bound: Bound,
  { ofPrincipal }: Catalogue,
): Relation[] {
  return sidesOf(condition).flatMap(([mine, its]) => {
    if (!mine.relation?.table || mine.relation.bound) return []
    const said = its.given && mine.meanings.has(bound === 'principal' ? PRINCIPAL : TENANT) && bound !== 'key'
    const shared = [...mine.meanings].filter((meaning) => its.meanings.has(meaning))
    // one of a publisher's connections says nothing of a principal, whoever's row it was found in
    const same = shared.some((id) => ofPrincipal(id.split('.')[0] ?? ''))
    const joined = its.relation?.bound === bound && (same || bound === 'key')
    const loosely = bound === 'tenant' && its.relation?.bound !== undefined && its.relation.bound !== 'key'
    return (shared.length > 0 && (joined || loosely)) || said ? [mine.relation] : []
  })
}

/** The column whose id was given, where that is all that narrows a relation. */
function keyOf(relation: Relation, conditions: readonly Condition[]): string | undefined {
  for (const condition of conditions) {
    if (condition.type === 'either') {
      const keys = condition.branches.map((branch) => keyOf(relation, branch))
      if (keys.every((key) => key !== undefined)) return keys[0]
    } else
      for (const [mine, its] of sidesOf(condition))
        if (mine.relation === relation && its.given && mine.meanings.size > 0)
          return [...relation.columns].find(([, value]) => value === mine)?.[0]
  }
  return undefined
}

/** An equality read from both ends, from those it narrows. */
function sidesOf({ one, other, into }: Condition & { type: 'equal' }): [mine: Value, its: Value][] {
  const both: [Value, Value][] = [
    [one, other],
    [other, one],
  ]
  return both.filter(([{ relation }]) => relation && (!into || into.includes(relation)))
}
