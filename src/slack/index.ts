import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App, HTTPReceiver } from '@slack/bolt'
import { about } from '../sealed_columns.ts'
import { answerClicks } from './clicks.ts'
import type { SlackDesk } from './desk.ts'
import { answerHome } from './home.ts'

/** Clicks, answers to questions, the app's home and its command, at POST /slack/events; signed by Slack, or 401. */
export function createSlack(desk: SlackDesk) {
  let loading: Promise<HTTPReceiver> | undefined
  return {
    answer(request: IncomingMessage, response: ServerResponse): void {
      const path = request.url?.split('?', 1)[0]
      if (request.method !== 'POST' || path !== '/slack/events') {
        response.writeHead(404).end()
        return
      }
      loading ??= load(desk)
      loading
        .then((receiver) => receiver.requestListener(request, response))
        .catch((error: unknown) => {
          desk.log.error({ err: error }, 'slack')
          response.destroy()
        })
    },
    close: () => Promise.resolve(),
  }
}

/** Bolt takes a second to load, and is not needed before the first click. */
async function load(desk: SlackDesk): Promise<HTTPReceiver> {
  const bolt = await import('@slack/bolt')
  const receiver = new bolt.HTTPReceiver({
    signingSecret: desk.signingSecret,
    endpoints: '/slack/events',
    logLevel: bolt.LogLevel.ERROR,
  })
  const app: App = new bolt.App({
    receiver,
    authorize: ({ teamId }) => authorize(desk, teamId ?? ''),
    clientOptions: { slackApiUrl: desk.apiUrl, allowAbsoluteUrls: false },
    logLevel: bolt.LogLevel.ERROR,
  })
  app.error((error) => {
    desk.log.error({ err: error }, 'slack')
    return Promise.resolve()
  })
  answerClicks(app, desk)
  answerHome(app, desk)
  return receiver
}

/** The token of a workspace that a publisher is connected to. */
async function authorize({ readDb, seal, botToken }: SlackDesk, team_id: string) {
  const row = await readDb
    .selectFrom('slack_connections')
    .select(['tenant_id', 'way', 'bot_token_sealed'])
    .where('team_id', '=', team_id)
    .orderBy('connected_at', 'desc')
    .executeTakeFirst()
  if (!row) throw new Error('no publisher is connected to this workspace')
  const token =
    row.way === 'own_token' && row.bot_token_sealed
      ? seal?.open(row.bot_token_sealed, about('bot_token_sealed', row.tenant_id))
      : botToken
  if (token === undefined) throw new Error('there is no token for this workspace in this process')
  return { botToken: token, teamId: team_id }
}
