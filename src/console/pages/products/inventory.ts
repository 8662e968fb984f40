import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import { currentGeneration } from '../../../queries/synced.ts'
import type { Draft } from './draft.ts'
import type { Picked } from './picked.ts'

/** Something of the ad server's inventory a product can be sold on. */
export interface Unit {
  id: string
  name: string
  facts: string
  /** How many are below it. */
  inside: number
}
/** What is looked at: what matches some words, or what is inside a unit; without either what stands on top. */
export interface Looked {
  find: string
  open: string
}
/** What is ticked, and the first of what is looked at. */
export interface Shelf {
  units: Unit[]
  more: boolean
}
export type Inventory = { [Kind in keyof Picked]?: Shelf }

export const MOST = 60

/** What is chosen already, and then what is looked at, as the ad server had it when it was last read. */
export async function readInventory(
  db: ReadDb,
  picked: Picked,
  draft: Pick<Draft, 'connection_id' | 'ad_units' | 'placements'>,
  looked: Looked,
): Promise<Inventory> {
  return {
    ...(picked.ad_units && {
      ad_units: shelfOf(await readUnits(db, picked.ad_units, draft, looked), draft.ad_units),
    }),
    ...(picked.placements && {
      placements: shelfOf(await readPlacements(db, draft, looked), draft.placements),
    }),
  }
}

/** All that is ticked comes first, and then no more than anybody reads. */
const limitOf = (chosen: readonly string[]) => chosen.length + MOST + 1

function shelfOf(read: Unit[], chosen: readonly string[]): Shelf {
  const ticked = read.filter(({ id }) => chosen.includes(id))
  const looked = read.slice(ticked.length)
  return { units: [...ticked, ...looked.slice(0, MOST)], more: looked.length > MOST }
}

function readUnits(
  db: ReadDb,
  pick: NonNullable<Picked['ad_units']>,
  { connection_id, ad_units }: Pick<Draft, 'connection_id' | 'ad_units'>,
  { find, open }: Looked,
): Promise<Unit[]> {
  const way = sql<string>`concat(u.parent_id || '/', u.id)`
  const id = 'levels' in pick ? way : sql<string>`u.id`
  const chosen = sql<boolean>`${id} = any(${ad_units}::text[])`
  const wanted =
    find !== ''
      ? sql<boolean>`strpos(lower(u.name || ' ' || coalesce(u.code, '') || ' ' || u.id), lower(${find})) > 0`
      : open !== ''
        ? sql<boolean>`u.parent_id = ${open.split('/').at(-1)}`
        : sql<boolean>`u.parent_id is null`
  return db
    .selectFrom('inventory_units as u')
    .select([id.as('id'), 'u.name', sql<string>`array_to_string(u.sizes, ', ')`.as('facts')])
    .select(
      sql<number>`(select count(*)::int from inventory_units child
        where child.generation = u.generation and child.parent_id = u.id and child.standing = 'active')`.as(
        'inside',
      ),
    )
    .where('u.generation', '=', currentGeneration(connection_id, 'ad_units'))
    .where((eb) => eb.or([chosen, eb.and([wanted, eb('u.standing', '=', 'active')])]))
    .orderBy(chosen, 'desc')
    .orderBy('u.name')
    .limit(limitOf(ad_units))
    .execute()
}

function readPlacements(
  db: ReadDb,
  { connection_id, placements }: Pick<Draft, 'connection_id' | 'placements'>,
  { find }: Looked,
): Promise<Unit[]> {
  const chosen = sql<boolean>`p.id = any(${placements}::text[])`
  const wanted = sql<boolean>`strpos(lower(p.name || ' ' || p.id), lower(${find})) > 0`
  return db
    .selectFrom('placements as p')
    .select(['p.id', 'p.name', sql<string>`coalesce(p.description, '')`.as('facts')])
    .select(sql<number>`0`.as('inside'))
    .where('p.generation', '=', currentGeneration(connection_id, 'placements'))
    .where((eb) => eb.or([chosen, eb.and([wanted, eb('p.standing', '=', 'active')])]))
    .orderBy(chosen, 'desc')
    .orderBy('p.name')
    .limit(limitOf(placements))
    .execute()
}
