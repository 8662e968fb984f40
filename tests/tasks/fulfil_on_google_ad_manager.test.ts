import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { testDesk, type Args } from '../support/desk.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { listeningLog } from '../support/log_lines.ts'
import { aChange } from '../support/updates.ts'
import { askedOfPeople, buy, everyRow, fulfilmentsOf, stepsOf } from '../support/orders.ts'

const google = await startFakeGoogle()
const log = listeningLog()
const desk = testDesk({ SALESDESK_SECRET_GAM: google.serviceAccount }, { log: log.log })
const product_id = 'trail_display_run_of_site'

beforeAll(async () => {
  const row = {
    connection_id: 'gam',
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    name: 'Google Ad Manager',
    secret_name: 'SALESDESK_SECRET_GAM',
    settings: jsonb({ ...google.settings, create_advertisers: true }),
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  await sell(onHomepage)
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'gam' }))
  await desk.runJobs(new Date())
})
beforeEach(() => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
})
afterAll(() => google.close())

describe('an order on Google Ad Manager', () => {
  test('is bought over MCP, gets its advertiser, and is placed', async () => {
    const id = await buy(await desk.buyer(), {}, desk.now)
    await untilPlaced(id)
    const [order] = ordersOf(id)
    expect(order).toMatchObject({ status: 'APPROVED' })
    expect(google.books.companies.find((one) => one['id'] === order?.['advertiserId'])).toMatchObject({
      name: 'acme-outdoor.example',
    })
    expect(google.books.lineItems.filter(({ orderId }) => orderId === order?.['id'])).toMatchObject([
      {
        lineItemType: 'PRICE_PRIORITY',
        costType: 'CPM',
        costPerUnit: { currencyCode: 'EUR', microAmount: '5000000' },
      },
    ])
  })

  test('has room for each fixed size of its product’s formats once, in their order', async () => {
    const { tenant_id, agent_url, format_ids } = await desk.db
      .selectFrom('products')
      .innerJoin('creative_formats as f', 'f.tenant_id', 'products.tenant_id')
      .select(['products.tenant_id', 'f.agent_url', 'products.format_ids'])
      .where('product_id', '=', product_id)
      .executeTakeFirstOrThrow()
    const fixed = (width: number, height: number, more = {}) => ({
      role: 'primary',
      dimensions: { width, height, ...more },
    })
    const formats = {
      web_and_app: [fixed(970, 250), { ...fixed(320, 50), role: 'mobile_variant' }],
      video: [fixed(640, 360, { unit: 'px' }), { ...fixed(300, 60), role: 'companion' }],
      adaptive: [fixed(400, 400, { responsive: { width: true, height: false } }), fixed(300.5, 250)],
      paper: [fixed(5, 4, { unit: 'inches' }), { role: 'primary', dimensions: { aspect_ratio: '16:9' } }],
      any_size: [{ role: 'primary', parameters_from_format_id: true }],
      unsaid: undefined,
    }
    const rows = Object.entries(formats).map(([format_id, renders]) => ({
      ...{ tenant_id, agent_url, format_id, name: format_id },
      definition: jsonb({ renders }),
    }))
    await desk.db.insertInto('creative_formats').values(rows).execute()
    const taken = Object.keys(formats).map((id) => ({ agent_url, id }))
    const named = [320, 728].map((width) => ({
      agent_url,
      id: 'any_size',
      width,
      height: width === 320 ? 50 : 90,
    }))
    await sell({ ad_unit_ids: ['2001'] }, [...taken, ...named])
    const id = await buy(await desk.buyer(), {}, desk.now)
    await untilPlaced(id)
    const [item] = google.books.lineItems.filter(({ orderId }) => orderId === ordersOf(id)[0]?.['id'])
    expect(
      (item?.['creativePlaceholders'] as Thing[]).map(({ size }) => `${size.width}x${size.height}`),
    ).toEqual(['970x250', '320x50', '640x360', '728x90'])
    await sell(onHomepage, format_ids)
  })

  test('waits for whoever approves orders there', async () => {
    google.books.minded.mayApprove = false
    const id = await buy(await desk.buyer(), {}, desk.now)
    await desk.runJobs()
    expect(await stateOf(id)).toBe('waiting')
    Object.assign(ordersOf(id)[0] ?? {}, { status: 'APPROVED' })
    google.books.minded.mayApprove = true
    await untilPlaced(id)
  })

  test('follows what the buyer changes over MCP: money, a creative, a pause, the end of it', async () => {
    const buyer = await desk.buyer()
    const id = await buy(buyer, {}, desk.now)
    await untilPlaced(id)
    const item = () => google.books.lineItems.find(({ orderId }) => orderId === ordersOf(id)[0]?.['id']) ?? {}
    const tell = async (args: Args) => {
      const { isError, texts } = await buyer.call('update_media_buy', aChange(id, args))
      expect(isError ? texts : []).toEqual([])
      await desk.runJobs()
      expect(await stateOf(id)).toBe('placed')
    }
    const [first] = await stepsOf(desk.db, id).then((steps) =>
      steps.filter((step) => step.package_id !== null),
    )
    const package_id = first?.package_id ?? ''
    await tell({ packages: [{ package_id, budget: 8000 }] })
    expect(item()).toMatchObject({ primaryGoal: { units: '1600000' } })
    const assignments = [{ creative_id: 'banner_1', package_id }]
    const synced = await buyer.call('sync_creatives', aSync({ assignments }))
    expect(synced.isError ? synced.texts : []).toEqual([])
    await desk.runJobs()
    expect(google.books.associations.filter(({ lineItemId }) => lineItemId === item()['id'])).toMatchObject([
      { status: 'ACTIVE' },
    ])
    await tell({ paused: true })
    expect(item()).toMatchObject({ paused: true })
    const { isError, texts } = await buyer.call('update_media_buy', aChange(id, { canceled: true }))
    expect(isError ? texts : []).toEqual([])
    await desk.runJobs()
    expect(ordersOf(id)).toMatchObject([{ archived: true }])
  })

  const harms: Fault[] = [
    { carried_out: true, answer: 'drop' },
    { carried_out: false, answer: 'drop' },
    { carried_out: true, answer: 'truncated' },
    { carried_out: false, answer: { status: 503 } },
    { carried_out: true, answer: [{ type: 'InternalApiError', reason: 'ERROR_GENERATING_RESPONSE' }] },
  ]
  test.each(harms)('is there once when a call of it met %j', async (harm) => {
    const id = await buy(await desk.buyer(), {}, desk.now)
    google.next('createOrders', harm)
    google.next('createLineItems', harm)
    google.next('performOrderAction', harm)
    await untilPlaced(id)
    const orders = ordersOf(id)
    expect(orders).toHaveLength(1)
    expect(google.books.lineItems.filter(({ orderId }) => orderId === orders[0]?.['id'])).toHaveLength(1)
  })

  test('goes on without a creative Google’s review objects to, and the buyer is told why until it brings another', async () => {
    const buyer = await desk.buyer()
    const id = await buy(buyer, {}, desk.now)
    await untilPlaced(id)
    const [step] = (await stepsOf(desk.db, id)).filter(({ package_id }) => package_id !== null)
    const assignments = [{ creative_id: 'objected_1', package_id: step?.package_id }]
    const bring = async (name: string) => {
      const creatives = [aBanner('objected_1', { name })]
      const { isError, texts } = await buyer.call('sync_creatives', aSync({ creatives, assignments }))
      expect(isError ? texts : []).toEqual([])
      await desk.runJobs()
      await untilPlaced(id)
      const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
      const [bought] = body['media_buys'] as { packages: { creative_approvals: unknown[] }[] }[]
      return bought?.packages[0]?.creative_approvals
    }
    const item = google.books.lineItems.find(({ orderId }) => orderId === ordersOf(id)[0]?.['id'])
    const shown = () => google.books.associations.filter(({ lineItemId }) => lineItemId === item?.['id'])
    google.books.minded.policyLabels = ['MALWARE_IN_CREATIVE']
    expect(await bring('Bad')).toEqual([
      {
        creative_id: 'objected_1',
        approval_status: 'rejected',
        rejection_reason: expect.stringContaining('MALWARE_IN_CREATIVE'),
      },
    ])
    expect(shown()).toEqual([])
    const { body } = await buyer.call('list_creatives', { filters: { statuses: ['rejected'] } })
    expect(body['creatives']).toMatchObject([
      {
        creative_id: 'objected_1',
        ext: { salesdesk: { rejection_reason: expect.stringContaining('MALWARE') } },
      },
    ])
    google.books.minded.policyLabels = []
    expect(await bring('Good')).toEqual([{ creative_id: 'objected_1', approval_status: 'approved' }])
    expect(shown()).toMatchObject([{ status: 'ACTIVE' }])
    expect(await askedOfPeople(desk.db, id)).toEqual([])
  })

  test('targeted by what the network does not know is rejected, and the buyer is told what', async () => {
    const buyer = await desk.buyer()
    const targeting_overlay = { geo_countries: ['AT'] }
    const id = await buy(buyer, { package: { targeting_overlay } }, desk.now)
    await desk.runJobs()
    expect(await stateOf(id)).toBe('refused')
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
    expect(JSON.stringify(body)).toContain('country:AT')
    expect(ordersOf(id)).toEqual([])
  })
})

