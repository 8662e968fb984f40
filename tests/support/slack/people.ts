import { connectSlack } from '../../../src/commands/slack/connect.ts'
import { setUpSlack } from '../../../src/commands/slack/set_up.ts'
import { aPurchase, type Args, type TestDesk } from '../desk.ts'
import { eventually } from '../eventually.ts'
import type { Slack } from './server.ts'

const tenant_id = 'northwind'

/** Northwind is connected to the workspace; kim decides there, dana is an admin, and vera only looks. */
export async function connectedPeople(desk: TestDesk, slack: Slack): Promise<void> {
  const how = { way: 'environment', team: { team_id: slack.team, team_name: 'Northwind' } } as const
  await connectSlack(desk.db, { tenant_id, how, by: 'test', now: desk.now })
  await setUpSlack(desk.db, { tenant_id, by: 'test', set: { channel_id: slack.channel } })
  for (const [name, role] of [
    ['kim', 'approver'],
    ['dana', 'admin'],
    ['vera', 'viewer'],
  ] as const) {
    const user = { user_id: `usr_${name}`, email: `${name}@northwind.example`, name }
    await desk.db.insertInto('users').values(user).execute()
    await desk.db.insertInto('memberships').values({ tenant_id, user_id: user.user_id, role }).execute()
  }
}

interface WaitingPurchase {
  step: string
  /** How a button names it. */
  value: string
  media_buy_id: string
  /** What the buyer sent, and was told to follow. */
  purchase: Args
  task_id: string
}
/** A purchase that waits and is told in the channel. */
export async function waitingPurchase(desk: TestDesk): Promise<WaitingPurchase> {
  const item = { product_id: 'trail_podcast_host_read', pricing_option_id: 'cpm_gbp_fixed', budget: 20 }
  const purchase = aPurchase({ package: { ...item, bid_price: undefined } }, desk.now)
  const buyer = await desk.buyer()
  const { body } = await buyer.call('create_media_buy', purchase)
  const task_id = String(body['task_id'])
  const { workflow_step_id: step, media_buy_id } = await desk.db
    .selectFrom('workflow_steps')
    .select(['workflow_step_id', 'media_buy_id'])
    .where('task_id', '=', task_id)
    .executeTakeFirstOrThrow()
  await desk.runJobs()
  return { step, value: `${tenant_id} ${step}`, media_buy_id, purchase, task_id }
}

/** What became of what people were asked. */
export function decisions(desk: TestDesk) {
  const stepOf = (step: string) =>
    desk.db
      .selectFrom('workflow_steps')
      .select(['status', 'decided_by', 'reason'])
      .where('workflow_step_id', '=', step)
      .executeTakeFirstOrThrow()
  const settled = (step: string, status: string) =>
    eventually(`${step} ${status}`, async () => (await stepOf(step)).status === status)
  return { stepOf, settled }
}
