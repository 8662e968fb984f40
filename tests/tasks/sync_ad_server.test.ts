import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { currentGeneration } from '../../src/queries/synced.ts'
import { enqueue } from '../../src/jobs.ts'
import { testDesk } from '../support/desk.ts'
import { manyAdUnits } from '../support/google_ad_manager/inventory.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { noticesAbout } from '../support/notices.ts'
import { adUnits, connectGoogle, runOf, sync } from '../support/synchronisation.ts'

const google = await startFakeGoogle()
const desk = testDesk({ SALESDESK_SECRET_GAM: google.serviceAccount })
const { inventory } = google.books
const pages = () => google.calls.filter(({ operation }) => operation === 'getAdUnitsByStatement').length
const trouble = (answer: 'drop' | { type: string; reason: string }[]) =>
  google.next('getAdUnitsByStatement', { carried_out: false, answer })

beforeAll(async () => {
  await connectGoogle(desk, google)
  await desk.runJobs(new Date())
})
beforeEach(() => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()) + 2 * 86_400_000)
  inventory.adUnits = manyAdUnits(1201, new Date(desk.now.getTime() - 3_600_000))
})
afterAll(() => google.close())

/** Time passes, and what falls due meanwhile is done. */
async function later(minutes: number): Promise<void> {
  desk.now = new Date(desk.now.getTime() + minutes * 60_000)
  await desk.runJobs(desk.now)
}

describe('what an ad server holds', () => {
  test('is read page by page and becomes what everybody reads, all at once', async () => {
    const id = await sync(desk, 'gam', 'ad_units')
    const before = pages()
    trouble('drop')
    await desk.runJobs(desk.now)
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'reading', done: 0, failures: 1 })
    await later(1)
    expect(pages() - before).toBe(1 + 3)
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'current', done: 1201, total: 1201, error: null })
    const units = await adUnits(desk.db, 'gam')
    expect(units).toHaveLength(1201)
    expect(units[7]).toMatchObject({
      id: '10000007',
      name: 'Unit 7',
      standing: 'active',
      parent_id: '10000001',
      code: 'unit_7',
      sizes: ['300x250'],
    })
  })

  test('stays as it was for everybody until all of what is new is there', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    await desk.runJobs(desk.now)
    inventory.adUnits = manyAdUnits(2001, desk.now)
    const id = await sync(desk, 'gam', 'ad_units', true)
    const before = pages()
    let asked = 0
    google.onCall = ({ operation }) => {
      if (operation === 'getAdUnitsByStatement' && ++asked === 2) trouble('drop')
    }
    await desk.runJobs(desk.now)
    delete google.onCall
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'reading', done: 1000, total: 2001 })
    expect(await adUnits(desk.db, 'gam')).toHaveLength(1201)
    await later(1)
    expect(await adUnits(desk.db, 'gam')).toHaveLength(2001)
    expect(pages() - before).toBe(2 + 1 + 3)
  })

  test('comes of every kind the ad server can be read for', async () => {
    for (const kind of [
      'network',
      'placements',
      'targeting_keys',
      'targeting_values',
      'audience_segments',
    ] as const)
      await sync(desk, 'gam', kind)
    await desk.runJobs(desk.now)
    const current = (kind: 'placements' | 'targeting_keys' | 'targeting_values' | 'audience_segments') =>
      desk.db
        .selectFrom(kind)
        .select(['id', 'name', 'standing'])
        .where('generation', '=', currentGeneration('gam', kind))
        .orderBy('id')
        .execute()
    expect(await current('placements')).toEqual([{ id: '3001', name: 'Inventory 3001', standing: 'active' }])
    expect((await current('targeting_keys')).map(({ name }) => name)).toEqual(['pos', 'section'])
    expect((await current('targeting_values')).map(({ name }) => name)).toEqual([
      'top',
      'bottom',
      'sport',
      'tragedy',
    ])
    expect(await current('audience_segments')).toMatchObject([
      { name: 'Readers of sport', standing: 'active' },
      { name: 'Car buyers', standing: 'inactive' },
    ])
    const { network } = await desk.db
      .selectFrom('adapter_configs')
      .select('network')
      .where('connection_id', '=', 'gam')
      .executeTakeFirstOrThrow()
    expect(network).toMatchObject({
      network_id: '21700000000',
      currencies: ['USD', 'EUR', 'GBP'],
      time_zone: 'America/New_York',
    })
  })
})

