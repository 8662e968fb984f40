import type { App } from '@slack/bolt'
import { homeView, pendingMessage, strangersHome, type Seen } from '../blocks/waiting.ts'
import { readWaiting } from '../queries/waiting.ts'
import type { SlackDesk } from './desk.ts'
import { readPerson, type Asking } from './person.ts'
import { selectReached } from './reached.ts'

/** The app's home and `/salesdesk pending`: what waits for a person, to those who may see it. */
export function answerHome(app: App, desk: SlackDesk): void {
  app.event('app_home_opened', async ({ event, client, context }) => {
    if (event.tab !== 'home') return
    await publishHome(desk, { client, team_id: context.teamId ?? '', slack_user_id: event.user })
  })
  app.command('/salesdesk', async ({ ack, command, client, respond }) => {
    await ack()
    if (command.text.trim() !== 'pending') {
      await respond({ response_type: 'ephemeral', text: 'Use `/salesdesk pending` to see what waits.' })
      return
    }
    const asking = { client, team_id: command.team_id, slack_user_id: command.user_id }
    const waiting = await readSeen(desk, asking)
    const message = waiting.length > 0 ? pendingMessage(waiting, consoleOf(desk)) : nothing
    await respond({ response_type: 'ephemeral', ...message })
  })
}

/** Shows somebody their home as things stand now. */
export async function publishHome(desk: SlackDesk, asking: Asking): Promise<void> {
  const { client, slack_user_id: user_id } = asking
  const waiting = await readSeen(desk, asking)
  const view = waiting.length > 0 ? homeView(waiting, consoleOf(desk)) : strangersHome()
  await client.views.publish({ user_id, view })
}

const consoleOf = (desk: SlackDesk) => (tenant_id: string) => `${desk.consoleUrl}/${tenant_id}`

const nothing = {
  text: 'Your Slack account is not connected to a user of the desk.',
  blocks: strangersHome().blocks,
}

/** What waits at the publishers of this workspace of whom this is one of the people. */
async function readSeen(desk: SlackDesk, asking: Asking) {
  const publishers = await selectReached(desk, asking.team_id)
    .select('tenant_id')
    .orderBy('tenant_id')
    .execute()
  const waiting: Seen[] = []
  for (const { tenant_id } of publishers) {
    const person = await readPerson(desk, tenant_id, asking)
    if (!person) continue
    waiting.push({ ...(await readWaiting(desk.readDb, tenant_id)), mayDecide: person.mayDecide })
  }
  return waiting
}
