import { bootMockServer } from '@adcp/sdk/mock-server'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AdServerAdapter, ApprovedBuy } from '../../src/adapters/adapter.ts'
import { connectAdapter } from '../../src/adapters/index.ts'
import { readKinds } from '../../src/capabilities.ts'
import { noDownload } from '../support/buyers_files.ts'
import { testDatabase } from '../support/database.ts'
import { manyAdUnits } from '../support/google_ad_manager/inventory.ts'
import { anHour } from '../support/figures.ts'
import { aBuy, aPackage, connectTo, strangersKey } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { approvedBuy, approvedPackage } from './buys.ts'
import { call, rejection } from './conformance.ts'
import type { ReportFault } from './conformance/reports.ts'
import { describeReading } from './conformance_reading.ts'
import { onThisMachine } from '../support/own_machine.ts'

const database = testDatabase()
const mockSecret = 'mock_sales_guaranteed_key_do_not_use_in_prod'
let google: FakeGoogle
let mock: Awaited<ReturnType<typeof bootMockServer>>
beforeAll(async () => {
  google = await startFakeGoogle()
  mock = await bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey: mockSecret })
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
  await mock.close()
})

describeReading('Google Ad Manager', async () => {
  const { books } = google
  books.inventory.adUnits = manyAdUnits(1201, new Date())
  books.inventory.placements[0] = {
    ...books.inventory.placements[0],
    targetedAdUnitIds: ['10000001', '10000777'],
  }
  const orderId = await book(connectTo(google), aBuy([aPackage(), aPackage()]))
  const another = await book(connectTo(google), aBuy())
  const ids = (things: { id?: string }[]) => things.map(({ id = '' }) => id)
  return {
    adapter: connectTo(google),
    again: connectTo(google),
    unauthorised: connectTo(google, {}, await strangersKey(google)),
    secret: google.token,
    holds: async () => ({
      ad_units: ids(books.inventory.adUnits),
      placements: ids(books.inventory.placements),
      targeting_keys: ids(books.inventory.customKeys),
      targeting_values: ids(books.inventory.customValues),
      audience_segments: ids(books.inventory.segments),
      orders: ids(books.orders),
      line_items: ids(books.lineItems),
    }),
    disturb: async (kind, seen) => {
      const { inventory } = books
      if (kind === 'ad_units')
        inventory.adUnits = [
          ...inventory.adUnits.filter(({ id }) => id !== seen),
          ...manyAdUnits(1, new Date(), 20_000_000),
        ]
      if (kind === 'targeting_values')
        inventory.customValues.push({ ...inventory.customValues[0], id: '6999', name: 'new' })
    },
    orderId: async () => orderId,
    reports: {
      time_zone: 'America/New_York',
      orders: [orderId, another],
      serve: (line_item_id, hours, impressions) => {
        books.served = books.served.filter((hour) => hour.line_item_id !== line_item_id)
        const order_id = String(books.lineItems.find(({ id }) => id === line_item_id)?.['orderId'])
        books.served.push(...hours.map((at) => anHour({ line_item_id, order_id, at, impressions })))
      },
      keepWaiting: (times) => void (books.minded.reportPolls = times),
      fail: () => void (books.minded.reportsFail = 1),
      wire: {
        start: brokenOn('runReportJob'),
        read: brokenOn('getReportJobStatus', 'getReportDownloadUrlWithOptions', 'download'),
      },
    },
  }
})

const onGoogle: Record<ReportFault, Fault> = {
  'lost answer': { carried_out: true, answer: 'drop' },
  'turned away': { carried_out: false, answer: { status: 503 } },
  'too many': { carried_out: false, answer: { status: 429 } },
  garbage: { carried_out: true, answer: 'truncated' },
  silence: { carried_out: false, answer: 'silence' },
}
const brokenOn = (...operations: string[]) =>
  Object.fromEntries(
    operations.map((one) => [one, (fault: ReportFault) => google.next(one, onGoogle[fault])] as const),
  )

