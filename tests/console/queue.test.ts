import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aPurchase, testDesk, type TestBuyer } from '../support/desk.ts'
import { behave, buy, fulfilmentsOf } from '../support/orders.ts'
import { member, type Visitor } from '../support/visitor.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' }, { webhookDeadlineMs: 500 })
const webhooks = '/console/northwind/webhooks'
let buyer: TestBuyer
let manager: Awaited<ReturnType<typeof member>>
let viewer: Visitor
beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  buyer = await desk.buyer()
})
beforeEach(async () => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now()) + 2 * 86_400_000)
  await signIn()
})
/** Sessions end in a day or so; whoever lets one pass signs in again. */
async function signIn() {
  manager = await member(desk, 'manager', 'Mara Manager')
  viewer = await member(desk, 'viewer')
}

const words = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
const read = async (path: string, who: Visitor = manager) => words((await who.get(path)).html)
/** Sends a form and gives what the next page says was done. */
async function act(path: string, who: Visitor = manager) {
  const { status, to } = await who.post(path)
  expect([path, status]).toEqual([path, 303])
  return words((await who.get(to ?? '')).html)
}

let serial = 0
/** Buys with a webhook to a path of its own, whose secret part nobody may see. */
async function bought(as = buyer, overrides = {}) {
  const path = `/hook/${++serial}?token=hush-${serial}`
  const push_notification_config = { url: `${receiver.url}${path}` }
  const { body, texts } = await as.call(
    'create_media_buy',
    aPurchase({ push_notification_config, ...overrides }, desk.now),
  )
  if (typeof body['media_buy_id'] !== 'string') throw new Error(texts.join(' '))
  const media_buy_id = body['media_buy_id']
  const event = await desk.db
    .selectFrom('webhook_events')
    .select('webhook_event_id')
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  return { media_buy_id, id: event.webhook_event_id, at: `${webhooks}/${event.webhook_event_id}`, path }
}
async function pass(ms: number) {
  desk.now = new Date(desk.now.getTime() + ms)
  await desk.runJobs()
  await signIn()
}

