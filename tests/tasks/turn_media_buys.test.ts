import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nextTurn, type Flight } from '../../src/adcp/flight_clock.ts'
import { mayMove, mediaBuyTransitions } from '../../src/adcp/media_buy_lifecycle.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { turnMediaBuy } from '../../src/commands/turn_media_buy.ts'
import type { MediaBuyStatus } from '../../src/db/schema.ts'
import { enqueue } from '../../src/jobs.ts'
import { aSync } from '../support/creatives.ts'
import { deliver, move } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { askedOfPeople, behave, buy, fulfilmentsOf, served } from '../support/orders.ts'
import { updates } from '../support/updates.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const { see, change } = updates(desk, () => buyer)
const DAY = 86_400_000
let buyer: TestBuyer
let bought: Date
let starts: Date
let ends: Date

beforeAll(async () => {
  buyer = await desk.buyer()
})
beforeEach(async () => {
  // ahead of the wall clock, so that only what a test lets become due is due
  bought = new Date(Math.max(desk.now.getTime(), Date.now()) + 30 * DAY)
  desk.now = bought
  starts = new Date(bought.getTime() + DAY)
  ends = new Date(bought.getTime() + 4 * DAY)
  await behave(desk.db, {})
})

const onHouse = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const onScreens = { ...onHouse, product_id: 'screens_gyms', bid_price: 12 }
let serial = 0
/** Buys with a webhook of its own, for a flight of three days from tomorrow on. */
async function purchase(overrides: Args & { package?: Args } = {}, creatives = true) {
  const url = `${receiver.url}/clock/${(serial += 1)}`
  const flight = { start_time: starts.toISOString(), end_time: ends.toISOString() }
  const id = await buy(buyer, { push_notification_config: { url }, ...flight, ...overrides }, desk.now)
  if (creatives) {
    const packages = await desk.db
      .selectFrom('media_packages')
      .select('package_id')
      .where('media_buy_id', '=', id)
      .execute()
    const assignments = packages.map(({ package_id }) => ({ creative_id: 'banner_1', package_id }))
    const { isError, texts } = await buyer.call('sync_creatives', aSync({ assignments }))
    expect(isError ? texts : []).toEqual([])
  }
  return { id, heard: () => receiver.heard(new URL(url).pathname).map(({ body }) => body) }
}
/** Buys what a person sells, for ten days that begin in fifteen; gives the task and the media buy. */
async function askForPodcast(overrides: Args = {}) {
  starts = new Date(bought.getTime() + 15 * DAY)
  ends = new Date(starts.getTime() + 10 * DAY)
  const flight = { start_time: starts.toISOString(), end_time: ends.toISOString() }
  const item = {
    product_id: 'trail_podcast_host_read',
    pricing_option_id: 'cpm_gbp_fixed',
    budget: 20,
    bid_price: undefined,
  }
  const { body } = await buyer.call(
    'create_media_buy',
    aPurchase({ ...flight, package: item, ...overrides }, desk.now),
  )
  const task_id = String(body['task_id'])
  const { media_buy_id } = await desk.db
    .selectFrom('workflow_steps')
    .select('media_buy_id')
    .where('task_id', '=', task_id)
    .executeTakeFirstOrThrow()
  return { task_id, id: media_buy_id }
}
/** The clock strikes at this moment; the workers do what follows. */
async function strike(at: Date | number) {
  desk.now = new Date(at)
  await desk.db.transaction().execute((trx) => enqueue(trx, 'turn_media_buys', {}))
  await desk.runJobs()
}
const statusOf = async (id: string) => (await see(id))['status']
const movesOf = (id: string) =>
  desk.db
    .selectFrom('media_buy_events')
    .select(['action', 'from_status', 'to_status', 'revision', 'actor_kind', 'detail'])
    .where('media_buy_id', '=', id)
    .where('actor_kind', '=', 'clock')
    .orderBy('event_id')
    .execute()