describeReading('the simulated ad server', async () => {
  const shelf = (settings = {}) =>
    connectAdapter('simulated', {
      connection_id: 'network_1',
      settings: { rows_per_page: 2, ...settings },
      secret: undefined,
      fetch: onThisMachine,
      download: noDownload,
      books: database.db,
    })
  await sql`insert into simulated.ad_units (network, name) select 'network_1', 'Unit ' || n from generate_series(1, 5) n`.execute(
    database.db,
  )
  await sql`insert into simulated.ad_units (network, name) values ('network_2', 'Somebody else’s')`.execute(
    database.db,
  )
  const orderId = await book(shelf(), approvedBuy([approvedPackage(), approvedPackage(), approvedPackage()]))
  const another = await book(shelf(), approvedBuy([approvedPackage()]))
  const idsIn = async (table: string, column: string) => {
    const { rows } = await sql<{
      id: string
    }>`select ${sql.ref(column)}::text as id from ${sql.table(table)} held
      where to_jsonb(held) ->> 'network' is distinct from 'network_2'`.execute(database.db)
    return rows.map(({ id }) => id)
  }
  return {
    adapter: shelf(),
    again: shelf(),
    secret: 'a-secret-nobody-should-see',
    holds: async () => ({
      ad_units: await idsIn('simulated.ad_units', 'ad_unit_id'),
      orders: await idsIn('simulated.orders', 'order_id'),
      line_items: await idsIn('simulated.line_items', 'line_item_id'),
    }),
    disturb: async (kind, seen) => {
      if (kind === 'ad_units') {
        await sql`delete from simulated.ad_units where ad_unit_id = ${seen}`.execute(database.db)
        await sql`insert into simulated.ad_units (network, name) values ('network_1', 'New')`.execute(
          database.db,
        )
      }
    },
    orderId: async () => orderId,
    reports: {
      time_zone: 'UTC',
      orders: [orderId, another],
      // on air in these hours of a flight of 128, of which a share is exact
      serve: async (id, hours, each) => {
        const [start = new Date(0)] = hours
        const end = new Date(start.getTime() + 128 * 3_600_000)
        const flight = { start_time: start.toISOString(), end_time: end.toISOString() }
        const on_air = hours.map(
          (at) => `[${at.toISOString()},${new Date(at.getTime() + 3_600_000).toISOString()})`,
        )
        await sql`update simulated.orders set approved_after = null
          where order_id = (select order_id from simulated.line_items where line_item_id = ${id})`.execute(
          database.db,
        )
        await sql`update simulated.line_items set created_at = ${start},
          body = body || ${JSON.stringify({ ...flight, impressions: each * 128 })}::jsonb,
          idle = tstzmultirange(tstzrange(${start}, ${end})) - ${`{${on_air.join(',')}}`}::tstzmultirange
          where line_item_id = ${id}`.execute(database.db)
      },
    },
  }
})

describeReading('the ad server of the AdCP SDK', async () => {
  const connect = (secret: string) =>
    connectAdapter('adcp_mock', {
      connection_id: 'adcp',
      settings: { base_url: mock.url, network_code: 'net_premium_us', advertiser_id: 'adv_volta' },
      secret,
      fetch: onThisMachine,
      download: noDownload,
      books: undefined as never,
    })
  const sold = () =>
    approvedBuy([approvedPackage({ ad_server_config: { product_id: 'sports_preroll_q2_guaranteed' } })])
  const orderIds: string[] = []
  for (let i = 0; i < 3; i++) orderIds.push(await book(connect(mockSecret), sold()))
  const held = async (path: string) => {
    const headers = { authorization: `Bearer ${mockSecret}`, 'x-network-code': 'net_premium_us' }
    return (await (await fetch(mock.url + path, { headers })).json()) as Record<
      string,
      Record<string, string>[]
    >
  }
  return {
    adapter: connect(mockSecret),
    again: connect(mockSecret),
    unauthorised: connect(`wrong_${mockSecret}`),
    secret: mockSecret,
    holds: async () => {
      const lists = await Promise.all(orderIds.map((id) => held(`/v1/orders/${id}/lineitems`)))
      return {
        ad_units: (await held('/v1/inventory'))['ad_units']?.map((one) => one['ad_unit_id'] ?? '') ?? [],
        orders: orderIds,
        line_items: lists.flatMap(({ line_items = [] }) =>
          line_items.map((one) => one['line_item_id'] ?? ''),
        ),
      }
    },
    disturb: async () => void orderIds.push(await book(connect(mockSecret), sold())),
    orderId: async () => orderIds[0] ?? '',
  }
})

