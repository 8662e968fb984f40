import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { MARK_LENGTH, SealError, type Seal } from '../seal.ts'
import { about, sealedColumns, type SealedColumn } from '../sealed_columns.ts'

const AT_ONCE = 200

export interface Progress {
  column: SealedColumn
  table: string
  done: number
  total: number
}
export interface Resealed {
  resealed: number
  /** What no key opens, by what it is about. It stays as it is. */
  unopened: string[]
  /** What is still under another key: that which does not open, and what a process without the new key sealed meanwhile. */
  left: number
}

/**
 * Seals everything anew that is not under the seal's first key, for every publisher. Servers and workers may run meanwhile: a
 * value somebody replaces at that moment is left alone. Stopped halfway, it goes on where it was when called again.
 */
export async function reseal(db: Db, seal: Seal, tell: (progress: Progress) => void): Promise<Resealed> {
  const outcome: Resealed = { resealed: 0, unopened: [], left: 0 }
  const columns = Object.keys(sealedColumns) as SealedColumn[]
  for (const column of columns) await resealColumn(db, seal, column, outcome, tell)
  for (const column of columns) outcome.left += await countOthers(db, seal, column)
  return outcome
}

async function resealColumn(
  db: Db,
  seal: Seal,
  column: SealedColumn,
  outcome: Resealed,
  tell: (progress: Progress) => void,
) {
  const { table } = sealedColumns[column]
  const total = await countOthers(db, seal, column)
  let done = 0
  for (let after = ''; ;) {
    const rows = await selectOthers(db, seal, column, after)
    const last = rows.at(-1)
    if (!last) return
    for (const row of rows) {
      const opened = open(seal, column, row)
      if (opened === undefined) outcome.unopened.push(about(column, row.subject))
      else outcome.resealed += await replace(db, column, row, seal.close(opened, about(column, row.subject)))
    }
    after = last.row
    done += rows.length
    tell({ column, table, done, total: Math.max(total, done) })
  }
}

interface Sealed {
  row: string
  subject: string
  sealed: Buffer
}

function open(seal: Seal, column: SealedColumn, { sealed, subject }: Sealed): string | undefined {
  try {
    return seal.open(sealed, about(column, subject))
  } catch (error) {
    if (error instanceof SealError) return undefined
    throw error
  }
}

/** One statement of its own: whoever works with the row meanwhile waits no longer than that. 0 if it is no longer what was read. */
async function replace(db: Db, column: SealedColumn, { row, sealed }: Sealed, anew: Buffer): Promise<number> {
  const { table, row: key } = sealedColumns[column]
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} set ${sql.ref(column)} = ${anew}
    where ${sql.ref(key)} = ${row} and ${sql.ref(column)} = ${sealed}`.execute(db)
  return Number(numAffectedRows)
}

async function selectOthers(db: Db, seal: Seal, column: SealedColumn, after: string): Promise<Sealed[]> {
  const { table, row, of } = sealedColumns[column]
  const { rows } = await sql<Sealed>`
    select ${sql.ref(row)} as "row", ${sql.ref(of)} as subject, ${sql.ref(column)} as sealed from ${sql.table(table)}
    where ${isOther(seal, column)} and ${sql.ref(row)} > ${after}
    order by ${sql.ref(row)} limit ${AT_ONCE}`.execute(db)
  return rows
}

async function countOthers(db: Db, seal: Seal, column: SealedColumn): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from ${sql.table(sealedColumns[column].table)} where ${isOther(seal, column)}`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

const isOther = (seal: Seal, column: SealedColumn) =>
  sql<boolean>`substring(${sql.ref(column)} from 1 for ${sql.lit(MARK_LENGTH)}) <> ${seal.marks[0]}`