describe('a publisher looking after webhooks', () => {
  it('sees what was sent, every answer, and that the buyer’s server does not take it, but none of its secrets', async () => {
    const sent = await bought()
    receiver.replies(503, 'reset')
    await desk.runJobs()
    await pass(5000)
    const text = await read(sent.at)
    expect(text).toMatch(/waiting.*Attempts.*2 .*hung up without an answer.*1 .*HTTP 503/)
    expect(text).toContain(`Bought: ${sent.media_buy_id}.`)
    expect(text).toContain('Next try in')
    const list = await read(webhooks)
    expect(list).toMatch(/127\.0\.0\.1:\d+ Pinnacle Media Agency our signature does not answer/)
    for (const page of [text, list, (await manager.get(sent.at)).html]) expect(page).not.toContain('hush-')
    await pass(10_000)
    expect(await read(webhooks)).toMatch(/Pinnacle Media Agency our signature answers/)
    expect(await read(sent.at)).toContain('delivered')
  })

  it('finds them by buy, brand, host and status', async () => {
    const sent = await bought()
    await desk.runJobs()
    const found = async (query: string) =>
      [...(await manager.get(`${webhooks}?${query}`)).html.matchAll(/webhooks\/([0-9a-f-]{36})"/g)].map(
        ([, id]) => id,
      )
    expect(await found(`q=${sent.media_buy_id}`)).toEqual([sent.id])
    expect(await found(`q=${sent.id}`)).toEqual([sent.id])
    expect(await found('q=127.0.0.1&state=delivered')).toContain(sent.id)
    expect(await found('q=acme&state=dead')).toEqual([])
    expect((await manager.get(`${webhooks}/no-such-id`)).status).toBe(404)
  })

  it('sends one again that nobody took, with the same bytes, once, and it is audited', async () => {
    const sent = await bought()
    receiver.replies(503)
    await desk.runJobs()
    await pass(25 * 3_600_000)
    expect(await read(sent.at)).toContain('failed')
    expect((await viewer.get(sent.at)).html).not.toContain('Send it again')
    const answers = await Promise.all([1, 2].map(() => manager.post(`${sent.at}/replay`)))
    expect(answers.map(({ status }) => status)).toEqual([303, 303])
    await desk.runJobs()
    const [first, again, ...more] = receiver.heard(sent.path)
    expect([again?.text, more]).toEqual([first?.text, []])
    expect(await act(`${sent.at}/replay`)).toContain('Nothing was changed')
    const audited = desk.db.selectFrom('audit_log').select(['subject_id', 'user_id'])
    expect(await audited.where('action', '=', 'replay_webhook').execute()).toEqual([
      { subject_id: sent.media_buy_id, user_id: manager.user_id },
    ])
  })

  it('never sees or sends those of another publisher', async () => {
    const south = await desk.buyer('south_agency')
    const sent = await bought(south, {
      account: { account_id: 'acc_southwind_acme' },
      brand: { domain: 'southwind-only.example' },
      packages: [
        {
          product_id: 'southwind_secret_product',
          pricing_option_id: 'cpm_eur_auction',
          budget: 4000,
          bid_price: 5,
        },
      ],
    })
    receiver.replies(503)
    await desk.runJobs()
    await pass(25 * 3_600_000)
    expect((await manager.get(sent.at)).status).toBe(404)
    expect((await manager.get(webhooks)).html).not.toContain('southwind-only')
    await manager.post(`${sent.at}/replay`)
    await desk.runJobs()
    expect(receiver.heard(sent.path)).toHaveLength(1)
  })
})

describe('a publisher looking after jobs', () => {
  const jobs = '/console/northwind/jobs'
  /** The queue's own row of a job, by its key. */
  const rowOf = async (key: string) => {
    const { rows } = await sql<{ id: string; attempts: number }>`
      select id::text, attempts::int from graphile_worker._private_jobs where key = ${key}`.execute(desk.db)
    return rows[0]
  }
  /** An order whose job was given up, and its key. */
  async function givenUp(as = buyer, overrides = {}) {
    const id = await buy(as, overrides, desk.now)
    const [fulfilment] = await fulfilmentsOf(desk.db, id)
    const key = `fulfil_media_buy:${fulfilment?.fulfilment_id ?? ''}`
    await sql`update graphile_worker._private_jobs set attempts = max_attempts,
      last_error = E'the disk is full\\n    at write (/srv/secret/place.ts:1)' where key = ${key}`.execute(
      desk.db,
    )
    return { id, key, job: (await rowOf(key))?.id ?? '' }
  }
  const begin = (connection_id: string) =>
    desk.db
      .transaction()
      .execute((trx) =>
        enqueue(trx, 'read_delivery', { connection_id }, new Date(desk.now.getTime() + 60_000)),
      )
  const theirs = {
    account: { account_id: 'acc_southwind_acme' },
    brand: { domain: 'southwind-only.example' },
    package: { product_id: 'southwind_secret_product' },
  }

  it('sees what was given up, for what and why, has it done now, and the order is placed', async () => {
    const { id, job } = await givenUp()
    const text = await read(`${jobs}?state=failed`)
    expect(text).toMatch(
      /Bring the order of acme-outdoor\.example on House ad server.* given up 14 times the disk is full none/,
    )
    expect(text).not.toContain('/srv/secret')
    expect((await manager.get(jobs)).html).toContain(`/media_buys/${id}"`)
    const answers = await Promise.all([1, 2].map(() => manager.post(`${jobs}/${job}/retry`)))
    expect(answers.map(({ status }) => status)).toEqual([303, 303])
    await desk.runJobs()
    expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'placed' }])
    expect(await act(`${jobs}/${job}/retry`)).toContain('the job is done')
  })

  it('cannot take the job of an order out of the queue, whatever is sent, and is told why', async () => {
    const { key, job } = await givenUp()
    expect(await read(jobs)).toContain('To call it off, cancel the media buy.')
    expect((await manager.get(jobs)).html).not.toContain(`${job}/cancel`)
    expect(await act(`${jobs}/${job}/cancel`)).toContain('something would be lost')
    expect(await rowOf(key)).toMatchObject({ id: job })
  })

  it('takes out a reading that begins anew by itself, but not while a worker is at it', async () => {
    await begin('house')
    const { id = '' } = (await rowOf('read_delivery:house')) ?? {}
    const lock = (by: string | null) =>
      sql`update graphile_worker._private_jobs set locked_by = ${by}, locked_at = case when ${by}::text is not null then now() end
        where id = ${id}::bigint`.execute(desk.db)
    await lock('somebody')
    expect(await act(`${jobs}/${id}/cancel`)).toContain('a worker is at it this moment')
    await lock(null)
    expect(await act(`${jobs}/${id}/cancel`)).toContain('Taken out of the queue.')
    expect(await rowOf('read_delivery:house')).toBeUndefined()
    const audited = desk.db
      .selectFrom('audit_log')
      .select(['detail', 'user_id'])
      .where('action', '=', 'cancel_job')
    expect(await audited.execute()).toMatchObject([
      { detail: { task: 'read_delivery' }, user_id: manager.user_id },
    ])
  })

  it('is led to the question where a person is asked about the order', async () => {
    await behave(desk.db, { needs_person: 'The rate card changed.' })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    await behave(desk.db, {})
    const { html } = await manager.get(jobs)
    expect(words(html)).toContain('Orders that need a person')
    expect(html).toMatch(new RegExp(`href="[^"]+/media_buys/${id}/steps/wf_`))
  })

  it('sees and settles no job of another publisher, nor one that is done for all', async () => {
    const { key, job } = await givenUp(await desk.buyer('south_agency'), theirs)
    await begin('south_house')
    await desk.db
      .transaction()
      .execute((trx) => enqueue(trx, 'find_stuck_orders', {}, new Date(desk.now.getTime() + 60_000)))
    const before = await rowOf(key)
    const all = await read(jobs)
    expect(all).not.toContain('southwind')
    expect(all).not.toContain('find stuck orders')
    const reading = (await rowOf('read_delivery:south_house'))?.id ?? ''
    const common = (await rowOf('find_stuck_orders:all'))?.id ?? ''
    for (const path of [
      `${job}/retry`,
      `${reading}/cancel`,
      `${common}/cancel`,
      `${common}/retry`,
      'x/retry',
    ])
      expect(await act(`${jobs}/${path}`)).toContain('never one of yours')
    expect(await rowOf(key)).toEqual(before)
    expect(await rowOf('read_delivery:south_house')).toMatchObject({ id: reading })
  })

  it('who may only look is offered nothing', async () => {
    await begin('house')
    expect((await viewer.get(jobs)).html).not.toMatch(/action="[^"]+\/(retry|cancel)"/)
  })
})
