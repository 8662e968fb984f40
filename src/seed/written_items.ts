import type { z } from 'zod'
import type { Path } from './publisher_file_error.ts'

/** A part of the file that is sound in itself, and where it stands. */
export interface Sound<T> {
  at: Path
  value: T
}
type Written = Readonly<Record<string, unknown>>

/** The items of a list that follow their schema; the others have been reported already. */
export function soundItems<T extends z.ZodType>(
  schema: T,
  file: unknown,
  list: string,
): Sound<z.output<T>>[] {
  return writtenItems(file, list).flatMap(({ at, value }) => {
    const { success, data } = schema.safeParse(value)
    return success ? [{ at, value: data }] : []
  })
}

/** The objects of a list, sound or not. */
export function writtenItems(file: unknown, list: string): Sound<Written>[] {
  const items = isObject(file) ? file[list] : undefined
  if (!Array.isArray(items)) return []
  return items.flatMap((value: unknown, index) => (isObject(value) ? [{ at: [list, index], value }] : []))
}

/** Every id a list gives, also those of items with problems: a reference to one of them is not to blame. */
export function writtenIds(file: unknown, list: string, key: string): Set<string> {
  return new Set(
    writtenItems(file, list).flatMap(({ value }) => (typeof value[key] === 'string' ? [value[key]] : [])),
  )
}

function isObject(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
