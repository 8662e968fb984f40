import type { Capabilities } from '../../../capabilities.ts'

/** Which field of `ad_server_config` holds what is picked and how, as the ad server's capabilities say. */
export type Picked = NonNullable<Capabilities['picks']>
type Pick = NonNullable<Picked[keyof Picked]>
type Entry = Readonly<Record<string, unknown>>

/**
 * What the form calls what a field of `ad_server_config` names: its ids as text or, where an entry names its levels, the way down
 * to it: `site:801/zone:901`.
 */
export function pickedOf(value: unknown, pick: Pick | undefined): string[] {
  if (!pick || !Array.isArray(value)) return []
  return 'ids' in pick ? value.map(String) : (value as Entry[]).map((entry) => wayTo(entry, pick.levels))
}

/** The same as the field holds it. */
export function fieldOf(picked: readonly string[], pick: Pick): unknown[] {
  if ('levels' in pick) return picked.map((way) => entryOf(way, pick.levels))
  return pick.ids === 'number' ? picked.map(Number) : [...picked]
}

type Levels = Readonly<Record<string, string>>

const wayTo = (entry: Entry, levels: Levels): string =>
  Object.entries(levels)
    .flatMap(([level, name]) => (typeof entry[name] === 'number' ? `${level}:${entry[name]}` : []))
    .join('/')

const entryOf = (way: string, levels: Levels): Entry =>
  Object.fromEntries(
    way.split('/').map((step) => {
      const [level = '', id] = step.split(':')
      return [levels[level] ?? level, Number(id)]
    }),
  )
