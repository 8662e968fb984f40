import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { windowAt } from '../../src/adcp/report_window.ts'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { reportOn } from '../../src/tasks/reports/report_on.ts'
import { deliver, move, runningBuy } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { everyRow } from '../support/orders.ts'
import { aChange } from '../support/updates.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const bought = new Date('2027-01-01T10:00:00Z')
const flight = { start_time: '2027-01-02T00:00:00Z', end_time: '2027-01-05T00:00:00Z' }
const credentials = 'sesame-open-sesame-0123456789abcdef'
const item = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
let buyer: TestBuyer

beforeAll(async () => {
  buyer = await desk.buyer()
})
beforeEach(() => {
  desk.now = bought
})

let serial = 0
const aWebhook = (more: Args = {}) => ({
  url: `${receiver.url}/reports/${(serial += 1)}`,
  authentication: { schemes: ['HMAC-SHA256'], credentials },
  reporting_frequency: 'daily',
  ...more,
})
interface Report extends Args {
  notification_type: string
  sequence_number: number
  reporting_period: { start: string; end: string }
  media_buy_deliveries: (Args & { totals: Args; by_package: Args[] })[]
}

/** Buys with a reporting webhook of its own; `reports` gives what it has received, as buyers of 3.1 read it. */
async function reported({ webhook = {}, ...overrides }: Args & { webhook?: Args; package?: Args } = {}) {
  const reporting_webhook = aWebhook(webhook)
  const { id, packages } = await runningBuy(desk, buyer, {
    adcp_version: '3.1',
    ...flight,
    reporting_webhook,
    ...overrides,
  })
  const heard = () => receiver.heard(new URL(reporting_webhook.url).pathname)
  return { id, packages, heard, reports: () => heard().map(({ body }) => body['result'] as Report) }
}

async function tick(time: string | Date) {
  desk.now = new Date(time)
  await desk.db.transaction().execute((trx) => enqueue(trx, 'report_delivery', {}))
  await desk.runJobs()
}
async function count(id: string, day: string, impressions: number, as_of: string, more: Args = {}) {
  desk.now = new Date(as_of)
  await deliver(desk, id, { day, figures: { impressions, spend: impressions / 200, clicks: 1 }, ...more })
}
const kindsOf = (reports: Report[]) =>
  reports.map((one) => [one.sequence_number, one.notification_type, one.reporting_period.start.slice(0, 10)])

