import type { IncomingMessage, ServerResponse } from 'node:http'
import { boltLog, createApp, loadBolt } from './bolt.ts'
import { createBusy } from './busy.ts'
import type { SlackDesk } from './desk.ts'
import { createInstaller } from './install.ts'
import { createOwnApps } from './own_apps.ts'
import { listenOnSocket } from './socket.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Clicks, answers to questions, the app's home and its command: at POST /slack/events, signed by Slack, or 401; or over Socket
 * Mode, from start() on. An app of a publisher's own speaks at /slack/events/<tenant_id>, with its own secret. Workspaces install
 * the desk's app at /slack/install. What was begun is finished before close() resolves.
 */
export function createSlack(desk: SlackDesk) {
  const busy = createBusy()
  const paths: Record<string, () => Promise<Answer>> = {}
  const { signingSecret, appToken, oauth } = desk
  if (signingSecret !== undefined) {
    const load = once(() => loadEvents({ ...desk, only: undefined }, signingSecret, EVENTS))
    paths[`POST ${EVENTS}`] = load
  }
  if (oauth) {
    const load = once(() => createInstaller(desk, oauth))
    paths['GET /slack/install'] = async () => (await load()).begin
    paths['GET /slack/oauth_redirect'] = async () => (await load()).end
  }
  const ownApp = createOwnApps(desk, (only, secret) =>
    loadEvents({ ...desk, only }, secret, `${EVENTS}/${only}`),
  )
  let socket: Promise<{ close(): Promise<void> }> | undefined

  async function loadEvents(desk: SlackDesk, signingSecret: string, at: string): Promise<Answer> {
    const bolt = await loadBolt()
    const logger = boltLog(desk.log)
    const receiver = new bolt.HTTPReceiver({ signingSecret, endpoints: at, logger })
    createApp(bolt, desk, receiver, busy)
    return receiver.requestListener
  }
  /** Whether there is such a publisher at all is nobody's business who cannot sign. */
  function loadOwn(asked: string): (() => Promise<Answer>) | undefined {
    const tenant_id = ownEvents.exec(asked)?.[1]
    return tenant_id === undefined ? undefined : async () => (await ownApp(tenant_id)) ?? unsigned
  }
  return {
    answer(request: IncomingMessage, response: ServerResponse): void {
      const asked = `${request.method} ${request.url?.split('?', 1)[0]}`
      const load = paths[asked] ?? loadOwn(asked)
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

const EVENTS = '/slack/events'
const ownEvents = new RegExp(`^POST ${EVENTS}/([a-z0-9_-]{2,63})$`)
const unsigned: Answer = (_request, response) => response.writeHead(401).end()

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
