import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { aPurchase, testDesk } from '../support/desk.ts'
import { buy } from '../support/orders.ts'
import { finalize, proposalsFor, proposalsOf } from '../support/proposals.ts'

const desk = testDesk()
const days = (n: number) => new Date(Date.now() + n * 86_400_000)

test('a buyer’s key is remembered for a month after it expired, and then forgotten', async () => {
  await buy(await desk.buyer())
  const { expires_at } = await desk.db
    .selectFrom('idempotency_keys')
    .select('expires_at')
    .executeTakeFirstOrThrow()
  const at = async (offset: number) => {
    desk.now = new Date(expires_at.getTime() + offset)
    await desk.db.transaction().execute((trx) => enqueue(trx, 'forget_idempotency_keys', {}))
    await desk.runJobs(new Date())
    return (await desk.db.selectFrom('idempotency_keys').select('idempotency_key').execute()).length
  }
  expect(await at(30 * 86_400_000 - 1000)).toBe(1)
  expect(await at(30 * 86_400_000 + 1000)).toBe(0)
})

test('a proposal nobody bought holds nothing soon after it expired and is forgotten a month later; one that was bought stays', async () => {
  const now = new Date('2026-12-15T15:30:00Z')
  desk.now = now
  const buyer = await desk.buyer()
  const promised = async (first: string, last: string) => {
    const filters = {
      ...{ delivery_type: 'guaranteed', channels: ['streaming_audio'], countries: ['DE'] },
      ...{ start_date: first, end_date: last, budget_range: { max: 2970, currency: 'EUR' } },
    }
    const [draft] = await proposalsFor(buyer, 'radio drive time', { filters })
    const [committed] = proposalsOf(await finalize(buyer, [draft?.proposal_id ?? '']))
    return committed?.proposal_id ?? ''
  }
  const [bought, left] = [
    await promised('2027-03-01', '2027-03-02'),
    await promised('2027-04-01', '2027-04-02'),
  ]
  const purchase = {
    ...{ packages: undefined, proposal_id: bought, total_budget: { amount: 2970, currency: 'EUR' } },
    ...{ start_time: '2027-03-01T00:00:00Z', end_time: '2027-03-03T00:00:00Z' },
  }
  const { body } = await buyer.call('create_media_buy', aPurchase(purchase, now))
  expect(body['status']).toBe('submitted')
  const at = async (hours: number) => {
    desk.now = new Date(now.getTime() + hours * 3_600_000)
    await desk.db.transaction().execute((trx) => enqueue(trx, 'forget_proposals', {}))
    await desk.runJobs(new Date())
    const kept = await desk.db.selectFrom('proposals').select('proposal_id').execute()
    const held = await desk.db.selectFrom('proposal_holds').select('proposal_id').execute()
    return { kept: kept.map(({ proposal_id }) => proposal_id).sort(), held: held.length }
  }
  // the publisher holds proposals for 48 hours
  const both = [bought, left].sort()
  expect(await at(47)).toEqual({ kept: both, held: 2 })
  expect(await at(50)).toEqual({ kept: both, held: 0 })
  expect(await at(48 + 30 * 24)).toEqual({ kept: both, held: 0 })
  expect(await at(49 + 30 * 24)).toEqual({ kept: [bought], held: 0 })
  const late = aPurchase(
    { ...purchase, proposal_id: left, start_time: '2027-04-01T00:00:00Z', end_time: '2027-04-03T00:00:00Z' },
    desk.now,
  )
  expect((await buyer.call('create_media_buy', late)).body.adcp_error).toMatchObject({
    code: 'PROPOSAL_EXPIRED',
  })
})

test('what an ad server can do is learned again, and a connection that cannot be opened keeps nobody else from it', async () => {
  desk.now = days(1)
  await desk.db
    .updateTable('adapter_configs')
    .set({ capabilities: null, capabilities_synced_at: null })
    .execute()
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb({ speed: 9 }) })
    .where('connection_id', '=', 'screens')
    .execute()
  await desk.db.transaction().execute(async (trx) => {
    for (const connection_id of ['screens', 'house'])
      await enqueue(trx, 'sync_adapter_capabilities', { connection_id })
  })
  await desk.runJobs(new Date())
  const rows = await desk.db
    .selectFrom('adapter_configs')
    .select(['connection_id', 'capabilities', 'capabilities_synced_at'])
    .orderBy('connection_id')
    .execute()
  expect(rows).toMatchObject([
    { connection_id: 'house', capabilities: { approval: 'polled' }, capabilities_synced_at: desk.now },
    { connection_id: 'screens', capabilities: null },
  ])

  // nobody needs to know what one can do that is parted with, and nobody is told that it cannot be asked
  const waiting = sql<{
    attempts: number
  }>`select attempts from graphile_worker.jobs where task_identifier = 'sync_adapter_capabilities'`
  expect((await waiting.execute(desk.db)).rows).toEqual([{ attempts: 1 }])
  await desk.db
    .updateTable('adapter_configs')
    .set({ archived_at: desk.now })
    .where('connection_id', '=', 'screens')
    .execute()
  await desk.runJobs(days(3))
  expect((await waiting.execute(desk.db)).rows).toEqual([])
})
