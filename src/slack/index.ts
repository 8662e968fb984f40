import type { IncomingMessage, ServerResponse } from 'node:http'
import { boltLog, createApp, loadBolt } from './bolt.ts'
import { createBusy } from './busy.ts'
import type { SlackDesk } from './desk.ts'
import { createInstaller } from './install.ts'
import { listenOnSocket } from './socket.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Clicks, answers to questions, the app's home and its command: at POST /slack/events, signed by Slack, or 401; or over Socket
 * Mode, from start() on. Workspaces install the app at /slack/install. What was begun is finished before close() resolves.
 */
export function createSlack(desk: SlackDesk) {
  const busy = createBusy()
  const paths: Record<string, () => Promise<Answer>> = {}
  const { signingSecret, appToken, oauth } = desk
  if (signingSecret !== undefined) {
    const load = once(() => loadEvents(desk, signingSecret))
    paths['POST /slack/events'] = load
  }
  if (oauth) {
    const load = once(() => createInstaller(desk, oauth))
    paths['GET /slack/install'] = async () => (await load()).begin
    paths['GET /slack/oauth_redirect'] = async () => (await load()).end
  }
  let socket: Promise<{ close(): Promise<void> }> | undefined

  async function loadEvents(desk: SlackDesk, signingSecret: string): Promise<Answer> {
    const bolt = await loadBolt()
    const logger = boltLog(desk.log)
    const receiver = new bolt.HTTPReceiver({ signingSecret, endpoints: '/slack/events', logger })
    createApp(bolt, desk, receiver, busy)
    return receiver.requestListener
  }
  return {
    answer(request: IncomingMessage, response: ServerResponse): void {
      const load = paths[`${request.method} ${request.url?.split('?', 1)[0]}`]
      if (!load) return void response.writeHead(404).end()
      busy.during(load().then((answer) => answer(request, response))).catch((error: unknown) => {
        desk.log.error({ err: error }, 'slack')
        response.destroy()
      })
    },
    start(): void {
      if (appToken === undefined) return
      socket ??= loadBolt().then((bolt) => listenOnSocket(bolt, desk, appToken, busy))
    },
    async close() {
      await (await socket)?.close()
      await busy.over()
    },
  }
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