describe('a buyer with a daily reporting webhook', () => {
  test('hears of each day once its figures are known, and of the whole flight at the end', async () => {
    const { id, reports } = await reported()
    await tick('2027-01-02T12:00:00Z')
    expect(reports()).toEqual([])
    await count(id, '2027-01-02', 1000, '2027-01-03T00:00:00Z')
    await tick('2027-01-03T00:01:00Z')
    await tick('2027-01-03T00:02:00Z')
    expect(reports()).toHaveLength(1)
    expect(reports()[0]).toEqual({
      notification_type: 'scheduled',
      sequence_number: 1,
      next_expected_at: '2027-01-04T04:00:00.000Z',
      reporting_period: { start: '2027-01-02T00:00:00.000Z', end: '2027-01-02T23:59:59.000Z' },
      currency: 'EUR',
      media_buy_deliveries: [
        expect.objectContaining({
          media_buy_id: id,
          status: 'active',
          totals: expect.objectContaining({ impressions: 1000, spend: 5, clicks: 1 }),
        }),
      ],
    })
    for (const day of ['03', '04'])
      await count(id, `2027-01-${day}`, 2000, `2027-01-0${Number(day) + 1}T00:00:00Z`)
    await tick('2027-01-05T00:01:00Z')
    await tick('2027-01-05T04:00:00Z')
    await tick('2027-01-09T04:00:00Z')
    expect(kindsOf(reports())).toEqual([
      [1, 'scheduled', '2027-01-02'],
      [2, 'scheduled', '2027-01-03'],
      [3, 'scheduled', '2027-01-04'],
      [4, 'final', '2027-01-02'],
    ])
    expect(reports()[3]).toMatchObject({
      reporting_period: { start: '2027-01-02T00:00:00.000Z', end: '2027-01-04T23:59:59.000Z' },
      media_buy_deliveries: [{ totals: { impressions: 5000, spend: 25 } }],
    })
    expect(reports()[3]).not.toHaveProperty('next_expected_at')
  })

  test.each(['3.1', '3.0', undefined])(
    'hears it in its own release (%s), signed, with its token',
    async (adcp_version) => {
      const { id, heard } = await reported({
        adcp_version,
        webhook: { token: 'a-token-of-the-buyer' },
        context: { campaign: 7 },
      })
      await count(id, '2027-01-02', 1000, '2027-01-03T00:00:00Z')
      await tick('2027-01-03T00:01:00Z')
      const [one] = heard()
      const { body, text, headers } = one ?? expect.unreachable('nothing heard')
      expect(body).toMatchObject({
        task_type: 'media_buy_delivery',
        status: 'completed',
        protocol: 'media-buy',
        token: 'a-token-of-the-buyer',
        context: { campaign: 7 },
      })
      expect(body['result']).toMatchObject({ notification_type: 'scheduled', sequence_number: 1 })
      if (adcp_version === '3.1') expect(body).toMatchObject({ operation_id: body['task_id'] })
      else expect(body).toMatchObject(body['result'] as Args)
      expect(body).not.toHaveProperty('aggregated_totals')
      const mac = createHmac('sha256', credentials)
        .update(`${String(headers['x-adcp-timestamp'])}.${text}`)
        .digest('hex')
      expect(headers['x-adcp-signature']).toBe(`sha256=${mac}`)
    },
  )

  test('hears that figures are late, once, and gets them when they come', async () => {
    const { id, reports } = await reported()
    await tick('2027-01-03T03:59:00Z')
    expect(reports()).toEqual([])
    for (const time of ['04:00', '04:01', '09:00']) await tick(`2027-01-03T${time}:00Z`)
    expect(kindsOf(reports())).toEqual([[1, 'delayed', '2027-01-02']])
    expect(reports()[0]).toMatchObject({
      partial_data: true,
      unavailable_count: 1,
      next_expected_at: '2027-01-03T08:00:00.000Z',
      media_buy_deliveries: [
        { status: 'reporting_delayed', expected_availability: '2027-01-03T08:00:00.000Z' },
      ],
    })
    await count(id, '2027-01-02', 1000, '2027-01-03T10:00:00Z')
    await tick('2027-01-03T10:01:00Z')
    expect(kindsOf(reports()).at(-1)).toEqual([2, 'scheduled', '2027-01-02'])
  })

  test('hears of a correction of a reported day, once each, also after the end', async () => {
    const { id, reports } = await reported()
    for (const day of ['02', '03', '04'])
      await count(id, `2027-01-${day}`, 1000, `2027-01-0${Number(day) + 1}T00:00:00Z`)
    await tick('2027-01-05T04:00:00Z')
    expect(reports()).toHaveLength(4)
    await count(id, '2027-01-03', 900, '2027-01-06T00:00:00Z')
    for (const minute of ['01', '02']) await tick(`2027-01-06T00:${minute}:00Z`)
    // told again, not corrected
    await count(id, '2027-01-03', 900, '2027-01-06T01:00:00Z')
    await tick('2027-01-06T01:01:00Z')
    await count(id, '2027-01-03', 950, '2027-01-06T02:00:00Z')
    await tick('2027-01-06T02:01:00Z')
    expect(kindsOf(reports()).slice(4)).toEqual([
      [5, 'adjusted', '2027-01-03'],
      [6, 'adjusted', '2027-01-03'],
    ])
    expect(reports()[4]?.media_buy_deliveries).toMatchObject([
      { is_adjusted: true, totals: { impressions: 900 } },
    ])
    expect(reports()[5]?.media_buy_deliveries).toMatchObject([
      { is_adjusted: true, totals: { impressions: 950 } },
    ])
    expect(reports()[5]).not.toHaveProperty('next_expected_at')
  })

  test('that cancels gets the days until then and a final report', async () => {
    const { id, reports } = await reported()
    await count(id, '2027-01-02', 1000, '2027-01-03T09:00:00Z')
    await move(desk, id, 'canceled')
    await tick('2027-01-03T09:01:00Z')
    expect(kindsOf(reports())).toEqual([[1, 'scheduled', '2027-01-02']])
    for (const time of ['2027-01-04T00:00:00Z', '2027-01-04T05:00:00Z', '2027-01-05T05:00:00Z'])
      await tick(time)
    expect(kindsOf(reports()).slice(1)).toEqual([
      [2, 'scheduled', '2027-01-03'],
      [3, 'final', '2027-01-02'],
    ])
    expect(reports()[2]?.media_buy_deliveries).toMatchObject([
      { status: 'canceled', totals: { impressions: 1000 } },
    ])
  })

  test('gets the metrics it asked for, with impressions and spend', async () => {
    const { id, reports } = await reported({ webhook: { requested_metrics: ['ctr'] } })
    await count(id, '2027-01-02', 1000, '2027-01-03T00:00:00Z')
    await tick('2027-01-03T00:01:00Z')
    const [delivery] = reports()[0]?.media_buy_deliveries ?? []
    expect(Object.keys(delivery?.totals ?? {}).toSorted()).toEqual([
      'ctr',
      'effective_rate',
      'impressions',
      'spend',
    ])
    expect(delivery?.by_package[0]).toMatchObject({ ctr: 0.001, impressions: 1000 })
    expect(delivery?.by_package[0]).not.toHaveProperty('clicks')
  })

  test('that does not answer is told again with the same id, and the next report does not wait', async () => {
    const { id, heard } = await reported()
    await count(id, '2027-01-02', 1000, '2027-01-03T00:00:00Z')
    receiver.replies(503)
    await tick('2027-01-03T00:01:00Z')
    desk.now = new Date('2027-01-03T00:02:00Z')
    await desk.runJobs()
    expect(heard()).toHaveLength(2)
    expect(heard()[0]?.text).toBe(heard()[1]?.text)
    const activity = async (limit: number) => {
      const more = { include_webhook_activity: true, webhook_activity_limit: limit, adcp_version: '3.1' }
      const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id], ...more })
      return (body['media_buys'] as Args[])[0]?.['webhook_activity']
    }
    const one = {
      notification_type: 'scheduled',
      sequence_number: 1,
      idempotency_key: heard()[0]?.body['idempotency_key'],
    }
    const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/reports\/\d+$/)
    expect(await activity(9)).toMatchObject([
      { ...one, attempt: 2, status: 'success', http_status_code: 200, error_message: null, url },
      { ...one, attempt: 1, status: 'failed', http_status_code: 503, error_message: 'HTTP 503', url },
    ])
    expect(await activity(1)).toHaveLength(1)
  })

  test('sees in its webhook activity no part of a URL that may be secret, and none for a buy that is not reported', async () => {
    const secret = 'a8f3c0d9e7b64125a8f3c0d9e7b64125'
    const url = `${receiver.url}/${secret}/in?key=${secret}`
    const { id } = await reported({ webhook: { url } })
    await tick('2027-01-03T05:00:00Z')
    const { id: other } = await runningBuy(desk, buyer, {
      start_time: '2027-02-01T00:00:00Z',
      end_time: '2027-02-05T00:00:00Z',
    })
    const args = { media_buy_ids: [id, other], include_webhook_activity: true, adcp_version: '3.1' }
    const { body } = await buyer.call('get_media_buys', args)
    expect(JSON.stringify(body)).not.toContain(secret)
    const buys = body['media_buys'] as Args[]
    const byId = (one: string) => buys.find(({ media_buy_id }) => media_buy_id === one)
    expect(byId(id)?.['webhook_activity']).toMatchObject([
      { url: `${receiver.url}/redacted/in`, notification_type: 'delayed' },
    ])
    expect(byId(other)).not.toHaveProperty('webhook_activity')
  })

  test('hears each thing once, however many workers are at it', async () => {
    const { id, reports } = await reported()
    for (const day of ['02', '03']) await count(id, `2027-01-${day}`, 1000, '2027-01-04T00:00:00Z')
    desk.now = new Date('2027-01-04T00:01:00Z')
    await Promise.all(Array.from({ length: 6 }, () => reportOnOne(id)))
    await desk.runJobs()
    expect(kindsOf(reports())).toEqual([
      [1, 'scheduled', '2027-01-02'],
      [2, 'scheduled', '2027-01-03'],
    ])
  })

  test('for several media buys hears of each by itself, numbered from one, though all come to one address', async () => {
    const url = aWebhook().url
    const [first, second] = [await reported({ webhook: { url } }), await reported({ webhook: { url } })]
    for (const { id } of [first, second])
      for (const day of ['02', '03']) await count(id, `2027-01-${day}`, 1000, '2027-01-04T00:00:00Z')
    await tick('2027-01-04T00:01:00Z')
    await buyer.call('update_media_buy', aChange(first.id, { reporting_webhook: aWebhook() }))
    for (const { id } of [first, second])
      await count(id, '2027-01-02', id === second.id ? 900 : 1000, '2027-01-04T01:00:00Z')
    await tick('2027-01-04T01:01:00Z')
    const heard = (id: string) =>
      first.reports().filter(({ media_buy_deliveries: [only] }) => only?.['media_buy_id'] === id)
    const days = [
      [1, 'scheduled', '2027-01-02'],
      [2, 'scheduled', '2027-01-03'],
    ]
    expect(kindsOf(heard(first.id))).toEqual(days)
    expect(kindsOf(heard(second.id))).toEqual([...days, [3, 'adjusted', '2027-01-02']])
    expect(new Set(first.heard().map(({ body }) => body['idempotency_key'])).size).toBe(5)
  })

  test('has its secrets nowhere in the database', async () => {
    await reported({ webhook: { token: 'an-unusual-token-of-the-buyer' } })
    const all = await everyRow(desk.db)
    expect(all).not.toContain(credentials)
    expect(all).not.toContain('an-unusual-token-of-the-buyer')
  })
})

