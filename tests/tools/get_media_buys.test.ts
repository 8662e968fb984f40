import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import type { MediaBuyStatus } from '../../src/db/schema.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const born = new Date('2026-12-15T15:30:00Z')
const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
let buyer: TestBuyer
/** One buy in each status, the oldest first. */
const ids: Record<string, string> = {}
let waiting: Args
let declined: Args

beforeAll(async () => {
  buyer = await desk.buyer()
  const ways: MediaBuyStatus[][] = [
    ['pending_start'],
    ['active'],
    ['paused'],
    ['active', 'completed'],
    ['canceled'],
    ['rejected'],
    ['active', 'paused', 'active'],
    [],
  ]
  for (const [i, way] of ways.entries()) {
    desk.now = new Date(born.getTime() + i * 1000)
    const account = i < 4 ? { account_id: 'acc_lumen_pinnacle' } : undefined
    const { body } = await buyer.call(
      'create_media_buy',
      aPurchase({ ...(account && { account }), po_number: `PO-${i}` }, born),
    )
    const id = String(body['media_buy_id'])
    for (const to of way) await move(id, to)
    ids[way.join('+') || 'pending_creatives'] = id
  }
  waiting = (await buyer.call('create_media_buy', aPurchase({ package: guaranteed }, born))).body
  declined = (await buyer.call('create_media_buy', aPurchase({ package: guaranteed }, born))).body
  await decideApproval(desk.db, {
    tenant_id: 'northwind',
    id: String(declined['task_id']),
    decision: 'rejected',
    decided_by: 'Kim',
    now: desk.now,
  })
})

function move(media_buy_id: string, to: MediaBuyStatus) {
  const reason = to === 'rejected' ? { reason: 'Wrong size.' } : {}
  return desk.db
    .transaction()
    .execute((trx) =>
      moveMediaBuy(
        trx,
        { kind: 'operator', name: 'test' },
        { tenant_id: 'northwind', media_buy_id, to, action: to, now: desk.now, ...reason },
      ),
    )
}

interface Listed extends Args {
  media_buy_id: string
  status: string
}
const list = async (args: Args = {}, as = buyer) => {
  const { body } = await as.call('get_media_buys', args)
  expect(body.errors).toBeUndefined()
  return body['media_buys'] as Listed[]
}
const idsOf = (buys: Listed[]) => buys.map(({ media_buy_id }) => media_buy_id)
const everyStatus = [
  'pending_creatives',
  'pending_start',
  'active',
  'paused',
  'completed',
  'rejected',
  'canceled',
]

describe('a buyer who lists what it bought', () => {
  test('sees the active ones, the newest first, if it says nothing', async () => {
    expect(idsOf(await list())).toEqual([ids['active+paused+active'], ids['active']])
  })

  test('sees those of the statuses it names, one or several', async () => {
    expect(idsOf(await list({ status_filter: 'paused' }))).toEqual([ids['paused']])
    expect(idsOf(await list({ status_filter: ['rejected', 'canceled'] }))).toEqual([
      ids['rejected'],
      ids['canceled'],
    ])
    expect(idsOf(await list({ status_filter: everyStatus }))).toEqual(Object.values(ids).toReversed())
  })

  test('cannot ask for what waits for approval', async () => {
    const { body } = await buyer.call('get_media_buys', { status_filter: 'pending_approval' })
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'status_filter' })
  })

  test('sees those it names, in any status', async () => {
    const wanted = [ids['canceled'], ids['pending_creatives']]
    expect(idsOf(await list({ media_buy_ids: wanted }))).toEqual(wanted.toReversed())
    expect(idsOf(await list({ media_buy_ids: [...wanted, 'mb_nobody'] }))).toEqual(wanted.toReversed())
  })

  test('is not told that a buy of its own is not its own, only because it has another status', async () => {
    expect(await list({ media_buy_ids: [ids['canceled']], status_filter: 'active' })).toEqual([])
  })

  test('sees those of one account', async () => {
    const lumen = Object.values(ids).slice(0, 4).toReversed()
    expect(
      idsOf(await list({ status_filter: everyStatus, account: { account_id: 'acc_lumen_pinnacle' } })),
    ).toEqual(lumen)
    const nature = { brand: { domain: 'lumencoffee.example' }, operator: 'pinnacle-agency.example' }
    expect(idsOf(await list({ status_filter: everyStatus, account: nature }))).toEqual(lumen)
    expect(await list({ status_filter: everyStatus, account: { account_id: 'acc_acme_direct' } })).toEqual([])
  })

  test('is told why one was rejected', async () => {
    const [buy] = await list({ status_filter: 'rejected' })
    expect(buy).toMatchObject({ status: 'rejected', rejection_reason: 'Wrong size.' })
  })

  test('finds its order number and where the order stands', async () => {
    const [buy] = await list({ media_buy_ids: [ids['pending_creatives']] })
    expect(buy?.['ext']).toEqual({
      salesdesk: {
        po_number: 'PO-7',
        placement: { state: 'placing', ad_servers: [{ name: 'House ad server', state: 'placing' }] },
      },
    })
  })
})