describe('a buyer whose order stands', () => {
  test('sees its media buy run from its first moment and completed at its last, and is told of both', async () => {
    const { id, heard } = await purchase()
    await desk.runJobs()
    expect(await statusOf(id)).toBe('pending_start')
    await strike(starts.getTime() - 1)
    expect(await statusOf(id)).toBe('pending_start')
    await strike(starts)
    expect(await statusOf(id)).toBe('active')
    await strike(ends.getTime() - 1)
    expect(await statusOf(id)).toBe('active')
    await strike(ends)
    const { status, history, revision } = await see(id)
    expect(status).toBe('completed')
    expect(history.slice(0, 2)).toMatchObject([
      { action: 'ended', actor: 'clock', revision, summary: 'active → completed' },
      { action: 'started', actor: 'clock', revision: revision - 1, summary: 'pending_start → active' },
    ])
    expect(heard().map(({ message, status, result }) => [message, status, result.media_buy_status])).toEqual([
      [`Bought: ${id}.`, 'completed', expect.stringMatching(/^pending_/)],
      [`Running: ${id}.`, 'completed', 'active'],
      [`Completed: ${id}.`, 'completed', 'completed'],
    ])
    expect(
      await desk.db.selectFrom('reservations').selectAll().where('released_at', 'is', null).execute(),
    ).toEqual([])
  })

  test('need not wait for the minute to be over: the moment itself is planned', async () => {
    const { id } = await purchase()
    await desk.runJobs()
    await strike(starts.getTime() - 30_000)
    expect(await statusOf(id)).toBe('pending_start')
    desk.now = starts
    await desk.runJobs()
    expect(await statusOf(id)).toBe('active')
    await strike(ends.getTime() - 30_000)
    desk.now = ends
    await desk.runJobs()
    expect(await statusOf(id)).toBe('completed')
  })

  test('that is paused stays so until the end, and is completed then', async () => {
    const { id } = await purchase()
    await desk.runJobs()
    await change(id, { paused: true })
    await strike(starts)
    expect(await statusOf(id)).toBe('paused')
    await strike(ends)
    expect(await statusOf(id)).toBe('completed')
  })

  test('whose dates move runs and ends by the new ones', async () => {
    const { id } = await purchase()
    await strike(starts.getTime() - 30_000)
    const later = new Date(starts.getTime() + DAY)
    await change(id, { start_time: later.toISOString() })
    await strike(starts)
    expect(await statusOf(id)).toBe('pending_start')
    await strike(later)
    expect(await statusOf(id)).toBe('active')
    await strike(ends.getTime() - 30_000)
    const longer = new Date(ends.getTime() + DAY)
    await change(id, { end_time: longer.toISOString() })
    await strike(ends)
    expect(await statusOf(id)).toBe('active')
    await strike(longer)
    expect(await statusOf(id)).toBe('completed')
  })

  test('with packages of flights of their own runs when the first of them does', async () => {
    const first = new Date(starts.getTime() + DAY)
    const { id } = await purchase({ package: { start_time: first.toISOString() } })
    await desk.runJobs()
    await strike(starts)
    expect(await statusOf(id)).toBe('pending_start')
    await strike(first)
    expect(await statusOf(id)).toBe('active')
  })
})