describe('a buyer with an hourly reporting webhook', () => {
  const hourly = {
    webhook: { reporting_frequency: 'hourly' },
    start_time: flight.start_time,
    end_time: '2027-01-02T03:00:00Z',
  }
  test('hears of each hour what was counted in it', async () => {
    const { id, reports } = await reported(hourly)
    for (const hour of [0, 1, 2])
      await count(id, '2027-01-02', 10 ** (hour + 1), '2027-01-02T03:00:00Z', { hour })
    await tick('2027-01-02T03:00:00Z')
    // one that a worker failed at comes after the others
    const inTurn = reports().sort((a, b) => a.sequence_number - b.sequence_number)
    expect(
      inTurn.map(({ reporting_period, media_buy_deliveries: [one] }) => [
        reporting_period.start.slice(11, 16),
        reporting_period.end.slice(11, 19),
        one?.totals['impressions'],
      ]),
    ).toEqual([
      ['00:00', '00:59:59', 10],
      ['01:00', '01:59:59', 100],
      ['02:00', '02:59:59', 1000],
    ])
  })

  test('is not told figures of a day as if they were of an hour', async () => {
    const { id, reports } = await reported(hourly)
    await count(id, '2027-01-02', 1000, '2027-01-02T04:00:00Z')
    await tick('2027-01-02T07:00:00Z')
    expect(kindsOf(reports()).map(([, kind]) => kind)).toEqual(['delayed', 'delayed', 'delayed'])
  })
})