test('whatever Google says of our token or key reaches no row and no log line', async () => {
  const said = `Authorization: Bearer ${google.token}`
  const answers: Fault['answer'][] = [
    ...[200, 302, 401, 404, 429, 500].map((status) => ({ status, body: said })),
    [{ type: 'StringLengthError', reason: 'TOO_LONG', trigger: said }],
    [{ type: 'AuthenticationError', reason: 'AUTHENTICATION_FAILED', trigger: said }],
  ]
  for (const answer of answers) {
    const id = await buy(await desk.buyer(), {}, desk.now)
    google.next('createOrders', { carried_out: false, answer })
    await desk.runJobs()
    if (JSON.stringify(answer).includes('401')) expect(await askedOfPeople(desk.db, id)).toHaveLength(1)
  }
  const { private_key } = JSON.parse(google.serviceAccount) as { private_key: string }
  const everything = log.text() + (await everyRow(desk.db))
  expect(everything).toContain('fulfil_media_buy')
  for (const secret of [google.token, private_key.split('\n')[3] ?? private_key, 'PRIVATE KEY'])
    expect(everything).not.toContain(secret)
})

async function sell(config: Args, formats?: unknown): Promise<void> {
  await desk.db
    .updateTable('products')
    .set({ connection_id: 'gam', ad_server_config: jsonb(config) })
    .$if(formats !== undefined, (update) => update.set({ format_ids: jsonb(formats) }))
    .where('product_id', '=', product_id)
    .execute()
}

const ordersOf = (id: string) =>
  google.books.orders.filter(({ name }) => String(name).endsWith(`[adcp:${id}]`))

async function stateOf(id: string): Promise<string | undefined> {
  return (await fulfilmentsOf(desk.db, id))[0]?.state
}

async function untilPlaced(id: string): Promise<void> {
  await desk.runJobs()
  for (let i = 0; i < 12 && (await stateOf(id)) !== 'placed'; i++) {
    const next = (await stepsOf(desk.db, id)).find(({ state }) => state !== 'done')?.next_at
    if (!next) throw new Error('nothing is to be tried again')
    desk.now = next
    await desk.runJobs()
  }
  expect(await stateOf(id)).toBe('placed')
}
