import { afterEach, beforeAll, expect, test } from 'vitest'
import { startWorking } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { quiet } from '../support/database.ts'
import { aPurchase, encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { buy, fulfilmentsOf } from '../support/orders.ts'
import { connectedPeople } from '../support/slack/people.ts'
import { slackToken, startSlack } from '../support/slack/server.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const slack = await startSlack()
const variables = {
  ...{ SLACK_BOT_TOKEN: slackToken, SLACK_API_URL: slack.apiUrl },
  ...{ WEBHOOK_ALLOW_LOOPBACK: 'true', WORKER_CONCURRENCY: '1' },
}
const desk = testDesk(variables)
const ours = webhookReceiver()
let worker: Awaited<ReturnType<typeof startWorking>> | undefined
beforeAll(() => connectedPeople(desk, slack))
afterEach(async () => {
  slack.hangUp()
  await worker?.stop()
})

test('a Slack that never answers delays neither an order nor a webhook', async () => {
  await desk.runJobs()
  slack.calls.length = 0
  slack.trouble.push('hang')
  const config = readConfig({ ...variables, SALESDESK_ENCRYPTION_KEY: encryptionKey })
  worker = await startWorking({ config, databaseUrl: desk.databaseUrl, log: quiet })
  const item = { product_id: 'trail_podcast_host_read', pricing_option_id: 'cpm_gbp_fixed', budget: 20 }
  const waits = aPurchase({ package: { ...item, bid_price: undefined } }, desk.now)
  await (await desk.buyer()).call('create_media_buy', waits)
  await eventually('Slack hangs', () => slack.calls.length === 1)

  const push_notification_config = { url: `${ours.url}/mine` }
  const id = await buy(await desk.buyer('acme_direct'), { push_notification_config })
  await eventually('the order', async () => (await fulfilmentsOf(desk.db, id))[0]?.state === 'placed')
  await eventually('the webhook', () => ours.heard('/mine').length === 1)
  expect(slack.calls).toHaveLength(1)
}, 60_000)