describe('a buy that has nothing to run', () => {
  test('is not called running before its order stands', async () => {
    await behave(desk.db, { approval_ms: 2 * DAY })
    const { id } = await purchase()
    await desk.runJobs()
    await strike(starts)
    expect(await statusOf(id)).toBe('pending_start')
    expect((await fulfilmentsOf(desk.db, id))[0]?.placed_at).toBeNull()
  })

  test('is canceled at the end of its flight when its order never came to stand, and taken back', async () => {
    await behave(desk.db, { needs_person: 'somebody has to look' })
    const { id, heard } = await purchase()
    await desk.runJobs()
    await strike(ends)
    const reason = 'The flight ended before the order stood on its ad server.'
    expect(await see(id)).toMatchObject({
      status: 'canceled',
      cancellation: { canceled_by: 'seller', reason },
    })
    expect(heard().at(-1)).toMatchObject({
      status: 'canceled',
      message: `Canceled: "${reason}"`,
      result: { media_buy_id: id, media_buy_status: 'canceled' },
    })
    expect((await served(desk.db, id)).map(({ order_status }) => order_status)).not.toContain('approved')
    const question = {
      tenant_id: 'northwind',
      id,
      how: { type: 'retried' },
      by: 'test',
      now: desk.now,
    } as const
    expect(await resolveStep(desk.db, question)).toMatchObject({ type: 'already_resolved' })
  })

  test('is canceled when its packages never had creatives', async () => {
    const { id } = await purchase({}, false)
    await desk.runJobs()
    await strike(starts)
    expect(await statusOf(id)).toBe('pending_creatives')
    await strike(ends)
    expect(await see(id)).toMatchObject({
      status: 'canceled',
      cancellation: { reason: 'The flight ended before every package had a creative.' },
    })
  })

  test('on one of its ad servers is completed by what ran on the other, and what did not is taken back', async () => {
    await behave(desk.db, { needs_person: 'somebody has to look' }, 'screens_gyms')
    const { id } = await purchase({ packages: [onHouse, onScreens] }, false)
    await desk.runJobs()
    await behave(desk.db, {}, 'screens_gyms')
    await move(desk, id, 'active')
    await strike(ends)
    expect(await statusOf(id)).toBe('completed')
    expect((await fulfilmentsOf(desk.db, id)).map(({ state }) => state).sort()).toEqual([
      'canceled',
      'placed',
    ])
    expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'canceled' }])
  })

  test('is completed all the same when something was delivered', async () => {
    const { id } = await purchase({}, false)
    await desk.runJobs()
    desk.now = new Date(starts.getTime() + DAY)
    await deliver(desk, id, {
      day: desk.now.toISOString().slice(0, 10),
      figures: { impressions: 10, spend: 0.05 },
    })
    await strike(ends)
    expect((await movesOf(id)).map(({ to_status }) => to_status)).toEqual(['active', 'completed'])
  })

  test('is declined when nobody decided before the end, and the buyer is told why', async () => {
    const { task_id } = await askForPodcast({ push_notification_config: { url: `${receiver.url}/expired` } })
    await strike(ends.getTime() - 1)
    expect((await buyer.call('tasks_get', { task_id })).body).toMatchObject({
      status: 'submitted',
    })
    await strike(ends)
    const { body: task } = await buyer.call('tasks_get', { task_id })
    expect(task).toMatchObject({ status: 'rejected' })
    expect(receiver.heard('/expired').map(({ body }) => [body['status'], body['message']])).toEqual([
      ['rejected', 'Declined: "Nobody decided before the flight ended."'],
    ])
    const { rows } = await desk.pool.query(
      `select decided_by, actor_kind from workflow_steps w join media_buy_events e using (media_buy_id)
       where w.task_id = $1 and to_status = 'rejected'`,
      [task_id],
    )
    expect(rows).toEqual([{ decided_by: 'clock', actor_kind: 'clock' }])
  })
})

