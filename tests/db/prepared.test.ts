import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDb, createPool, type Db } from '../../src/db/database.ts'
import { quiet, testDatabase } from '../support/database.ts'

const database = testDatabase()
let db: Db
beforeAll(async () => {
  // one connection, so that it sees what it has itself
  const pool = createPool(database.url, { max: 1, log: quiet, name: 'prepared', prepared: true })
  db = createDb(pool)
  await sql`create table changing (a int); insert into changing values (1)`.execute(db)
  afterEnd.push(() => pool.end())
})
const afterEnd: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of afterEnd) await end()
})

const prepared = async (like: string) => {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db)
  return rows.filter(({ statement }) => statement.includes(like)).length
}

describe('a query that agents ask again and again', () => {
  it('is planned once, and answers every time for what it was asked with', async () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7]) {
      const { rows } = await sql<{ n: number }>`select ${n}::int as n, 'often'`.execute(db)
      expect(rows[0]?.n).toBe(n)
    }
    expect(await prepared("'often'")).toBe(1)
  })

  it('is neither compiled to machine code each time nor shared out among processes, however dear it looks', async () => {
    for (const [setting, value] of [
      ['jit', 'off'],
      ['max_parallel_workers_per_gather', '0'],
    ])
      expect((await sql<{ is: string }>`select current_setting(${setting}) as is`.execute(db)).rows).toEqual([
        { is: value },
      ])
  })

  it('is not kept when it is rare, however many rare ones there are', async () => {
    for (let n = 0; n < 300; n++) await sql`select ${n}::int, ${sql.lit(`rare ${n}`)}`.execute(db)
    expect(await prepared('rare')).toBe(0)
  })

  it('is answered where its table changes under it; a transaction that asks it is refused, and answered when it comes again', async () => {
    const ask = (on: Db = db) => sql<{ a: number }>`select * from changing where a = ${1}`.execute(on)
    const within = (on: Db = db) => sql<{ a: number }>`select *, 1 from changing where a = ${1}`.execute(on)
    for (let n = 0; n < 4; n++) await Promise.all([ask(), within()])
    await sql`alter table changing add b int`.execute(db)
    for (let n = 0; n < 4; n++) expect((await ask()).rows).toEqual([{ a: 1, b: null }])
    const transaction = () => db.transaction().execute((trx) => within(trx))
    await expect(transaction()).rejects.toThrow('cached plan must not change result type')
    expect((await transaction()).rows).toEqual([expect.objectContaining({ a: 1, b: null })])
  })

  it('says what is wrong with it as any other', async () => {
    for (let n = 0; n < 5; n++)
      await expect(sql`select 1 / ${0}::int`.execute(db)).rejects.toThrow('division by zero')
  })
})