describe('a purchase that waits for approval, or was declined,', () => {
  test('is no media buy yet', async () => {
    for (const { task_id } of [waiting, declined]) {
      const step = await desk.db
        .selectFrom('workflow_steps')
        .select('media_buy_id')
        .where('task_id', '=', String(task_id))
        .executeTakeFirstOrThrow()
      expect(idsOf(await list({ status_filter: everyStatus }))).not.toContain(step.media_buy_id)
      const { body } = await buyer.call('get_media_buys', { media_buy_ids: [step.media_buy_id] })
      expect(body.adcp_error?.code).toBe('MEDIA_BUY_NOT_FOUND')
    }
  })
})

describe('another buyer', () => {
  test('sees none of it, and cannot tell what exists from what does not', async () => {
    const stranger = await desk.buyer('acme_direct')
    expect(await list({ status_filter: everyStatus }, stranger)).toEqual([])
    const theirs = await stranger.call('get_media_buys', { media_buy_ids: [ids['active']] })
    const nobodys = await stranger.call('get_media_buys', { media_buy_ids: ['mb_nobody'] })
    expect(theirs.body.adcp_error?.code).toBe('MEDIA_BUY_NOT_FOUND')
    expect(theirs).toEqual(nobodys)
  })
})

describe('history', () => {
  test('is told newest first, as many entries as wanted, and only when wanted', async () => {
    const args = { media_buy_ids: [ids['active+paused+active']] }
    const entry = (revision: number, action: string, actor: string, summary?: string) => ({
      revision,
      action,
      actor,
      timestamp: expect.any(String),
      ...(summary && { summary }),
    })
    const whole = [
      entry(4, 'active', 'operator', 'paused → active'),
      entry(3, 'paused', 'operator', 'active → paused'),
      entry(2, 'active', 'operator', 'pending_creatives → active'),
      entry(1, 'created', 'Pinnacle Media Agency'),
    ]
    expect((await list({ ...args, include_history: 100 }))[0]?.['history']).toEqual(whole)
    expect((await list({ ...args, include_history: 2 }))[0]?.['history']).toEqual(whole.slice(0, 2))
    expect((await list(args))[0]).not.toHaveProperty('history')
    expect((await list({ ...args, include_history: 0 }))[0]).not.toHaveProperty('history')
  })

  test('says nothing of a status that buyers do not know', async () => {
    const { body } = await buyer.call('create_media_buy', aPurchase({ package: guaranteed }, born))
    const outcome = await decideApproval(desk.db, {
      tenant_id: 'northwind',
      id: String(body['task_id']),
      decision: 'approved',
      decided_by: 'Kim',
      now: desk.now,
    })
    const [buy] = await list({
      media_buy_ids: ['media_buy_id' in outcome ? outcome.media_buy_id : ''],
      include_history: 10,
    })
    expect(buy?.['history']).toMatchObject([
      { action: 'approved', actor: 'approver', revision: 2 },
      { action: 'created', revision: 1 },
    ])
    expect(JSON.stringify(buy)).not.toMatch(/pending_approval|Kim/)
    await move(String(buy?.media_buy_id), 'canceled')
    await desk.db
      .updateTable('media_buys')
      .set({ principal_id: 'acme_direct' })
      .where('media_buy_id', '=', String(buy?.media_buy_id))
      .execute()
  })
})

describe('page by page', () => {
  test.each([1, 2, 3, 7, 8, 9, 100])('of %i every buy comes once, newest first', async (max_results) => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body } = await buyer.call('get_media_buys', {
        status_filter: everyStatus,
        pagination: { max_results, ...(cursor && { cursor }) },
        context: { page: seen.length },
      })
      const page = body['media_buys'] as Listed[]
      expect(page.length).toBeLessThanOrEqual(max_results)
      seen.push(...idsOf(page))
      const { has_more, cursor: next } = body['pagination'] as { has_more: boolean; cursor?: string }
      expect(has_more).toBe(next !== undefined)
      cursor = next
    } while (cursor !== undefined && seen.length < 50)
    expect(seen).toEqual(Object.values(ids).toReversed())
  })

  test('also where several were bought in the same moment', async () => {
    const other = await desk.buyer('acme_direct')
    const bought = await Promise.all(
      Array.from({ length: 5 }, () => other.call('create_media_buy', aPurchase({}, born))),
    )
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body } = await other.call('get_media_buys', {
        status_filter: 'pending_creatives',
        pagination: { max_results: 2, ...(cursor && { cursor }) },
      })
      seen.push(...idsOf(body['media_buys'] as Listed[]))
      cursor = (body['pagination'] as { cursor?: string }).cursor
    } while (cursor !== undefined && seen.length < 50)
    expect(seen.toSorted()).toEqual(bought.map(({ body }) => String(body['media_buy_id'])).toSorted())
  })

  test('a cursor of another list is refused', async () => {
    const { body } = await buyer.call('get_media_buys', {
      status_filter: everyStatus,
      pagination: { max_results: 2 },
    })
    const { cursor } = body['pagination'] as { cursor: string }
    const refused = await buyer.call('get_media_buys', { status_filter: 'active', pagination: { cursor } })
    expect(refused.body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'pagination.cursor' })
  })
})
