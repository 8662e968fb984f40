import { sql, type SqlBool } from 'kysely'
import type { ReadDb } from '../db/database.ts'
import { currentGeneration } from './synced.ts'

/** What narrows a list: some letters of a name, or an id. */
const matches = (q: string) =>
  q === ''
    ? sql<SqlBool>`true`
    : sql<SqlBool>`(name ilike ${`%${q.replaceAll(/[\\%_]/g, '\\$&')}%`} or id = ${q})`

/** The ad units of a connection, as last read, by name; narrow them by what they lie below (unitsBelow) or what they are called. */
export function selectUnits(db: ReadDb, connection_id: string, q = '') {
  return db
    .selectFrom('inventory_units as unit')
    .select([
      'unit.id',
      'unit.name',
      'unit.standing',
      'unit.parent_id',
      'unit.code',
      'unit.sizes',
      sql<number>`(select count(*)::int from inventory_units below
        where below.generation = unit.generation and below.parent_id = unit.id)`.as('below'),
    ])
    .where('unit.generation', '=', currentGeneration(connection_id, 'ad_units'))
    .where(matches(q))
    .orderBy('unit.name')
    .orderBy('unit.id')
}
export type Unit = Awaited<ReturnType<ReturnType<typeof selectUnits>['execute']>>[number]

/** True of an ad unit directly below another; null: of those below none. */
export const unitsBelow = (parent_id: string | null) =>
  parent_id === null ? sql<SqlBool>`unit.parent_id is null` : sql<SqlBool>`unit.parent_id = ${parent_id}`

/** The ad units above one, from the top. */
export async function readUnitsAbove(
  db: ReadDb,
  connection_id: string,
  id: string,
): Promise<{ id: string; name: string }[]> {
  const above = sql<{ id: string; name: string }>`(
    with recursive up as (
      select generation, id, name, parent_id, 0 as steps from inventory_units
      where generation = ${currentGeneration(connection_id, 'ad_units')} and id = ${id}
      union all
      select u.generation, u.id, u.name, u.parent_id, steps + 1 from inventory_units u
      join up on u.generation = up.generation and u.id = up.parent_id where steps < 50
    ) select id, name, steps from up where steps > 0)`
  return db
    .selectFrom(above.as('above'))
    .selectAll()
    .orderBy(sql`steps`, 'desc')
    .execute()
}

/** The placements of a connection, by name. */
export const selectPlacements = (db: ReadDb, connection_id: string, q = '') =>
  db
    .selectFrom('placements')
    .select(['id', 'name', 'standing', 'description', 'ad_unit_ids'])
    .where('generation', '=', currentGeneration(connection_id, 'placements'))
    .where(matches(q))
    .orderBy('name')
    .orderBy('id')

/** The keys of key-values, by name, with how many values each has. */
export const selectTargetingKeys = (db: ReadDb, connection_id: string, q = '') =>
  db
    .selectFrom('targeting_keys')
    .select([
      'id',
      'name',
      'standing',
      'display_name',
      'predefined',
      sql<number>`(select count(*)::int from targeting_values v
        where v.generation = ${currentGeneration(connection_id, 'targeting_values')} and v.key_id = targeting_keys.id)`.as(
        'values',
      ),
    ])
    .where('generation', '=', currentGeneration(connection_id, 'targeting_keys'))
    .where(matches(q))
    .orderBy('name')
    .orderBy('id')

/** The values of one key, by name. */
export const selectTargetingValues = (db: ReadDb, connection_id: string, key_id: string, q = '') =>
  db
    .selectFrom('targeting_values')
    .select(['id', 'name', 'standing', 'display_name'])
    .where('generation', '=', currentGeneration(connection_id, 'targeting_values'))
    .where('key_id', '=', key_id)
    .where(matches(q))
    .orderBy('name')
    .orderBy('id')

/** The audience segments of a connection, by name. */
export const selectAudiences = (db: ReadDb, connection_id: string, q = '') =>
  db
    .selectFrom('audience_segments')
    .select(['id', 'name', 'standing', 'description', 'size'])
    .where('generation', '=', currentGeneration(connection_id, 'audience_segments'))
    .where(matches(q))
    .orderBy('name')
    .orderBy('id')