describe('only what changed', () => {
  test('is asked for where the ad server tells it; the rest is carried over', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    await desk.runJobs(desk.now)
    await later(60)
    const [, changed] = inventory.adUnits
    Object.assign(changed ?? {}, { name: 'Another name', lastModifiedDateTime: desk.now.toISOString() })
    inventory.adUnits.push(...manyAdUnits(1, desk.now, 20_000_000))
    const before = pages()
    const id = await sync(desk, 'gam', 'ad_units')
    await desk.runJobs(desk.now)
    expect(pages() - before).toBe(1)
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'current', done: 1202, total: 1202 })
    const units = await adUnits(desk.db, 'gam')
    expect(units).toHaveLength(1202)
    expect(units[1]?.name).toBe('Another name')
    expect(units.at(-1)?.id).toBe('20000000')
  })

  test('is not enough for ever: what was deleted there goes once a day has passed', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    await desk.runJobs(desk.now)
    await later(60)
    inventory.adUnits.splice(5, 1)
    await sync(desk, 'gam', 'ad_units')
    await desk.runJobs(desk.now)
    expect(await adUnits(desk.db, 'gam')).toHaveLength(1201)
    await later(24 * 60)
    await sync(desk, 'gam', 'ad_units')
    await desk.runJobs(desk.now)
    expect(await adUnits(desk.db, 'gam')).toHaveLength(1200)
  })

  test('includes what was changed shortly before the reading it builds on, whatever the clocks say', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    await desk.runJobs(desk.now)
    const late = new Date(desk.now.getTime() - 5 * 60_000)
    Object.assign(inventory.adUnits[3] ?? {}, { name: 'Late', lastModifiedDateTime: late.toISOString() })
    await later(30)
    await sync(desk, 'gam', 'ad_units')
    await desk.runJobs(desk.now)
    expect((await adUnits(desk.db, 'gam'))[3]?.name).toBe('Late')
  })
})

describe('one at a time', () => {
  test('ten who ask at once for the same share one reading', async () => {
    const before = pages()
    const ids = await Promise.all(Array.from({ length: 10 }, () => sync(desk, 'gam', 'ad_units', true)))
    expect(new Set(ids).size).toBe(1)
    await desk.runJobs(desk.now)
    expect(pages() - before).toBe(3)
  })

  test('a job that runs twice adds nothing and skips nothing', async () => {
    const id = await sync(desk, 'gam', 'ad_units', true)
    const again = (n: number) =>
      desk.db
        .transaction()
        .execute((trx) => enqueue(trx, 'sync_ad_server', { sync_job_id: id, connection_id: `${n}` }))
    await Promise.all([desk.runJobs(desk.now), again(1).then(() => desk.runJobs(desk.now))])
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'current', done: 1201 })
    expect(await adUnits(desk.db, 'gam')).toHaveLength(1201)
  })
})

describe('an ad server that does not play along', () => {
  test('and limits calls slows a reading and does not end it', async () => {
    const id = await sync(desk, 'gam', 'ad_units', true)
    for (let i = 0; i < 20; i++) {
      trouble([{ type: 'QuotaError', reason: 'EXCEEDED_QUOTA' }])
      await later(1)
      expect(await runOf(desk.db, id)).toMatchObject({ state: 'reading', failures: 0 })
    }
    await later(1)
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'current', done: 1201, error: null })
  })

  test('for long ends the reading, which says why; what was there stays', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    await desk.runJobs(desk.now)
    const id = await sync(desk, 'gam', 'ad_units', true)
    for (let i = 0; i < 8; i++) {
      trouble('drop')
      await later(6)
    }
    expect(await runOf(desk.db, id)).toMatchObject({
      state: 'failed',
      failures: 8,
      error: { code: 'connection_broke', message: expect.stringContaining('getAdUnitsByStatement') },
    })
    expect(await adUnits(desk.db, 'gam')).toHaveLength(1201)
  })

  test('and refuses us ends it at once, and people are told until it works again only once', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    await desk.runJobs(desk.now)
    const refused = async () => {
      const id = await sync(desk, 'gam', 'ad_units', true)
      trouble([{ type: 'AuthenticationError', reason: 'NETWORK_API_ACCESS_DISABLED' }])
      await desk.runJobs(desk.now)
      expect(await runOf(desk.db, id)).toMatchObject({ state: 'failed', failures: 1 })
      return noticesAbout(desk.db, id)
    }
    expect(await refused()).toEqual(['sync_failed'])
    expect(await refused()).toEqual([])
  })

  test('and tells what cannot be kept ends it, and says so', async () => {
    const id = await sync(desk, 'gam', 'line_items')
    google.books.lineItems.push({
      ...{ id: '1', orderId: '2', name: 'Priceless', status: 'READY', costType: 'CPM' },
      costPerUnit: { currencyCode: 'USD', microAmount: '9'.repeat(25) },
    })
    await desk.runJobs(desk.now)
    google.books.lineItems.pop()
    expect(await runOf(desk.db, id)).toMatchObject({
      state: 'failed',
      error: { code: 'unusable_rows', message: expect.stringContaining('numeric field overflow') },
    })
  })
})

