import { expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { testDesk } from '../support/desk.ts'
import { buy } from '../support/orders.ts'

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
})
