import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { rowCounts } from '../support/row_counts.ts'
import { aChange, updates } from '../support/updates.ts'

const desk = testDesk()
let buyer: TestBuyer
const { change, buy, see } = updates(desk, () => buyer)
const january = { start_time: '2027-01-11T00:00:00Z', end_time: '2027-01-18T00:00:00Z' }
const premium = (budget: number) => ({
  product_id: 'trail_video_premium', // 70,000 impressions a day, EUR 32 per thousand
  pricing_option_id: 'cpm_eur_fixed',
  budget,
})

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  await desk.db
    .updateTable('products')
    .set({ approval_policy: 'auto' })
    .where('product_id', '=', 'trail_video_premium')
    .execute()
})

describe('changes at once', () => {
  test('with the same revision: one holds, the others are told CONFLICT', async () => {
    const { media_buy_id, package_id } = await buy()
    const answers = await Promise.all(
      [4100, 4200, 4300, 4400, 4500].map((budget) =>
        change(media_buy_id, { revision: 1, packages: [{ package_id, budget }] }),
      ),
    )
    const errors = answers.flatMap(({ body }) => body.adcp_error?.code ?? [])
    expect(errors).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT'])
    const winner = answers.find(({ isError }) => !isError)
    expect(await see(media_buy_id)).toMatchObject({ revision: 2, total_budget: winner?.body['total_budget'] })
  })

  test('of a buy that is canceled meanwhile come before it or are refused', async () => {
    const { media_buy_id, package_id } = await buy()
    const answers = await Promise.all([
      ...[4100, 4200].map((budget) => change(media_buy_id, { packages: [{ package_id, budget }] })),
      change(media_buy_id, { canceled: true }),
      change(media_buy_id, { paused: true }),
      change(media_buy_id, { canceled: true }),
    ])
    const { status, revision, history } = await see(media_buy_id)
    expect(status).toBe('canceled')
    expect(revision).toBe(1 + answers.filter(({ isError }) => !isError).length)
    expect(answers.filter(({ body }) => body['status'] === 'canceled')).toHaveLength(1)
    expect(history[0]).toMatchObject({ action: 'canceled', revision })
  })

  test('and orders being placed end at the last revision, and nobody waits for ever', async () => {
    const { media_buy_id, package_id } = await buy()
    await Promise.all([
      desk.runJobs(),
      ...[4100, 4200, 4300].map((budget) => change(media_buy_id, { packages: [{ package_id, budget }] })),
    ])
    await desk.runJobs()
    const { rows } = await sql<{ desired_revision: number; applied_revision: number }>`
      select desired_revision, applied_revision from fulfilments where media_buy_id = ${media_buy_id}`.execute(
      desk.db,
    )
    expect(rows).toEqual([{ desired_revision: 4, applied_revision: 4 }])
  })

  test('never sell more of a guaranteed product than there is, whoever comes first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            from: fc.integer({ min: 4000, max: 5000 }),
            to: fc.integer({ min: 4000, max: 12_000 }),
          }),
          {
            minLength: 2,
            maxLength: 3,
          },
        ),
        async (wanted) => {
          await desk.db.updateTable('reservations').set({ released_at: desk.now }).execute()
          const bought = []
          for (const { from } of wanted) bought.push(await buy({ packages: [premium(from)], ...january }))
          const answers = await Promise.all(
            bought.map(({ media_buy_id, package_id }, i) =>
              change(media_buy_id, { packages: [{ package_id, budget: wanted[i]?.to }] }),
            ),
          )
          for (const { body, isError } of answers)
            if (isError) expect(body.adcp_error?.code).toBe('PRODUCT_UNAVAILABLE')
          const { rows } = await sql<{ amount: number }>`select sum(amount)::int as amount from reservations
            where product_id = 'trail_video_premium' and released_at is null group by day`.execute(desk.db)
          for (const { amount } of rows) expect(amount).toBeLessThanOrEqual(70_000)
          for (const [i, { package_id }] of bought.entries()) {
            const budget = answers[i]?.isError ? wanted[i]?.from : wanted[i]?.to
            const held = await sql<{ amount: number }>`select sum(amount)::int as amount from reservations
              where package_id = ${package_id} and released_at is null`.execute(desk.db)
            const promised = Math.floor(((budget ?? 0) / 32) * 1000)
            expect(held.rows[0]?.amount).toBeGreaterThanOrEqual(promised)
            expect(held.rows[0]?.amount).toBeLessThan(promised + 7)
          }
        },
      ),
      { numRuns: 12 },
    )
  })
})

describe('a change that fails', () => {
  test.each([
    ['its answer is kept', 'update', 'idempotency_keys'],
    ['its history is written', 'insert', 'media_buy_events'],
    ['its audit entry is written', 'insert', 'audit_log'],
    ['its impressions are held', 'insert', 'reservations'],
    ['its ad server is to learn of it', 'update', 'fulfilments'],
  ])('when %s leaves nothing at all, and can be sent again', async (_when, what, table) => {
    await desk.db.updateTable('reservations').set({ released_at: desk.now }).execute()
    const { media_buy_id, package_id } = await buy({ packages: [premium(4000)], ...january })
    const args: Args = aChange(media_buy_id, { packages: [{ package_id, budget: 4500 }] })
    const before = { rows: await rowCounts(desk.db), buy: await see(media_buy_id) }
    await sql`create function break_it() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$`.execute(
      desk.db,
    )
    await sql`create trigger break_it after ${sql.raw(what)} on ${sql.raw(table)} for each row execute function break_it()`.execute(
      desk.db,
    )
    const failed = await buyer.call('update_media_buy', args)
    await sql`drop function break_it cascade`.execute(desk.db)
    expect(failed.body.adcp_error?.code).toBe('SERVICE_UNAVAILABLE')
    expect({ rows: await rowCounts(desk.db), buy: await see(media_buy_id) }).toEqual(before)
    expect((await buyer.call('update_media_buy', args)).body).toMatchObject({ replayed: false, revision: 2 })
  })
})
