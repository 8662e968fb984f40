import { afterEach, expect, test } from 'vitest'
import { startWorking } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { quiet } from '../support/database.ts'
import { encryptionKey, testDesk, type TestBuyer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { buy, fulfilmentsOf } from '../support/orders.ts'
import { webhookReceiver, type Receiver } from '../support/webhook_receiver.ts'

const variables = { WEBHOOK_ALLOW_LOOPBACK: 'true', WORKER_CONCURRENCY: '2' }
const desk = testDesk(variables)
/** Servers on as many hosts, as a buyer may have them. */
const theirs = Array.from({ length: 10 }, webhookReceiver)
const ours = webhookReceiver()

let worker: Awaited<ReturnType<typeof startWorking>> | undefined
afterEach(async () => {
  for (const receiver of theirs) receiver.hang()
  await worker?.stop()
  worker = undefined
})

async function startWorker() {
  const config = readConfig({ ...variables, SALESDESK_ENCRYPTION_KEY: encryptionKey })
  const { databaseUrl } = desk
  worker = await startWorking({ config, databaseUrl, log: quiet, webhookDeadlineMs: 600_000 })
}

const buyTold = (buyer: TestBuyer, { url }: Receiver, path: string) =>
  buy(buyer, { push_notification_config: { url: `${url}${path}` } })

test('a buyer whose fifty webhooks hang delays neither the order nor the webhook of another', async () => {
  for (const receiver of theirs) receiver.hang('/hangs')
  const hanging = await desk.buyer()
  for (let i = 0; i < 50; i += 1) await buyTold(hanging, theirs[i % 10] as Receiver, '/hangs')
  await startWorker()
  const open = () => theirs.reduce((sum, receiver) => sum + receiver.hanging(), 0)
  await eventually('the first to hang', () => open() > 0)

  const id = await buyTold(await desk.buyer('acme_direct'), ours, '/mine')
  await eventually('the other webhook', () => ours.heard('/mine').length === 1)
  await eventually('the other order', async () => (await fulfilmentsOf(desk.db, id))[0]?.state === 'placed')
  expect(open()).toBeGreaterThan(1)
  expect(open()).toBeLessThanOrEqual(4)
  const tried = theirs.reduce((sum, receiver) => sum + receiver.heard('/hangs').length, 0)
  expect(tried).toBe(open())
}, 60_000)

test('eighty webhooks to one server follow each other without a pause', async () => {
  const buyer = await desk.buyer()
  for (let i = 0; i < 80; i += 1) await buyTold(buyer, ours, '/many')
  await startWorker()
  await eventually('the first', () => ours.heard('/many').length > 0)
  const began = Date.now()
  await eventually('the last', () => ours.heard('/many').length === 80, 30_000)
  expect(Date.now() - began).toBeLessThan(12_000)
}, 60_000)
