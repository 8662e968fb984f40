import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { pacingDays } from '../../src/console/pages/media_buys/pacing_days.ts'
import { timelineOf, took } from '../../src/console/pages/media_buys/timeline_of.ts'
import { jsonb } from '../../src/db/database.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { busyMediaBuys } from '../support/busy_media_buys.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { askedOfPeople, behave, buy, callsFor, fulfilmentsOf, served, stepsOf } from '../support/orders.ts'
import { runningBuy } from '../support/delivery.ts'
import { sync } from '../support/synchronisation.ts'
import { seen } from '../support/standings.ts'
import { member, type Visitor } from '../support/visitor.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const list = '/console/northwind/media_buys'
let buyer: TestBuyer
let manager: Awaited<ReturnType<typeof member>>
let approver: Awaited<ReturnType<typeof member>>
let busy: Awaited<ReturnType<typeof busyMediaBuys>>
beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  buyer = await desk.buyer()
  busy = await busyMediaBuys(desk, buyer)
  manager = await member(desk, 'manager', 'Mara Manager')
  approver = await member(desk, 'approver', 'Abe Approver')
})

/** The media buys a list shows, in its order. */
const idsIn = (html: string) => [
  ...new Set([...html.matchAll(/media_buys\/(mb_[\w-]+)"/g)].map(([, id]) => id)),
]
const found = async (query: Record<string, string>) =>
  idsIn((await manager.get(`${list}?${new URLSearchParams(query).toString()}`)).html)
/** The page as it is read, without markup. */
const read = async (id: string, who: Visitor = manager) => words((await who.get(`${list}/${id}`)).html)
const words = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
/** Sends a form and gives what the next page says was done. */
async function act(path: string, form: Record<string, string> = {}, who: Visitor = manager) {
  const { status, to } = await who.post(path, form)
  expect([path, status]).toEqual([path, 303])
  return words((await who.get(to ?? '')).html)
}

describe('a publisher looking for a media buy', () => {
  it('finds it by what it is called, by its PO number and by any id, also that of the ad server', async () => {
    const { running } = busy
    const { order_id, line_item } = await idsThere(running)
    const { package_id } = (await stepsOf(desk.db, running)).find((step) => step.package_id !== null) ?? {}
    for (const q of [running, package_id ?? '', 'po-2026-118', order_id, line_item])
      expect([q, await found({ q })]).toEqual([q, [running]])
    expect((await found({ q: 'ACME' })).length).toBeGreaterThan(2)
    expect(await found({ q: '100%' })).toEqual([])
  })

  it('narrows by status and buyer, and sees the newest first, a page at a time', async () => {
    await copies(busy.canceled, 'acme_direct', 27)
    const first = await manager.get(`${list}?buyer=acme_direct`)
    expect(idsIn(first.html)).toHaveLength(25)
    expect(words(first.html)).toContain('1–25 of 27 media buys')
    expect(await found({ buyer: 'acme_direct', page: '2' })).toHaveLength(2)
    const rows = await desk.db
      .selectFrom('media_buys')
      .select('media_buy_id')
      .orderBy('created_at', 'desc')
      .execute()
    expect(await found({})).toEqual(rows.slice(0, 25).map(({ media_buy_id }) => media_buy_id))
    expect(await found({ status: 'canceled', buyer: 'pinnacle' })).toEqual([busy.canceled])
  })

  it('never sees those of another publisher', async () => {
    const south = await desk.buyer('south_agency')
    const account = { account_id: 'acc_southwind_acme' }
    const theirs = await buy(south, {
      account,
      brand: { domain: 'southwind-only.example' },
      package: { product_id: 'southwind_secret_product' },
    })
    expect(await found({ q: theirs })).toEqual([])
    expect(await found({ q: 'southwind-only' })).toEqual([])
    expect((await manager.get(`${list}/${theirs}`)).status).toBe(404)
    await manager.post(`${list}/${theirs}/cancel`, { reason: 'Not mine.' })
    await manager.post(`${list}/${theirs}/pause`)
    const row = desk.db.selectFrom('media_buys').select(['status', 'revision'])
    const { status, revision } = await row.where('media_buy_id', '=', theirs).executeTakeFirstOrThrow()
    expect([status, revision]).toEqual(['pending_creatives', 1])
  })

  /** As many more of another buyer, a second apart. */
  async function copies(media_buy_id: string, principal_id: string, many: number) {
    const row = await desk.db
      .selectFrom('media_buys')
      .selectAll()
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    const { brand, request, invoice_recipient: _, ...rest } = row
    const all = Array.from({ length: many }, (_one, n) => ({
      ...rest,
      brand: jsonb(brand as Args),
      request: jsonb(request as Args),
      principal_id,
      media_buy_id: `mb_copy_${n}`,
      created_at: new Date(row.created_at.getTime() + n * 1000),
    }))
    await desk.db.insertInto('media_buys').values(all).execute()
  }
})

async function idsThere(media_buy_id: string) {
  const objects = await desk.db
    .selectFrom('ad_server_objects')
    .select(['kind', 'external_id'])
    .where('media_buy_id', '=', media_buy_id)
    .execute()
  const idOf = (kind: string) => objects.find((one) => one.kind === kind)?.external_id ?? ''
  return { order_id: idOf('order'), line_item: idOf('line_item') }
}

describe('the page of a media buy', () => {
  it('tells its way from the request to the ad server in order, with ids, and what it delivered up to when', async () => {
    const text = await read(busy.running)
    const { order_id, line_item } = await idsThere(busy.running)
    const way = [
      'Requested by Pinnacle',
      'Order made',
      `order ${order_id}`,
      'Line item made for Trail',
      `line item ${line_item}`,
    ]
    const places = [
      ...way,
      'Order stands on the ad server',
      'Updated budget by Pinnacle',
      'Stopped until a person',
    ].map((one) => text.lastIndexOf(one))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(Math.min(...places)).toBeGreaterThan(0)
    expect(text).toContain('152,833 impressions, 384 clicks, €764.17 spent. Counted up to')
    expect(text).toContain(
      'Line item changed on House ad server waits for a person · tried once · The ad server refused',
    )
    expect(text).toContain('hooks.pinnacle-agency.example')
    expect(text).not.toContain('of=northwind')
  })

  it('leads to the order in the ad server’s own pages where they are known', async () => {
    const { order_id } = await idsThere(busy.running)
    expect((await manager.get(`${list}/${busy.running}`)).html).not.toContain('Open order')
    const order_page = jsonb({ order_page: 'https://ads.example/77#order={order}' })
    const { capabilities } = await desk.db
      .selectFrom('adapter_configs')
      .select('capabilities')
      .where('connection_id', '=', 'house')
      .executeTakeFirstOrThrow()
    const house = desk.db.updateTable('adapter_configs').where('connection_id', '=', 'house')
    await house.set(({ eb, ref }) => ({ capabilities: eb(ref('capabilities'), '||', order_page) })).execute()
    expect((await manager.get(`${list}/${busy.running}`)).html).toContain(
      `href="https://ads.example/77#order=${order_id}"`,
    )
    await house.set({ capabilities: jsonb(capabilities as Args) }).execute()
  })

  it('offers what somebody may do, and no more', async () => {
    const [forms, none] = await Promise.all(
      [manager, approver].map((who) => who.get(`${list}/${busy.running}`)),
    )
    expect(forms?.html).toMatch(/action="[^"]+\/pause"/)
    expect(forms?.html).toMatch(/action="[^"]+\/cancel"/)
    expect(none?.html).not.toMatch(/action="[^"]+\/(pause|cancel)"/)
    expect(none?.html).toMatch(/action="[^"]+\/retry"/)
    expect((await approver.post(`${list}/${busy.running}/pause`)).status).toBe(403)
  })
})

describe('a manager', () => {
  let serial = 0
  const webhook = () => `/hook/${++serial}`
  async function running() {
    const path = webhook()
    const push_notification_config = { url: `${receiver.url}${path}` }
    const { id } = await runningBuy(desk, buyer, { push_notification_config })
    await desk.runJobs()
    return { id, told: () => receiver.heard(path).map(({ body }) => body['message'] as string) }
  }

  it('pauses a media buy on the ad server and lets it go on, and the buyer is told of both', async () => {
    const { id, told } = await running()
    expect(await act(`${list}/${id}/pause`)).toContain('Paused. A worker stops it')
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ status: 'paused' }])
    expect(await seen({ buyer, id })).toMatchObject({ status: 'paused' })
    expect(await act(`${list}/${id}/pause`)).toContain('Nothing was changed: it was paused before.')
    expect(await act(`${list}/${id}/resume`)).toContain('Resumed.')
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ status: 'ready' }])
    expect(told().slice(1)).toEqual([`Paused by the publisher: ${id}.`, `Resumed by the publisher: ${id}.`])
    expect(await read(id)).toMatch(/Paused by Mara Manager.*Resumed by Mara Manager/)
  })

  it('takes one back for a reason the buyer reads, and every line of it bears a name', async () => {
    const { id, told } = await running()
    const nothing = await manager.post(`${list}/${id}/cancel`, { reason: ' ' })
    expect(nothing.status).toBe(422)
    expect(nothing.html).toContain('Say why; the buyer reads it.')
    expect((await manager.post(`${list}/${id}/cancel`, { reason: 'x'.repeat(501) })).html).toContain(
      'these are 501',
    )
    expect(await act(`${list}/${id}/cancel`, { reason: 'The site is rebuilt.' })).toContain('Canceled.')
    await desk.runJobs()
    expect(await seen({ buyer, id })).toMatchObject({
      status: 'canceled',
      cancellation: { canceled_by: 'seller', reason: 'The site is rebuilt.' },
    })
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'canceled' }])
    expect(told().at(-1)).toBe('Canceled: "The site is rebuilt."')
    const audited = desk.db.selectFrom('audit_log').select(['action', 'user_id']).where('subject_id', '=', id)
    expect(await audited.orderBy('audit_id', 'desc').executeTakeFirst()).toEqual({
      action: 'cancel_media_buy',
      user_id: manager.user_id,
    })
    expect(await act(`${list}/${id}/resume`)).toContain('Nothing was changed. This media buy is canceled')
  })

  it('stops one once, however many press the button at the same moment', async () => {
    const { id, told } = await running()
    const answers = await Promise.all([1, 2, 3].map(() => manager.post(`${list}/${id}/pause`)))
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    await desk.runJobs()
    const { history } = await seen({ buyer, id })
    expect(history.filter(({ action }) => action === 'paused')).toHaveLength(1)
    expect(told().filter((message) => message.startsWith('Paused'))).toHaveLength(1)
    expect((await callsFor(desk.db, id)).filter((call) => call === 'pause_line_item')).toHaveLength(1)
  })

  it('cannot take back what nobody has agreed to yet: that is a decision', async () => {
    const item = { product_id: 'news_billboard', pricing_option_id: 'cpm_gbp_fixed', bid_price: undefined }
    const args = aPurchase({ package: { ...item, budget: 12_000 } }, desk.now)
    await buyer.call('create_media_buy', args)
    const [id = ''] = await found({ status: 'pending_approval' })
    expect(await act(`${list}/${id}/cancel`, { reason: 'No.' })).toContain('waits for a decision first')
    expect((await manager.get(`${list}/${id}`)).html).toMatch(/href="[^"]+\/approvals\/wf_/)
  })
})

