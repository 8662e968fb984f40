import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isOver, mayMove, mediaBuyTransitions } from '../../src/adcp/media_buy_lifecycle.ts'
import { moveMediaBuy, WrongStatusError } from '../../src/commands/move_media_buy.ts'
import type { MediaBuyStatus } from '../../src/db/schema.ts'
import { aPurchase, testDesk, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const now = new Date('2026-12-15T15:30:00Z')
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = now
  buyer = await desk.buyer()
})

/** AdCP's media buy states, written down again so that a change of ours is noticed. */
const adcp: Record<MediaBuyStatus, MediaBuyStatus[]> = {
  pending_approval: ['pending_creatives', 'pending_start', 'paused', 'rejected', 'canceled'],
  pending_creatives: ['pending_start', 'active', 'paused', 'canceled', 'rejected'],
  pending_start: ['active', 'paused', 'canceled', 'rejected'],
  active: ['paused', 'completed', 'canceled'],
  paused: ['active', 'completed', 'canceled'],
  completed: [],
  rejected: [],
  canceled: [],
}
const statuses = Object.keys(adcp) as MediaBuyStatus[]

async function bought(): Promise<string> {
  const item = {
    product_id: 'trail_podcast_host_read',
    pricing_option_id: 'cpm_gbp_fixed',
    budget: 20,
    bid_price: undefined,
  }
  const { body } = await buyer.call('create_media_buy', aPurchase({ package: item }, now))
  const { media_buy_id } = await desk.db
    .selectFrom('workflow_steps')
    .select('media_buy_id')
    .where('task_id', '=', String(body['task_id']))
    .executeTakeFirstOrThrow()
  return media_buy_id
}

function move(media_buy_id: string, to: MediaBuyStatus, tenant_id = 'northwind', reason?: string) {
  const step = {
    tenant_id,
    media_buy_id,
    to,
    action: `to_${to}`,
    now,
    ...(reason !== undefined && { reason }),
  }
  return desk.db.transaction().execute((trx) => moveMediaBuy(trx, { kind: 'operator', name: 'test' }, step))
}

async function read(media_buy_id: string) {
  const [buy, events, held] = await Promise.all([
    desk.db
      .selectFrom('media_buys')
      .selectAll()
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow(),
    desk.db
      .selectFrom('media_buy_events')
      .selectAll()
      .where('media_buy_id', '=', media_buy_id)
      .orderBy('event_id')
      .execute(),
    desk.db
      .selectFrom('reservations')
      .innerJoin('media_packages', 'media_packages.package_id', 'reservations.package_id')
      .select('released_at')
      .where('media_buy_id', '=', media_buy_id)
      .execute(),
  ])
  return { buy, events, holding: held.some(({ released_at }) => released_at === null) }
}

test('the lifecycle is the one of AdCP', () => {
  for (const from of statuses) {
    expect(mediaBuyTransitions[from].toSorted()).toEqual(adcp[from].toSorted())
    expect(isOver(from)).toBe(adcp[from].length === 0)
    for (const to of statuses) expect(mayMove(from, to)).toBe(adcp[from].includes(to))
  }
})

describe('a media buy', () => {
  test('follows the lifecycle with one revision and one event a move, or does not move at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...statuses), { minLength: 1, maxLength: 12 }),
        async (way) => {
          const id = await bought()
          let status: MediaBuyStatus = 'pending_approval'
          for (const to of way) {
            const before = await read(id)
            if (!adcp[status].includes(to)) {
              await expect(move(id, to)).rejects.toThrow(WrongStatusError)
              expect(await read(id)).toEqual(before)
              continue
            }
            expect(await move(id, to)).toBe(before.buy.revision + 1)
            const after = await read(id)
            expect(after.buy).toMatchObject({ status: to, revision: before.buy.revision + 1 })
            expect(after.events.slice(0, -1)).toEqual(before.events)
            expect(after.events.at(-1)).toMatchObject({
              from_status: status,
              to_status: to,
              revision: after.buy.revision,
              action: `to_${to}`,
            })
            expect(after.holding).toBe(adcp[to].length > 0)
            status = to
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('that is declined before anybody accepted it was never confirmed, and stays confirmed once it was', async () => {
    const [declined, canceled] = [await bought(), await bought()]
    await move(declined, 'rejected', 'northwind', 'No.')
    expect((await read(declined)).buy).toMatchObject({ confirmed_at: null, rejection_reason: 'No.' })
    for (const to of ['pending_creatives', 'active', 'canceled'] as const) await move(canceled, to)
    expect((await read(canceled)).buy).toMatchObject({ confirmed_at: now, rejection_reason: null })
  })

  test('moved by two at once goes one way only', async () => {
    const id = await bought()
    await move(id, 'pending_creatives')
    const outcomes = await Promise.allSettled([
      move(id, 'rejected'),
      move(id, 'canceled'),
      move(id, 'rejected'),
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { buy, events } = await read(id)
    expect([buy.revision, events.length]).toEqual([3, 3])
  })

  test('of another publisher cannot be moved', async () => {
    const id = await bought()
    const before = await read(id)
    await expect(move(id, 'rejected', 'somebody_else')).rejects.toThrow()
    expect(await read(id)).toEqual(before)
  })
})

describe('history', () => {
  test.each(['media_buy_events', 'audit_log'] as const)(
    'in %s can be added to and never changed',
    async (table) => {
      await bought()
      const rows = await desk.db.selectFrom(table).selectAll().execute()
      expect(rows.length).toBeGreaterThan(0)
      await expect(desk.db.updateTable(table).set({ actor: 'nobody' }).execute()).rejects.toThrow(
        `${table} is append-only`,
      )
      await expect(desk.db.deleteFrom(table).execute()).rejects.toThrow(`${table} is append-only`)
      await expect(desk.pool.query(`truncate ${table}`)).rejects.toThrow(`${table} is append-only`)
      expect(await desk.db.selectFrom(table).selectAll().execute()).toEqual(rows)
    },
  )
})