describe('by the clock', () => {
  const due = async () => {
    await desk.db.transaction().execute((trx) => enqueue(trx, 'start_due_syncs', {}))
    await desk.runJobs(desk.now)
  }
  const runs = (kind: string) =>
    desk.db
      .selectFrom('sync_jobs')
      .selectAll()
      .where('connection_id', '=', 'gam')
      .where('kind', '=', kind)
      .execute()

  test('each kind is read when it is due, sooner or later by a tenth, and not before', async () => {
    await due()
    const [orders, units] = [(await runs('orders')).length, (await runs('ad_units')).length]
    await later(26)
    await due()
    expect([(await runs('orders')).length, (await runs('ad_units')).length]).toEqual([orders, units])
    await later(8)
    await due()
    expect([(await runs('orders')).length, (await runs('ad_units')).length]).toEqual([orders + 1, units])
    await later(6.7 * 60)
    await due()
    expect((await runs('ad_units')).length).toBe(units + 1)
  })

  test('a reading that failed is tried again after a quarter of an hour', async () => {
    await sync(desk, 'gam', 'ad_units', true)
    trouble([{ type: 'AuthenticationError', reason: 'NETWORK_API_ACCESS_DISABLED' }])
    await desk.runJobs(desk.now)
    const count = (await runs('ad_units')).length
    await due()
    expect((await runs('ad_units')).length).toBe(count)
    await later(17)
    await due()
    expect((await runs('ad_units')).length).toBe(count + 1)
    expect(await adUnits(desk.db, 'gam')).toHaveLength(1201)
  })

  test('a reading whose job was lost goes on', async () => {
    const id = await sync(desk, 'gam', 'ad_units', true)
    await desk.pool.query(`delete from graphile_worker._private_jobs`)
    await later(11)
    await due()
    expect(await runOf(desk.db, id)).toMatchObject({ state: 'current', done: 1201 })
  })

  test('what nobody reads any more is swept away, not before those who still read it are done', async () => {
    const first = await runOf(desk.db, await sync(desk, 'gam', 'ad_units', true))
    await desk.runJobs(desk.now)
    const second = await runOf(desk.db, await sync(desk, 'gam', 'ad_units', true))
    await desk.runJobs(desk.now)
    const left = async (generation: string) => {
      await desk.db.transaction().execute((trx) => enqueue(trx, 'sweep_generations', {}))
      await desk.runJobs(desk.now)
      const rows = await desk.db
        .selectFrom('inventory_units')
        .select('id')
        .where('generation', '=', generation)
        .execute()
      return rows.length
    }
    expect(await left(first.generation)).toBe(1201)
    await later(16)
    expect(await left(first.generation)).toBe(0)
    expect(await left(second.generation)).toBe(1201)
    await later(31 * 24 * 60)
    await left(second.generation)
    const kept = await desk.db.selectFrom('sync_jobs').select('generation').execute()
    expect(kept.map(({ generation }) => generation)).not.toContain(first.generation)
    expect(kept.map(({ generation }) => generation)).toContain(second.generation)
  })
})

test('an ad server the publisher took out is not read', async () => {
  await desk.db
    .updateTable('adapter_configs')
    .set({ archived_at: desk.now })
    .where('connection_id', '=', 'gam')
    .execute()
  const before = await desk.db.selectFrom('sync_jobs').select('sync_job_id').execute()
  await later(1000)
  await desk.db.transaction().execute((trx) => enqueue(trx, 'start_due_syncs', {}))
  await desk.runJobs(desk.now)
  const started = await desk.db
    .selectFrom('sync_jobs')
    .select('connection_id')
    .where(
      'sync_job_id',
      'not in',
      before.map(({ sync_job_id }) => sync_job_id),
    )
    .execute()
  expect(new Set(started.map(({ connection_id }) => connection_id))).toEqual(new Set(['house', 'screens']))
})