describe('an approver before an order that is stopped', () => {
  async function stopped() {
    await behave(desk.db, { needs_person: 'The rate card changed.' })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    await behave(desk.db, {})
    const [question] = await askedOfPeople(desk.db, id)
    return { id, at: `${list}/${id}/steps/${question?.workflow_step_id ?? ''}` }
  }
  const stateOf = async (id: string) => (await fulfilmentsOf(desk.db, id))[0]?.state

  it('sees what happened and the ways out, and has it tried again', async () => {
    const { id, at } = await stopped()
    expect(await read(id, approver)).toContain('Its order cannot go on without a person.')
    expect(words((await approver.get(at)).html)).toMatch(
      /The rate card changed\..*Try again.*Done by hand.*Give it up/,
    )
    await sql`update fulfilment_steps set body = jsonb_set(body, '{simulate,needs_person}', 'null')
      where kind = 'create_order'`.execute(desk.db)
    expect(await act(`${at}/retry`, {}, approver)).toContain('A worker goes on with it now.')
    await desk.runJobs()
    expect(await stateOf(id)).toBe('placed')
    const audited = desk.db.selectFrom('audit_log').select('user_id').where('action', '=', 'step_retried')
    expect(await audited.execute()).toEqual([{ user_id: approver.user_id }])
  })

  it('skips what was booked by hand once its id there is given', async () => {
    const { id, at } = await stopped()
    const without = await approver.post(`${at}/skip`)
    expect(without.status).toBe(422)
    expect(without.html).toContain('Say which id the order has there.')
    expect(await act(`${at}/skip`, { external_id: '4711' }, approver)).toContain('A worker goes on')
    expect(await found({ q: '4711' })).toEqual([id])
    expect(await act(`${at}/abandon`, { reason: 'Too late.' }, approver)).toContain('had seen to it before')
  })

  it('gives it up for a reason the buyer reads', async () => {
    const { id, at } = await stopped()
    expect((await approver.post(`${at}/abandon`, { reason: '' })).status).toBe(422)
    expect(await act(`${at}/abandon`, { reason: 'Not for us.' }, approver)).toContain('Given up.')
    await desk.runJobs()
    expect(await seen({ buyer, id })).toMatchObject({ status: 'rejected', rejection_reason: 'Not for us.' })
    expect(['canceled', 'refused']).toContain(await stateOf(id))
    expect(words((await approver.get(at)).html)).toContain('Answered by Abe Approver')
  })
})

