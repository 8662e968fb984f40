import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { move } from '../support/delivery.ts'
import { testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { anHour, deliveryOf, onTheAdServer, sellOnGoogle } from '../support/figures.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { buy } from '../support/orders.ts'
import { killAll, salesdesk, type Salesdesk } from '../support/processes.ts'

const DAY_MS = 86_400_000
const google = await startFakeGoogle({ clock: () => desk.now })
const variables = { SALESDESK_SECRET_GAM: google.serviceAccount }
const desk = testDesk(variables)

beforeAll(() => sellOnGoogle(desk, google))
afterEach(async () => {
  await killAll()
  await desk.db.deleteFrom('workers').execute()
})
afterAll(() => google.close())

test('a report outlives the workers that have it made and ask for it, and each figure counts once', async () => {
  const buyer = await desk.buyer()
  const yesterday = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS
  desk.now = new Date(yesterday - DAY_MS)
  const start_time = new Date(yesterday).toISOString()
  const id = await buy(buyer, { start_time, package: { budget: 4000 } }, desk.now)
  await desk.runJobs()
  await move(desk, id, 'active')
  const { order_id, items } = await onTheAdServer(desk, id)
  const line_item_id = items[0]?.line_item_id ?? ''
  for (let hour = 0; hour < 20; hour++)
    google.books.served.push(
      anHour({
        line_item_id,
        order_id,
        at: new Date(yesterday + hour * 3_600_000),
        impressions: 1000 + hour,
      }),
    )
  desk.now = new Date()
  google.books.minded.reportPolls = 2

  // before there is a worker: its clock may ask for the report before we do
  google.next('runReportJob', { carried_out: true, answer: 'silence' })
  let worker = await startWorker()
  await desk.db.transaction().execute((trx) => enqueue(trx, 'read_delivery', { connection_id: 'gam' }))
  await eventually('the first report to be taken on', () => google.books.reports.length === 1)
  worker = await succeed(worker)
  // whether the first is being made nobody here can know, so there is a second, and only a second
  await eventually('the second to be written down', async () =>
    (await reading())?.handle?.startsWith(latestReport()),
  )
  google.next('getReportJobStatus', { carried_out: true, answer: 'silence' })
  await dueNow()
  await eventually('the ad server to be asked for it', () => asked('getReportJobStatus') === 1)
  await succeed(worker)
  await eventually('its not being ready to be heard', () => google.books.reports.at(-1)?.polls === 0)
  await eventually('that to be written down', async () => Number((await reading())?.next_at) > Date.now())
  await dueNow()
  await eventually('it to be stored', async () => (await reading())?.handle === null)

  expect(await reading()).toMatchObject({ last_error: null })
  expect(asked('runReportJob')).toBe(2)
  expect(google.downloads).toHaveLength(1)
  const impressions = google.books.served.reduce((sum, hour) => sum + hour.impressions, 0)
  const { totals } = await deliveryOf(buyer, id)
  expect(totals).toMatchObject({ impressions, spend: (impressions * 5) / 1000 })
  expect(await desk.db.selectFrom('package_delivery_history').selectAll().execute()).toEqual([])
}, 60_000)

test('forecasts outlive the worker that takes them: the next goes on with the product it died at', async () => {
  const products = ['screens_rail_germany', 'trail_video_premium']
  google.books.traffic.set('2001', 10_000)
  await desk.db
    .updateTable('products')
    .set({ connection_id: 'gam', ad_server_config: jsonb(onHomepage), daily_capacity: null })
    .where('product_id', 'in', products)
    .execute()
  const worker = await startWorker()
  google.onCall = ({ operation }) => {
    if (operation === 'getAvailabilityForecast' && asked(operation) === 1)
      google.next(operation, { carried_out: true, answer: 'silence' })
  }
  await desk.db.transaction().execute((trx) => enqueue(trx, 'take_forecasts', { connection_id: 'gam' }))
  await eventually('the second product', () => asked('getAvailabilityForecast') === 2)
  delete google.onCall
  expect(await forecasts()).toEqual([{ product_id: products[0], generation: 1, days: 90, available: 10_000 }])
  await succeed(worker)
  await eventually('both', async () => (await forecasts()).length === 2)
  expect(await forecasts()).toEqual(
    products.map((product_id) => ({ product_id, generation: 1, days: 90, available: 10_000 })),
  )
  expect(asked('getAvailabilityForecast')).toBe(3)
}, 60_000)

async function startWorker(): Promise<Salesdesk> {
  const worker = salesdesk(['work'], { DATABASE_URL: desk.databaseUrl, ...variables })
  await worker.said(/is ready/)
  return worker
}

/** Ends a worker by SIGKILL and starts another. */
async function succeed(worker: Salesdesk): Promise<Salesdesk> {
  worker.kill('SIGKILL')
  await worker.exited
  return startWorker()
}

const asked = (operation: string) => google.calls.filter((call) => call.operation === operation).length
const latestReport = () => google.books.reports.at(-1)?.id ?? 'none'

/** Where the network's figures stand; what the clock asks other ad servers meanwhile is nobody's business here. */
function reading() {
  return desk.db
    .selectFrom('delivery_readings')
    .select(['handle', 'next_at', 'last_error'])
    .where('connection_id', '=', 'gam')
    .executeTakeFirst()
}

/** The pause before a report is asked for is over. */
async function dueNow(): Promise<void> {
  await desk.db
    .updateTable('delivery_readings')
    .set({ next_at: new Date(Date.now() - 1000) })
    .where('connection_id', '=', 'gam')
    .execute()
  await desk.db.transaction().execute((trx) => enqueue(trx, 'read_delivery', { connection_id: 'gam' }))
}

async function forecasts() {
  const { rows } = await sql`
    select f.product_id, f.generation, count(*)::int as days, max(available)::int as available
    from forecasts f join forecast_days using (tenant_id, product_id) where f.connection_id = 'gam' group by 1, 2 order by 1`.execute(
    desk.db,
  )
  return rows
}