describe('reports that are asked for and not possible', () => {
  const refusal = async (webhook: Args, more: Args = {}) =>
    (
      await buyer.call(
        'create_media_buy',
        aPurchase({ ...flight, reporting_webhook: aWebhook(webhook), ...more }, bought),
      )
    ).body
  test.each([
    [{ reporting_frequency: 'monthly' }, 'reporting_webhook.reporting_frequency', /hourly or daily/],
    [{ requested_metrics: ['clicks', 'reach'] }, 'reporting_webhook.requested_metrics[1]', /impressions/],
  ])('%o are refused with what is possible', async (webhook, field, suggestion) => {
    const { adcp_error } = await refusal(webhook)
    expect(adcp_error).toMatchObject({
      code: 'UNSUPPORTED_FEATURE',
      field,
      suggestion: expect.stringMatching(suggestion),
    })
  })
  test.each([
    [{ url: 'http://10.0.0.1/hook' }, 'reporting_webhook.url'],
    [{ authentication: undefined }, 'reporting_webhook.authentication'],
    [{ reporting_frequency: 'yearly' }, 'reporting_webhook.reporting_frequency'],
  ])('%o are refused', async (webhook, field) => {
    expect((await refusal(webhook)).adcp_error?.field).toContain(field)
  })

  test('because the product is not reported by webhook leave the purchase standing, and it says so', async () => {
    const product = () => desk.db.updateTable('products').where('product_id', '=', item.product_id)
    const { reporting_capabilities } = await desk.db
      .selectFrom('products')
      .select('reporting_capabilities')
      .where('product_id', '=', item.product_id)
      .executeTakeFirstOrThrow()
    await product()
      .set({
        reporting_capabilities: jsonb({ ...(reporting_capabilities as Args), supports_webhooks: false }),
      })
      .execute()
    const body = await refusal({})
    await product()
      .set({ reporting_capabilities: jsonb(reporting_capabilities) })
      .execute()
    expect(body).toMatchObject({
      media_buy_id: expect.any(String),
      message: expect.stringContaining('get_media_buy_delivery'),
    })
  })
})

