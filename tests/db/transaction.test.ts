import { sql } from 'kysely'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { pipeline } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDb, createPool, type Db, type Trx } from '../../src/db/database.ts'
import { inTransaction, withCommit } from '../../src/db/transaction.ts'
import { quiet, testDatabase } from '../support/database.ts'

const database = testDatabase()
let db: Db
let road: Road
beforeAll(async () => {
  road = await countedRoad(database.url)
  const pool = createPool(road.url, { max: 3, log: quiet, name: 'transaction', prepared: true })
  db = createDb(pool)
  await sql`create table written (n int primary key)`.execute(db)
  end = async () => {
    await pool.end()
    road.server.close()
  }
})
let end: () => Promise<void>
afterAll(() => end())
beforeEach(async () => void (await sql`delete from written`.execute(db)))

const write = (trx: Trx, n: number) => sql`insert into written values (${n})`.execute(trx)
const written = async () => {
  const { rows } = await sql<{ n: number }>`select n from written order by n`.execute(db)
  return rows.map(({ n }) => n)
}

describe('a transaction whose statements do not wait for one another', () => {
  it('sends what is asked at once in one message, and the commit with what nobody waits for', async () => {
    road.messages = 0
    await inTransaction(db, async (trx) => {
      await Promise.all([write(trx, 1), write(trx, 2), write(trx, 3)])
      await Promise.all([write(trx, 4), write(trx, 5)])
      await withCommit(trx, write(trx, 6))
    })
    expect(road.messages).toBe(3)
    expect(await written()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('keeps nothing after any statement failed, tells of that one, and leaves the connection as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (numbers, waits) => {
          await sql`delete from written`.execute(db)
          const once = new Set(numbers).size === numbers.length
          const done = inTransaction(db, async (trx) => {
            if (waits) for (const n of numbers) await write(trx, n)
            else await Promise.all(numbers.map((n) => write(trx, n)))
          })
          if (once) await done
          else await expect(done).rejects.toMatchObject({ code: '23505' })
          expect(await written()).toEqual(once ? [...numbers].sort((a, b) => a - b) : [])
        },
      ),
      { numRuns: 40 },
    )
  })

  it('is refused as a whole where its last statement fails, of which nobody waited for the answer', async () => {
    const done = inTransaction(db, async (trx) => {
      await write(trx, 1)
      await withCommit(trx, write(trx, 1))
      return 'kept'
    })
    await expect(done).rejects.toMatchObject({ code: '23505' })
    expect(await written()).toEqual([])
  })

  it('does not pass for done where somebody caught the error of a statement', async () => {
    const done = inTransaction(db, async (trx) => {
      await write(trx, 1)
      await write(trx, 1).catch(() => undefined)
    })
    await expect(done).rejects.toThrow('rolled back')
    expect(await written()).toEqual([])
  })

  it('lets what still runs beside a part that failed write nothing any more', async () => {
    let late: Promise<unknown> | undefined
    const done = inTransaction(db, async (trx) => {
      const slow = write(trx, 1).then(() => (late = write(trx, 2)))
      await Promise.all([slow, Promise.reject(new Error('the other part'))])
    })
    await expect(done).rejects.toThrow('the other part')
    await expect(late).rejects.toThrow('The connection of this statement is given back.')
    expect(await written()).toEqual([])
  })

  it('fails when its connection dies, and the next one gets another', async () => {
    const done = inTransaction(db, async (trx) => {
      await write(trx, 1)
      await Promise.all([sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx), write(trx, 2)])
    })
    await expect(done).rejects.toThrow(/terminat/)
    expect(await written()).toEqual([])
  })

  it('does not mix with the others that use the same few connections', async () => {
    const work = Array.from({ length: 30 }, (_, n) =>
      inTransaction(db, async (trx) => {
        await Promise.all([write(trx, n), write(trx, n + 100)])
        if (n % 3 === 0) throw new Error('not this one')
        await write(trx, n + 200)
      }),
    )
    const failed = (await Promise.allSettled(work)).flatMap(({ status }, n) =>
      status === 'rejected' ? [n] : [],
    )
    const kept = Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 !== 0)
    expect(failed).toEqual(Array.from({ length: 10 }, (_, n) => n * 3))
    expect(await written()).toEqual([0, 100, 200].flatMap((more) => kept.map((n) => n + more)))
  })
})

interface Road {
  url: string
  server: Server
  /** How often something came from us since it was set to 0. */
  messages: number
}
/** A way to PostgreSQL on which messages are counted. */
async function countedRoad(databaseUrl: string): Promise<Road> {
  const { hostname, port } = new URL(databaseUrl)
  const server = createServer({ noDelay: true }, (ours) => {
    const theirs = connect({ port: Number(port), host: hostname, noDelay: true })
    ours.on('data', () => one.messages++)
    // one that ends ends the other, and both are let go then
    pipeline(ours, theirs, ours, () => {})
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const one: Road = { url: url.href, server, messages: 0 }
  return one
}