describe('a clock', () => {
  /** What a media buy has become, without the moments it became so. */
  const rowsOf = async (id: string) => ({
    moves: await movesOf(id),
    told: (await told(id)).sort(),
    buy: await desk.db
      .selectFrom('media_buys')
      .select(['status', 'revision', 'cancellation_reason'])
      .where('media_buy_id', '=', id)
      .executeTakeFirstOrThrow(),
    fulfilments: (await fulfilmentsOf(desk.db, id)).map(({ state }) => state),
    held: await desk.db
      .selectFrom('reservations as r')
      .innerJoin('media_packages as p', 'p.package_id', 'r.package_id')
      .where('p.media_buy_id', '=', id)
      .where('r.released_at', 'is', null)
      .select('r.day')
      .execute(),
  })
  /** What its buyer was told, in a word each. */
  const told = async (id: string) => {
    const rows = await desk.db
      .selectFrom('webhook_events')
      .select('payload')
      .where('media_buy_id', '=', id)
      .execute()
    return rows.map(({ payload }) => String((JSON.parse(payload) as Args)['message']).split(':')[0])
  }

  test('that was off for a week leaves the rows of one that was not', async () => {
    const onTime = await purchase()
    const late = await purchase()
    await desk.runJobs()
    for (const at of [starts, ends]) {
      desk.now = at
      expect(await turnMediaBuy(desk.db, onTime.id, at)).toHaveLength(1)
    }
    await strike(ends.getTime() + 7 * DAY)
    expect((await movesOf(late.id)).map(({ to_status }) => to_status)).toEqual(['active', 'completed'])
    expect(await rowsOf(late.id)).toEqual(await rowsOf(onTime.id))
  })

  test('of which there are two moves each media buy once', async () => {
    const { id } = await purchase()
    await desk.runJobs()
    for (const at of [starts, ends]) {
      desk.now = at
      const moves = await Promise.all(Array.from({ length: 6 }, () => turnMediaBuy(desk.db, id, at)))
      expect(moves.flat()).toHaveLength(1)
    }
    expect(await movesOf(id)).toHaveLength(2)
    expect(await told(id)).toHaveLength(3)
  })

  test('of which there are two declines what nobody decided once, whoever approves at that moment', async () => {
    const { id } = await askForPodcast()
    desk.now = ends
    const approve = {
      tenant_id: 'northwind',
      id,
      decision: 'approved',
      decided_by: 'ada',
      now: ends,
    } as const
    const [approved, ...moves] = await Promise.all([
      decideApproval(desk.db, approve),
      ...Array.from({ length: 6 }, () => turnMediaBuy(desk.db, id, ends)),
    ])
    expect(moves.flat()).toEqual(['rejected'])
    expect(['too_late', 'already_decided']).toContain(approved.type)
  })

  test('leaves the sandbox alone, whose buyers hold it themselves', async () => {
    const sandbox = await desk.buyer('sandbox_agent')
    const flight = { start_time: starts.toISOString(), end_time: ends.toISOString() }
    const account = {
      brand: { domain: 'acme-outdoor.example' },
      operator: 'pinnacle-agency.example',
      sandbox: true,
    }
    const { body, texts } = await sandbox.call(
      'create_media_buy',
      aPurchase({ ...flight, account }, desk.now),
    )
    expect(body['media_buy_id'], texts.join()).toBeTypeOf('string')
    await strike(ends.getTime() + DAY)
    const { body: seen } = await sandbox.call('get_media_buys', { media_buy_ids: [body['media_buy_id']] })
    expect((seen['media_buys'] as Args[])[0]).toMatchObject({ status: 'pending_creatives' })
  })

  test('makes only moves the lifecycle knows, ends every flight, and never moves twice to one place', () => {
    const t = (n: number) => new Date(n * DAY)
    const flight = fc.record({
      status: fc.constantFrom(...(Object.keys(mediaBuyTransitions) as MediaBuyStatus[])),
      starts: fc.constant(t(10)),
      ends: fc.constant(t(20)),
      stands: fc.boolean(),
      ran: fc.boolean(),
      unserved: fc.boolean(),
      delivered: fc.boolean(),
    })
    fc.assert(
      fc.property(flight, fc.integer({ min: 0, max: 30 }), (one: Flight, day) => {
        let { status } = one
        const been = new Set([status])
        for (let turn; (turn = nextTurn({ ...one, status }, t(day))); status = turn.to) {
          expect(mayMove(status, turn.to)).toBe(true)
          expect(been.has(turn.to)).toBe(false)
          been.add(turn.to)
        }
        if (day >= 20) expect(mediaBuyTransitions[status]).toEqual([])
        if (day < 10) expect(status).toBe(one.status)
      }),
    )
  })
})

describe('a buyer with a reporting webhook', () => {
  test('gets its final report after the flight is completed', async () => {
    const reporting_webhook = {
      url: `${receiver.url}/reports`,
      authentication: { schemes: ['HMAC-SHA256'], credentials: 'sesame-open-sesame-0123456789abcdef' },
      reporting_frequency: 'daily',
    }
    const { id } = await purchase({ reporting_webhook })
    await desk.runJobs()
    const reported = async (at: Date | number) => {
      await strike(at)
      await desk.db.transaction().execute((trx) => enqueue(trx, 'report_delivery', {}))
      await desk.runJobs()
      const { rows } = await desk.pool.query<{ notification_type: string }>(
        'select notification_type from delivery_reports where media_buy_id = $1 order by sequence_number',
        [id],
      )
      return rows.map(({ notification_type }) => notification_type)
    }
    await reported(starts)
    // without figures nothing is claimed: a running buy is waited for; at the noon after its first day, whatever its hour
    const noon = Math.floor(starts.getTime() / DAY) * DAY + 1.5 * DAY
    expect(await reported(noon)).toEqual(['delayed'])
    for (let day = starts.getTime(); day <= ends.getTime(); day += DAY) {
      desk.now = new Date(Math.max(ends.getTime() + DAY, desk.now.getTime()))
      await deliver(desk, id, {
        day: new Date(day).toISOString().slice(0, 10),
        figures: { impressions: 100, spend: 0.5 },
      })
    }
    const kinds = await reported(ends.getTime() + 2 * DAY)
    expect(await statusOf(id)).toBe('completed')
    expect(kinds.at(-1)).toBe('final')
    expect(kinds.filter((kind) => kind === 'final')).toHaveLength(1)
  })
})