test('what people booked on Google Ad Manager is told apart from what we did, in words of ours', async () => {
  const adapter = connectTo(google)
  const theirs = {
    ...google.books.orders[0],
    id: '90071992547499999',
    name: 'Booked by hand',
    poNumber: '42',
  }
  const [item] = google.books.lineItems
  google.books.orders.push(theirs)
  google.books.lineItems.push({ ...item, id: '90071992547500000', orderId: theirs.id, externalId: undefined })
  const read = async <K extends 'orders' | 'line_items'>(kind: K) =>
    (await adapter.readPage?.(kind, { cursor: null, changed_since: null }, call()))?.rows ?? []
  const orders = await read('orders')
  expect(orders.map(({ external_key }) => external_key)).toEqual([
    expect.stringMatching(/^adcp:mb_/),
    expect.stringMatching(/^adcp:mb_/),
    null,
  ])
  expect(orders[2]).toMatchObject({ name: 'Booked by hand', advertiser_id: '5001', po_number: '42' })
  const items = await read('line_items')
  expect(items[0]).toMatchObject({
    external_key: expect.stringMatching(/^adcp:mb_.*:pkg_/),
    pricing_model: 'cpm',
    price: '5.00',
    currency: 'USD',
    start_time: '2027-03-01T05:00:00.000Z',
    end_time: '2027-04-01T04:00:00.000Z',
    goal: 250_000,
  })
  expect(items.at(-1)).toMatchObject({ external_key: null, order_id: theirs.id })
})

test('a page Google does not answer well is asked for again, whatever was wrong with it', async () => {
  const ask = (signal?: AbortSignal) =>
    rejection(
      connectTo(google, { timeout_ms: 300 }).readPage?.(
        'ad_units',
        { cursor: null, changed_since: null },
        call(signal),
      ) ?? Promise.reject(new Error('it reads nothing')),
    )
  for (const answer of ['drop', 'silence', 'truncated', { status: 503 }] as const) {
    google.next('getAdUnitsByStatement', { carried_out: false, answer })
    expect(await ask(), JSON.stringify(answer)).toMatchObject({ class: 'transient' })
  }
  google.next('getAdUnitsByStatement', {
    carried_out: false,
    answer: [{ type: 'QuotaError', reason: 'EXCEEDED_QUOTA' }],
  })
  expect(await ask()).toMatchObject({ class: 'rate_limited', retry_after_ms: 5000 })
})

test('only kinds that are rows are read page by page', () => {
  expect(readKinds).not.toContain('network')
})

/** Books an order whole and gives its id there. */
async function book(adapter: AdServerAdapter, buy: ApprovedBuy): Promise<string> {
  const done = []
  for (const step of adapter.planFulfilment(buy)) {
    if (step.kind === 'await_approval') continue
    const outcome = await adapter.executeStep(step, done, call())
    if (outcome.type !== 'done') throw new Error(`not booked: ${JSON.stringify(outcome)}`)
    done.push({ ...step, external_ids: outcome.external_ids })
  }
  return done[0]?.external_ids['order'] ?? ''
}