describe('an order that people booked in the ad server', () => {
  it('is listed as such, with its line items, and is changed there', async () => {
    const { rows } = await byHand()
    const order = rows[0]?.order_id ?? ''
    for (const kind of ['orders', 'line_items'] as const) await sync(desk, 'house', kind)
    await desk.runJobs()
    await desk.db
      .updateTable('ad_server_orders')
      .set({ external_key: null })
      .where('id', '=', order)
      .execute()
    await desk.db
      .insertInto('booked_orders')
      .values({ tenant_id: 'northwind', connection_id: 'house', order_id: order, known_since: desk.now })
      .execute()
    const listed = await manager.get(`${list}?by=people&q=spring`)
    expect(words(listed.html)).toMatch(/Spring by hand by people on House ad server Pinnacle Media Agency/)
    const [, address = ''] = /href="([^"]*booked[^"]*)"/.exec(listed.html) ?? []
    const one = await manager.get(address)
    expect([one.status, words(one.html)]).toEqual([200, expect.stringContaining('booked in the ad server')])
    expect(words((await manager.get(`${list}?by=people&q=autumn`)).html)).toContain(
      'No order that people booked',
    )
  })

  const byHand = () =>
    sql<{ order_id: string }>`insert into simulated.orders (network, reference, name, advertiser)
      values ('house', 'by hand', 'Spring by hand', 'adv-2041') returning order_id::text`.execute(desk.db)
})

