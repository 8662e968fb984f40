import type { App, webApi } from '@slack/bolt'
import { homeView, pendingMessage, strangersHome } from '../blocks/waiting.ts'
import { readWaiting, type Waiting } from '../queries/waiting.ts'
import type { SlackDesk } from './desk.ts'
import { readPerson } from './person.ts'

/** The app's home and `/salesdesk pending`: what waits for a person, to those who may see it. */
export function answerHome(app: App, desk: SlackDesk): void {
  const consoleOf = (tenant_id: string) => `${desk.consoleUrl}/${tenant_id}`
  app.event('app_home_opened', async ({ event, client, context }) => {
    if (event.tab !== 'home') return
    const { waiting, mayDecide } = await readSeen(desk, client, context.teamId ?? '', event.user)
    const view = waiting.length > 0 ? homeView(waiting, mayDecide, consoleOf) : strangersHome()
    await client.views.publish({ user_id: event.user, view })
  })
  app.command('/salesdesk', async ({ ack, command, client, respond }) => {
    await ack()
    if (command.text.trim() !== 'pending') {
      await respond({ response_type: 'ephemeral', text: 'Use `/salesdesk pending` to see what waits.' })
      return
    }
    const { waiting } = await readSeen(desk, client, command.team_id, command.user_id)
    const message = waiting.length > 0 ? pendingMessage(waiting, consoleOf) : nothing
    await respond({ response_type: 'ephemeral', ...message })
  })
}

const nothing = {
  text: 'Your Slack account is not connected to a user of the desk.',
  blocks: strangersHome().blocks,
}

/** What waits at the publishers of this workspace of whom this is one of the people. */
async function readSeen(desk: SlackDesk, client: webApi.WebClient, team_id: string, slack_user_id: string) {
  const publishers = await desk.readDb
    .selectFrom('slack_connections')
    .select('tenant_id')
    .where('team_id', '=', team_id)
    .where('uninstalled_at', 'is', null)
    .orderBy('tenant_id')
    .execute()
  const waiting: Waiting[] = []
  let mayDecide = true
  for (const { tenant_id } of publishers) {
    const person = await readPerson(desk, tenant_id, { client, team_id, slack_user_id })
    if (!person) continue
    mayDecide &&= person.mayDecide
    waiting.push(await readWaiting(desk.readDb, tenant_id))
  }
  return { waiting, mayDecide }
}