/** The task's work on one media buy alone. */
async function reportOnOne(media_buy_id: string) {
  const { task_id } = await desk.db
    .selectFrom('reporting_webhooks')
    .select('task_id')
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  await desk.db.transaction().execute((trx) => reportOn(trx, task_id, desk.now))
}

describe('whatever is counted and corrected, whenever somebody looks', () => {
  const act = fc.oneof(
    fc.record({ day: fc.integer({ min: 2, max: 4 }), impressions: fc.nat(1000) }),
    fc.record({ hours: fc.integer({ min: 1, max: 30 }) }),
  )
  test('reports are numbered without gaps, each day is reported once, and the last word about it is what is known', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
        desk.now = bought
        const { id } = await reported()
        desk.now = new Date('2027-01-03T00:00:00Z')
        const known: Record<string, number> = {}
        for (const one of acts) {
          if ('hours' in one) {
            desk.now = new Date(desk.now.getTime() + one.hours * 3_600_000)
            await reportOnOne(id)
            continue
          }
          const day = `2027-01-0${one.day}`
          if (day >= desk.now.toISOString().slice(0, 10)) continue
          known[day] = one.impressions
          await deliver(desk, id, { day, figures: { impressions: one.impressions, spend: 0 } })
        }
        desk.now = new Date(Math.max(desk.now.getTime(), Date.parse('2027-01-06T00:00:00Z')))
        await deliver(desk, id, {
          day: '2027-01-04',
          figures: { impressions: (known['2027-01-04'] ??= 0), spend: 0 },
        })
        await reportOnOne(id)
        const rows = await desk.db
          .selectFrom('delivery_reports as report')
          .innerJoin('webhook_events as event', 'event.webhook_event_id', 'report.webhook_event_id')
          .selectAll('report')
          .select('payload')
          .where('report.media_buy_id', '=', id)
          .orderBy('sequence_number')
          .execute()
        expect(rows.map(({ sequence_number }) => sequence_number)).toEqual(rows.map((_, i) => i + 1))
        for (const day of ['2027-01-02', '2027-01-03', '2027-01-04']) {
          const window = windowAt('daily', new Date(day))
          const told = rows.filter(
            (row) =>
              row.window_start.getTime() === window.start.getTime() &&
              row.window_end.getTime() === window.end.getTime(),
          )
          const count = (kind: string) =>
            told.filter(({ notification_type }) => notification_type === kind).length
          expect([day, count('scheduled'), Math.min(count('delayed'), 2)]).toEqual([
            day,
            1,
            Math.min(count('delayed'), 1),
          ])
          const { result } = JSON.parse(told.at(-1)?.payload ?? '') as { result: Report }
          expect(result.media_buy_deliveries[0]?.totals['impressions']).toBe(known[day] ?? 0)
        }
        const kinds = rows.map(({ notification_type }) => notification_type)
        expect(kinds.filter((kind) => kind === 'final')).toEqual(['final'])
        expect(new Set(kinds.slice(kinds.indexOf('final') + 1))).toEqual(
          new Set(kinds.at(-1) === 'final' ? [] : ['adjusted']),
        )
      }),
      { numRuns: 10 },
    )
  }, 60_000)
})

test('PostgreSQL itself refuses a gap, a second report of a window, and rewriting', async () => {
  const { id } = await reported()
  await count(id, '2027-01-02', 1000, '2027-01-03T00:00:00Z')
  await tick('2027-01-03T00:01:00Z')
  const [row] = await desk.db
    .selectFrom('delivery_reports')
    .selectAll()
    .where('media_buy_id', '=', id)
    .execute()
  const again = (sequence_number: number) =>
    desk.db
      .insertInto('delivery_reports')
      .values({ ...(row ?? expect.unreachable()), sequence_number })
      .execute()
  await expect(again(3)).rejects.toThrow('is not number 3')
  await expect(again(2)).rejects.toThrow('duplicate key')
  await expect(desk.db.updateTable('delivery_reports').set({ figures: 7 }).execute()).rejects.toThrow(
    'append-only',
  )
})
