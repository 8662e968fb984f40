import { beforeAll, expect, it } from 'vitest'
import type { TaskType } from '../../src/adcp/webhook_payload.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import { recordDelivery } from '../../src/commands/record_delivery.ts'
import { enqueue } from '../../src/jobs.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aPurchase, testDesk, type Args } from '../support/desk.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const receiver = webhookReceiver()
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const trail = 'trail_display_run_of_site'
const buyers = [
  { principal_id: 'pinnacle', tenant_id: 'northwind', account_id: 'acc_acme_pinnacle', product_id: trail },
  { principal_id: 'acme_direct', tenant_id: 'northwind', account_id: 'acc_acme_direct', product_id: trail },
  {
    principal_id: 'south_agency',
    tenant_id: 'southwind',
    account_id: 'acc_southwind_acme',
    product_id: 'southwind_secret_product',
  },
]
const flight = { start_time: '2027-01-02T00:00:00Z', end_time: '2027-01-05T00:00:00Z' }
const authentication = { schemes: ['HMAC-SHA256'], credentials: 'sesame-open-sesame-0123456789abcdef' }

beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  desk.now = new Date('2027-01-01T10:00:00Z')
  for (const buyer of buyers) await buys(buyer)
  await desk.runJobs()
  desk.now = new Date('2027-01-03T04:01:00Z')
  await desk.db.transaction().execute((trx) => enqueue(trx, 'report_delivery', {}))
  await desk.runJobs()
})

/** Buys what runs and is reported on, and what a person must agree to; changes it, so that a person must agree again. */
async function buys({ principal_id, tenant_id, account_id, product_id }: (typeof buyers)[number]) {
  const buyer = await desk.buyer(principal_id)
  const hook = { url: `${receiver.url}/${principal_id}`, authentication }
  const given = { adcp_version: '3.1', account: { account_id }, ...flight }
  const told = {
    push_notification_config: hook,
    reporting_webhook: { ...hook, reporting_frequency: 'daily' },
  }
  const running = await call('create_media_buy', aPurchase({ ...given, ...told, package: { product_id } }))
  const large = aPurchase({
    ...given,
    push_notification_config: hook,
    package: { product_id, budget: 60_000 },
  })
  await agree(await call('create_media_buy', large))
  const media_buy_id = String(running['media_buy_id'])
  const [{ package_id = '' } = {}] = running['packages'] as { package_id?: string }[]
  const change = { media_buy_id, packages: [{ package_id, budget: 70_000 }], push_notification_config: hook }
  const key = `change-of-${principal_id}-000001`
  await agree(await call('update_media_buy', { ...given, idempotency_key: key, ...flightless, ...change }))
  const { now } = desk
  const of = { tenant_id, media_buy_id, now }
  await desk.db.transaction().execute(async (trx) => {
    await moveMediaBuy(trx, { kind: 'operator', name: 'test' }, { ...of, to: 'active', action: 'active' })
    const counted = { day: '2027-01-02', figures: { impressions: 1000, spend: 5 } }
    await recordDelivery(trx, {
      ...{ ...of, ...counted, source: 'ad_server', mode: 'replace' },
      as_of: new Date('2027-01-03T00:00:00Z'),
    })
  })

  async function call(tool: string, args: Args): Promise<Args> {
    const { isError, body, texts } = await buyer.call(tool, args)
    if (isError) throw new Error(`${tool} of ${principal_id}: ${texts.join(' ')}`)
    return body
  }
  async function agree({ task_id }: Args) {
    const decision = { decision: 'approved', decided_by: 'Kim', now: desk.now } as const
    const outcome = await decideApproval(desk.db, { tenant_id, id: String(task_id), ...decision })
    expect(outcome.type).toBe('recorded')
  }
}
const flightless = { start_time: undefined, end_time: undefined }

/** Every kind of webhook there is: another one is a type error here until it is tried. */
const kinds: Record<TaskType, true> = {
  create_media_buy: true,
  update_media_buy: true,
  media_buy_delivery: true,
}

it.each(buyers)(
  'what $principal_id is sent, of whatever kind, is about its own',
  async ({ principal_id }) => {
    const heard = receiver.heard(`/${principal_id}`)
    expect([...new Set(heard.map(({ body }) => String(body['task_type'])))].sort()).toEqual(
      Object.keys(kinds).sort(),
    )
    const of = await desk.db
      .selectFrom('media_buys as buy')
      .innerJoin('media_packages as p', 'p.media_buy_id', 'buy.media_buy_id')
      .leftJoin('workflow_steps as step', 'step.media_buy_id', 'buy.media_buy_id')
      .select(['buy.principal_id', 'buy.media_buy_id', 'buy.account_id', 'p.package_id', 'step.task_id'])
      .execute()
    const idsIn = (rows: typeof of) =>
      rows.flatMap((row) => [row.media_buy_id, row.package_id, row.account_id, row.task_id ?? []].flat())
    const theirs = idsIn(of.filter((row) => row.principal_id !== principal_id))
    const own = idsIn(of.filter((row) => row.principal_id === principal_id))
    for (const { text } of heard) {
      expect(theirs.filter((id) => text.includes(id))).toEqual([])
      expect(own.filter((id) => text.includes(id))).not.toEqual([])
    }
  },
)