describe('the figures of a page', () => {
  it('add up day by day against an even pace, up to the moment that was counted', () => {
    const days = pacingDays({
      start: new Date('2026-12-01T12:00:00Z'),
      end: new Date('2026-12-04T00:00:00Z'),
      goal: 100,
      as_of: new Date('2026-12-03T00:00:00Z'),
      days: [
        { day: '2026-12-01', amount: 10 },
        { day: '2026-12-02', amount: 30 },
      ],
    })
    expect(days.map(({ planned, delivered }) => [planned, delivered])).toEqual([
      [20, 10],
      [60, 40],
      [100, null],
    ])
  })

  it('say how long a step took in a unit people use, and how often it was tried', () => {
    const step = (seconds: number) =>
      took({
        first_tried_at: '2026-12-01T00:00:00Z',
        done_at: new Date(Date.UTC(2026, 11, 1) + seconds * 1000).toISOString(),
      })
    expect([0.24, 42, 180, 7200, 259_200].map(step)).toEqual([
      'took 0.2 s',
      'took 42 s',
      'took 3 min',
      'took 2 h',
      'took 3 days',
    ])
    const sent = {
      kind: 'create_order',
      package_id: null,
      state: 'done',
      attempts: 3,
      external_ids: { order: '9' },
    } as const
    const times = {
      first_tried_at: '2026-12-01T00:00:00Z',
      next_at: null,
      done_at: '2026-12-01T00:00:05Z',
      error: null,
    }
    const order = {
      connection_id: 'a',
      connection: 'A',
      state: 'placed',
      error: null,
      order_ids: ['9'],
      order_page: null,
      broken_until: null,
      steps: [{ ...sent, ...times }],
    } as const
    const [point] = timelineOf([], [{ ...order, order_ids: [], steps: [...order.steps] }], new Map())
    expect(point).toMatchObject({ what: 'Order made', said: ['took 5 s', '3 tries'], ids: ['order 9'] })
    // quick steps come after what asked for them, and before what came of them though the worker's clock is ahead
    const told = (action: string, second: number) => ({
      ...{
        at: new Date(Date.UTC(2026, 11, 1, 0, 0, second)),
        action,
        actor_kind: 'ad_server' as const,
        actor: 'desk',
      },
      ...{ package_id: null, said: null },
    })
    const history = [
      told('created', 1),
      told('approved', 4),
      told('order_placed', 4),
      told('paused', 5),
      told('order_changed', 6),
    ]
    const steps = [
      { ...sent, ...times },
      { ...sent, ...times, kind: 'pause_line_item', done_at: '2026-12-01T00:00:05.200Z' },
    ]
    expect(
      timelineOf(history.toReversed(), [{ ...order, order_ids: [], steps }], new Map()).map(
        ({ what }) => what,
      ),
    ).toEqual([
      'Requested',
      'Approved',
      'Order made',
      'Order stands on the ad server',
      'Paused',
      'Line item paused',
      'Order changed on the ad server',
    ])
  })
})
