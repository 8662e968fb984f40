import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTasks } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { enqueue } from '../../src/jobs.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { quiet } from '../support/database.ts'
import { move } from '../support/delivery.ts'
import { encryptionKey, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import {
  anHour,
  deliveryOf,
  onTheAdServer,
  product_id,
  readFigures,
  sellOnGoogle,
} from '../support/figures.ts'
import { startFakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { listeningLog } from '../support/log_lines.ts'
import { buy } from '../support/orders.ts'
import { killAll, run } from '../support/processes.ts'
import { askStandings, concernsOf, seen, standsAsTheAdServerSays } from '../support/standings.ts'
import { aChange } from '../support/updates.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const HOUR_MS = 3_600_000
const clock = { now: new Date() }
const google = await startFakeGoogle({ clock: () => clock.now })
const receiver = webhookReceiver()
const log = listeningLog()
const variables = { SALESDESK_SECRET_GAM: google.serviceAccount, WEBHOOK_ALLOW_LOOPBACK: 'true' }
const desk = testDesk(variables, { log: log.log })
let buyer: TestBuyer

beforeAll(async () => {
  at('2027-04-01T00:00:00Z')
  await sellOnGoogle(desk, google)
  buyer = await desk.buyer()
})
let month = 3
beforeEach(() => {
  google.books.served.length = 0
  month += 1
})
afterEach(killAll)
afterAll(() => google.close())

/** A buy that has run since midnight of the first of a month of its own, one package for each budget, and it is the second, noon. */
async function running({ budgets = [4000], ...overrides }: Args & { budgets?: number[] } = {}) {
  const first = Date.UTC(2027, month, 1)
  at(new Date(first - 86_400_000))
  const start_time = new Date(first).toISOString()
  const end_time = new Date(first + 10 * 86_400_000).toISOString()
  const packages = budgets.map((budget) => ({
    product_id,
    pricing_option_id: 'cpm_eur_auction',
    budget,
    bid_price: 5,
  }))
  const id = await buy(buyer, { start_time, end_time, packages, ...overrides }, desk.now)
  await desk.runJobs(desk.now)
  await move(desk, id, 'active')
  // what earlier tests left to be read
  await step()
  await step()
  const { order_id, items } = await onTheAdServer(desk, id)
  at(new Date(first + 36 * HOUR_MS))
  const serve = (hour: number, more: Args = {}, item = 0) => {
    const { line_item_id = '' } = items[item] ?? {}
    const served = anHour({ line_item_id, order_id, at: new Date(first + hour * HOUR_MS), ...more })
    google.books.served.push(served)
    return served
  }
  return { id, order_id, items, first, serve }
}

describe('a buyer', () => {
  test('is told totals, packages, days, pacing, clicks and completed views as the ad server counted them', async () => {
    const { id, serve } = await running({ budgets: [4000, 1000] })
    serve(0, { impressions: 60_000, completions: 20_000 })
    serve(25, { impressions: 60_000, completions: 10_000 })
    serve(3, { impressions: 7 }, 1)
    await step()
    const told = await deliveryOf(buyer, id)
    expect(told).toMatchObject({
      status: 'active',
      totals: { impressions: 120_007, spend: 600.035, clicks: 1200, completed_views: 30_000 },
      by_package: [
        // a day and a half of ten would be 600 of 4000
        { impressions: 120_000, spend: 600, clicks: 1200, completed_views: 30_000, pacing_index: 1 },
        { impressions: 7, spend: 0.035, clicks: 0 },
      ],
    })
    expect(told.daily_breakdown?.map(({ impressions, spend }) => [impressions, spend])).toEqual([
      [60_007, 300.035],
      [60_000, 300],
    ])
  })

  test('is told that figures are late, not that nothing ran, while no report comes', async () => {
    const { id, serve } = await running()
    serve(0)
    google.books.minded.reportsFail = 1
    await step()
    expect(await deliveryOf(buyer, id)).toMatchObject({
      status: 'reporting_delayed',
      totals: { impressions: 0 },
    })
    later(HOUR_MS)
    await step()
    expect(await deliveryOf(buyer, id)).toMatchObject({ status: 'active', totals: { impressions: 1000 } })
  })

  test('who cancels is told all that the ad server counts, also what it shows after that, and waits for nothing', async () => {
    const { id, serve, first } = await running()
    serve(0)
    const canceled = await buyer.call('update_media_buy', aChange(id, { canceled: true }))
    expect(canceled.isError ? canceled.texts : []).toEqual([])
    await desk.runJobs(desk.now)
    serve(37, { impressions: 500 })
    // a report may have been on its way when it was canceled
    for (const hour of [40, 42]) {
      at(new Date(first + hour * HOUR_MS))
      await step()
    }
    expect(await deliveryOf(buyer, id)).toMatchObject({
      status: 'canceled',
      totals: { impressions: 1500, spend: 7.5 },
      by_package: [{ impressions: 1500 }],
    })
    at(new Date(first + 20 * 24 * HOUR_MS))
    expect(await deliveryOf(buyer, id)).toMatchObject({ status: 'canceled' })
  })

  test('who asked for reports gets each day, its correction, and the whole flight once the ad server has the last word', async () => {
    const url = `${receiver.url}/figures`
    const authentication = { schemes: ['HMAC-SHA256'], credentials: 'sesame-open-sesame-0123456789abcdef' }
    const reporting_webhook = { url, authentication, reporting_frequency: 'daily' }
    const { id, serve, first } = await running({ adcp_version: '3.1', reporting_webhook })
    const hour = serve(5)
    await report()
    Object.assign(hour, { impressions: 900, revenue: 4_500_000n })
    later(24 * HOUR_MS)
    await report()
    at(new Date(first + 11 * 86_400_000))
    await report()
    later(5 * HOUR_MS)
    await report()
    // several may be on their way at once; their numbers say in which order they were made
    const reports = receiver
      .heard('/figures')
      .map(({ body }) => body['result'] as Args)
      .sort((a, b) => Number(a['sequence_number']) - Number(b['sequence_number']))
    const kinds = reports.map(({ notification_type }) => notification_type)
    expect(kinds.slice(0, 3)).toEqual(['scheduled', 'adjusted', 'scheduled'])
    expect(kinds.at(-1)).toBe('final')
    expect(kinds.filter((kind) => kind === 'scheduled')).toHaveLength(10)
    const spent = reports.map(
      ({ media_buy_deliveries }) => (media_buy_deliveries as { totals: Args }[])[0]?.totals['spend'],
    )
    expect([spent[0], spent[1], spent.at(-1)]).toEqual([5, 4.5, 4.5])
    expect(id).toMatch(/^mb_/)
  })
})

describe('the publisher', () => {
  test('has one report made for all buys of a network, on its own orders and no others', async () => {
    const one = await running()
    const other = await running()
    one.serve(0)
    other.serve(0, { impressions: 500 })
    google.books.served.push(anHour({ line_item_id: '66002', order_id: '66001', at: new Date(other.first) }))
    const before = google.books.reports.length
    await step()
    expect(google.books.reports.length - before).toBe(1)
    const csv = google.books.reports.at(-1)?.csv ?? ''
    expect(csv).toContain(one.order_id)
    expect(csv).toContain(other.order_id)
    expect(csv).not.toContain('66001')
    expect(await deliveryOf(buyer, other.id)).toMatchObject({ totals: { impressions: 500 } })
  })

  test('is never told money in another currency: what was delivered costs the price agreed', async () => {
    const { id, serve } = await running()
    serve(0, { revenue: 6_123_456n })
    google.books.network['currencyCode'] = 'USD'
    const { db } = desk
    // another connection to the same network would ask it anew for its currency
    await db
      .updateTable('adapter_configs')
      .set({ settings: { ...google.settings, base_url: `${google.url}/`, report_lag_minutes: 0 } as never })
      .where('connection_id', '=', 'gam')
      .execute()
    await step()
    google.books.network['currencyCode'] = 'EUR'
    await db
      .updateTable('adapter_configs')
      .set({ settings: { ...google.settings, create_advertisers: true, report_lag_minutes: 0 } as never })
      .where('connection_id', '=', 'gam')
      .execute()
    expect(await deliveryOf(buyer, id)).toMatchObject({ totals: { impressions: 1000, spend: 5 } })
  })

  test('sees in the log what line items of its orders nobody here made', async () => {
    const { serve, order_id, first } = await running()
    serve(0)
    google.books.served.push(anHour({ line_item_id: '77001', order_id, at: new Date(first) }))
    await step()
    expect(log.text()).toContain('77001')
  })
})

describe('figures come once and whole', () => {
  test('when the worker dies after it had the report started, and its job is lost', async () => {
    const { id, serve } = await running()
    serve(0)
    google.books.minded.reportPolls = 1
    const runs = runsOf('runReportJob')
    await wake()
    await desk.db.deleteFrom('graphile_worker._private_jobs' as never).execute()
    later(60_000)
    await wake()
    later(60_000)
    await wake()
    google.books.minded.reportPolls = 0
    expect(runsOf('runReportJob') - runs).toBe(1)
    expect(await deliveryOf(buyer, id)).toMatchObject({ totals: { impressions: 1000 } })
  })

  test('when two workers do the same at the same time, all along', async () => {
    const { id, serve } = await running({ budgets: [4000, 1000] })
    for (let hour = 0; hour < 20; hour++) serve(hour, {}, hour % 2)
    const config = readConfig({
      ...{ SALESDESK_ENCRYPTION_KEY: encryptionKey, AD_SERVER_PRIVATE_HOSTS: '127.0.0.1' },
      ...variables,
    })
    const options = { config, databaseUrl: desk.databaseUrl, log: quiet, clock: () => desk.now }
    const workers = [createTasks(options), createTasks(options)]
    const helpers = { job: { id: '1', attempts: 1 }, abortSignal: new AbortController().signal } as never
    for (const seconds of [0, 30]) {
      at(new Date(desk.now.getTime() + seconds * 1000))
      await Promise.all(
        workers.map(async ({ taskList }) => taskList['read_delivery']?.({ connection_id: 'gam' }, helpers)),
      )
    }
    await Promise.all(workers.map(({ pool }) => pool.end()))
    expect(await deliveryOf(buyer, id)).toMatchObject({ totals: { impressions: 20_000, spend: 100 } })
    const replaced = await desk.db
      .selectFrom('package_delivery_history')
      .selectAll()
      .where('media_buy_id', '=', id)
      .execute()
    expect(replaced).toEqual([])
  })

  test.each<[string, Fault]>([
    ['is cut off', { carried_out: true, answer: 'truncated' }],
    ['breaks off', { carried_out: true, answer: 'drop' }],
    ['is not there yet', { carried_out: false, answer: { status: 503 } }],
  ])('when the file of a report %s', async (_how, fault) => {
    const { id, serve } = await running()
    serve(0)
    google.next('download', fault)
    const runs = runsOf('runReportJob')
    await step()
    expect(await deliveryOf(buyer, id)).toMatchObject({ totals: { impressions: 0 } })
    later(60_000)
    await wake()
    expect(runsOf('runReportJob') - runs).toBe(1)
    expect(await deliveryOf(buyer, id)).toMatchObject({ totals: { impressions: 1000 } })
  })
})

describe('an order that runs on Google', () => {
  // an ad server that cannot be asked changes nothing: then this says why
  afterEach(() =>
    expect(log.lines().filter(({ msg }) => msg === 'standing of orders was not read')).toEqual([]),
  )

  /** With a banner that is shown, and Google tells it runs. */
  async function showing(overrides: Args = {}) {
    const { id, items } = await running(overrides)
    const [item] = items
    const bring = async (name: string) => {
      const creatives = [aBanner(`banner_of_${id}`, { name })]
      const assignments = [{ creative_id: `banner_of_${id}`, package_id: item?.package_id }]
      const { isError, texts } = await buyer.call('sync_creatives', aSync({ creatives, assignments }))
      expect(isError ? texts : []).toEqual([])
      // a try that comes to nothing is repeated seconds later
      await desk.runJobs(new Date(desk.now.getTime() + 60_000))
      const steps = await desk.db
        .selectFrom('fulfilment_steps as s')
        .innerJoin('fulfilments as f', 'f.fulfilment_id', 's.fulfilment_id')
        .select(['s.kind', 's.state', 's.last_error', 'f.state as order', 'f.last_error as why'])
        .where('f.media_buy_id', '=', id)
        .where('s.state', '<>', 'done')
        .execute()
      expect(steps, `of the log: ${JSON.stringify(log.lines().slice(-5))}`).toEqual([])
    }
    await bring('First')
    return { id, bring, there: google.books.lineItems.find((one) => one['id'] === item?.line_item_id) ?? {} }
  }

  test('is known by the clock as it stands there, with what it delivered in all', async () => {
    const { id, there } = await showing()
    await standsAsTheAdServerSays({
      ...{ desk, buyer, id, lag_minutes: 15 },
      stop: (stopped) => void (there['paused'] = stopped),
      show: (impressions, clicks) =>
        void (there['stats'] = {
          impressionsDelivered: String(impressions),
          clicksDelivered: String(clicks),
          videoCompletionsDelivered: '0',
          videoStartsDelivered: '0',
          viewableImpressionsDelivered: '30000',
        }),
    })
  })

  test('goes on without a creative Google objects to later: its buyer hears why, and a person sees it', async () => {
    const url = `${receiver.url}/objections`
    const authentication = { schemes: ['HMAC-SHA256'], credentials: 'sesame-open-sesame-0123456789abcdef' }
    const push_notification_config = { url, authentication }
    const { id, there, bring } = await showing({ adcp_version: '3.1', push_notification_config })
    const [shown] = google.books.associations.filter((one) => one['lineItemId'] === there['id'])
    const creative = google.books.creatives.find((one) => one['id'] === shown?.['creativeId']) ?? {}
    creative['policyLabels'] = ['TEMPORARY_PAUSE_FOR_VENDOR_INVESTIGATION']
    await askStandings(desk)
    expect(shown).toMatchObject({ status: 'ACTIVE' })
    creative['policyLabels'] = ['MALWARE_IN_LANDING_PAGE']
    await askStandings(desk)
    expect(shown).toMatchObject({ status: 'INACTIVE' })
    const rejected = {
      creative_id: `banner_of_${id}`,
      approval_status: 'rejected',
      rejection_reason: 'Google’s review objects to it: MALWARE_IN_LANDING_PAGE',
    }
    expect((await seen({ buyer, id })).packages).toMatchObject([{ creative_approvals: [rejected] }])
    expect(receiver.heard('/objections').at(-1)?.body).toMatchObject({
      message: `Creative banner_of_${id} was rejected: "${rejected.rejection_reason}"`,
    })
    const concern = { concern: 'creative_not_shown', reason: expect.stringContaining('MALWARE') }
    expect(await concernsOf({ desk, id })).toEqual([concern])
    const heard = receiver.heard('/objections').length
    await askStandings(desk)
    expect(receiver.heard('/objections')).toHaveLength(heard)
    expect(await concernsOf({ desk, id })).toMatchObject([concern, { concern: 'not_serving' }])
    expect((await run(['steps'], { DATABASE_URL: desk.databaseUrl })).stdout).toMatch(
      /a creative is refused\n {2}pkg_\S+: Creative banner_of_\S+ was rejected: .*MALWARE/,
    )
    await bring('Second')
    await askStandings(desk)
    expect(await concernsOf({ desk, id })).toEqual([])
  })
})

describe('Google', () => {
  test('is given the ten minutes it asks for when there were too many reports', async () => {
    await running()
    google.next('runReportJob', {
      carried_out: false,
      answer: [{ type: 'QuotaError', reason: 'REPORT_JOB_LIMIT' }],
    })
    const runs = runsOf('runReportJob')
    await step()
    later(500_000)
    await wake()
    expect(runsOf('runReportJob') - runs).toBe(1)
    later(200_000)
    await wake()
    expect(runsOf('runReportJob') - runs).toBe(2)
  })

  test('never gets our token with a report, and a report elsewhere is not fetched', async () => {
    const { id, serve } = await running()
    serve(0)
    google.books.minded.reportsAt = 'https://reports.example'
    await step()
    google.books.minded.reportsAt = google.url
    const why = await desk.db
      .selectFrom('delivery_readings')
      .select('last_error')
      .where('connection_id', '=', 'gam')
      .executeTakeFirst()
    expect(why?.last_error).toMatchObject({ code: 'unknown_host' })
    later(HOUR_MS)
    await wake()
    expect(await deliveryOf(buyer, id)).toMatchObject({ totals: { impressions: 1000 } })
    expect(google.downloads.length).toBeGreaterThan(0)
    expect(google.downloads.filter(({ authorization }) => authorization !== undefined)).toEqual([])
    expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  })
})

const runsOf = (operation: string) => google.calls.filter((one) => one.operation === operation).length

function at(time: string | Date): void {
  desk.now = new Date(time)
  clock.now = desk.now
}
const later = (ms: number) => at(new Date(desk.now.getTime() + ms))

async function wake(): Promise<void> {
  await desk.db.transaction().execute((trx) => enqueue(trx, 'read_due_deliveries', {}))
  await desk.runJobs(desk.now)
}
async function step(): Promise<void> {
  await readFigures(desk)
  clock.now = desk.now
}
async function report(): Promise<void> {
  await step()
  await desk.db.transaction().execute((trx) => enqueue(trx, 'report_delivery', {}))
  await desk.runJobs(desk.now)
}
