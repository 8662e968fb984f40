import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { jsonb } from '../../src/db/database.ts'
import { currentGeneration } from '../../src/queries/synced.ts'
import { testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { manyAdUnits } from '../support/google_ad_manager/inventory.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { buy, fulfilmentsOf } from '../support/orders.ts'
import { killAll, salesdesk } from '../support/processes.ts'
import { adUnits, connectGoogle, runOf, sync } from '../support/synchronisation.ts'

// SYNC_UNITS=100000 is what docs/synchronisation.md tells the figures of
const UNITS = Number(process.env['SYNC_UNITS'] ?? 8000)
const PAGES = UNITS / 500
const KILLS = 4
/** What Google takes for a page at least while workers are killed: the reading must not be over before. */
const PAGE_MS = 1600 / PAGES

const google = await startFakeGoogle()
const desk = testDesk({ SALESDESK_SECRET_GAM: google.serviceAccount })

beforeAll(async () => {
  await connectGoogle(desk, google)
  await desk.runJobs(new Date())
})
afterEach(killAll)
afterAll(() => google.close())

/** By the workers' own clock, so that the figures are true. */
const asked = () => sync({ db: desk.db, now: new Date() }, 'gam', 'ad_units', true)

const startWorker = async () => {
  const worker = salesdesk(['work'], {
    DATABASE_URL: desk.databaseUrl,
    SALESDESK_SECRET_GAM: google.serviceAccount,
  })
  await worker.said(/is ready/)
  return worker
}

test(
  `a reading of ${UNITS} ad units, its workers killed at random moments, ends complete and correct, and readers never see fewer than before`,
  async () => {
    const long = 20 * UNITS + 20_000
    const { inventory } = google.books
    inventory.adUnits = manyAdUnits(UNITS - 500, new Date())
    let worker = await startWorker()
    const first = await asked()
    await eventually('the first reading', async () => (await runOf(desk.db, first)).finished_at, long)
    const alone = await runOf(desk.db, first)

    inventory.adUnits = manyAdUnits(UNITS, new Date())
    for (let page = 0; page < PAGES + KILLS; page++)
      google.next('getAdUnitsByStatement', { carried_out: true, answer: { after_ms: PAGE_MS } })
    const id = await asked()
    const seen = new Set<number>()
    const over = new AbortController()
    const reading = (async () => {
      while (!over.signal.aborted) seen.add(await countUnits())
    })()
    const took = (alone.finished_at?.getTime() ?? 0) - alone.started_at.getTime()
    for (let kill = 0; kill < KILLS; kill++) {
      const from = (PAGES * (kill + Math.random())) / (KILLS + 1)
      await eventually(`page ${from}`, async () => (await runOf(desk.db, id)).done / 500 >= from, long)
      await pause(PAGE_MS * Math.random())
      expect((await runOf(desk.db, id)).finished_at).toBeNull()
      worker.kill('SIGKILL')
      await worker.exited
      worker = await startWorker()
    }
    await eventually('the second reading', async () => (await runOf(desk.db, id)).finished_at, long)
    over.abort()
    await reading
    const run = await runOf(desk.db, id)
    expect(run).toMatchObject({ state: 'current', done: UNITS, total: UNITS, failures: 0 })
    const units = await adUnits(desk.db, 'gam')
    expect(units.map((unit) => unit.id)).toEqual(inventory.adUnits.map((unit) => String(unit['id'])))
    expect(units.map((unit) => unit.parent_id)).toEqual(
      inventory.adUnits.map((unit) => (unit['parentId'] as string | undefined) ?? null),
    )
    expect([UNITS - 500, UNITS]).toEqual(expect.arrayContaining([...seen]))
    expect(seen).toContain(UNITS - 500)
    const figures = { units: UNITS, alone_ms: took, killed: KILLS, with_kills_ms: Number(run.finished_at) - Number(run.started_at) } // prettier-ignore
    if (process.env['SYNC_UNITS']) process.stdout.write(`${JSON.stringify(figures)}\n`)
  },
  40 * UNITS + 120_000,
)

test('an order bought in the middle of a long reading is placed as if nothing were read, and the reading goes on', async () => {
  const settings = { ...google.settings, create_advertisers: true, calls_per_second: 2 }
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb(settings) })
    .where('connection_id', '=', 'gam')
    .execute()
  await desk.db
    .updateTable('products')
    .set({ connection_id: 'gam', ad_server_config: jsonb(onHomepage) })
    .where('product_id', '=', 'trail_display_run_of_site')
    .execute()
  google.books.inventory.adUnits = manyAdUnits(30_000, new Date())
  await startWorker()
  const reading = await asked()
  const pages = async () => (await runOf(desk.db, reading)).done / 500
  await eventually('the second page', async () => (await pages()) >= 2)
  const from = google.calls.length
  const [one] = [{ product_id: 'trail_display_run_of_site', pricing_option_id: 'cpm_eur_auction', budget: 4000, bid_price: 5 }] // prettier-ignore
  const id = await buy(await desk.buyer(), { packages: [one, one, one] }, new Date())
  await eventually('the order to be placed', async () =>
    (await fulfilmentsOf(desk.db, id)).every(({ state }) => state === 'placed'),
  )
  const calls = google.calls.slice(from).map(({ operation }) => operation)
  const placing = calls.slice(calls.indexOf('createOrders'), calls.indexOf('performOrderAction'))
  expect(placing.filter((call) => call === 'createLineItems')).toHaveLength(3)
  expect(placing).not.toContain('getAdUnitsByStatement')
  const read = await pages()
  expect(read).toBeLessThan(60)
  await eventually('the reading to go on', async () => (await pages()) > read)
})

async function countUnits(): Promise<number> {
  const { count } = await desk.db
    .selectFrom('inventory_units')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('generation', '=', currentGeneration('gam', 'ad_units'))
    .executeTakeFirstOrThrow()
  await pause(5)
  return Number(count)
}
