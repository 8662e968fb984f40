import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmulator } from 'emulate'
import { afterAll } from 'vitest'
import { freePort } from '../free_port.ts'
import { blockKitFaults, viewFaults } from './block_kit.ts'
import { socketMode, type SocketMode } from './socket_mode.ts'

export interface Called {
  method: string
  /** Whose workspace it was said in. */
  token: string | undefined
  args: Record<string, string>
}
/** What happens to the next call: an answer of its own, carried out but never answered, cut off before it arrives, or left to hang. */
export type Trouble =
  { status: number; headers?: Record<string, string>; body?: string } | 'lost' | 'cut' | 'hang'
export interface Message {
  ts: string
  text: string
  blocks: { type: string; text?: { text: string }; elements?: { action_id?: string }[] }[]
  thread_ts?: string
}
export const slackToken = 'xoxb-test'
/** Of another publisher’s workspace; the emulator keeps what both say in one. */
export const otherSlackToken = 'xoxb-another'
export const signingSecret = 'a secret Slack and we share'

/**
 * A Slack workspace: the one of `emulate`, behind a door of ours that adds what it lacks: Socket Mode, limits of Block Kit, trouble
 * on the way, and a record of what was asked.
 */
export async function startSlack() {
  const slack = await createEmulator({
    service: 'slack',
    port: await freePort(),
    seed: { slack: seed },
  })
  const calls: Called[] = []
  const trouble: Trouble[] = []
  const hanging: ServerResponse[] = []
  const door = createServer((request, response) => {
    pass(request, response, { to: slack.url, calls, trouble, hanging, socket }).catch(() =>
      response.destroy(),
    )
  })
  const socket = socketMode(door)
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const { port } = door.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const ask = async (method: string, args: Record<string, string> = {}) => {
    const response = await fetch(`${slack.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slackToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    })
    return (await response.json()) as Record<string, unknown>
  }
  const listed = await ask('conversations.list')
  const channels = listed['channels'] as { id: string; name: string }[]
  const members = (await ask('users.list'))['members'] as { id: string; name: string }[]
  const idOf = (list: { id: string; name: string }[], name: string) =>
    list.find((one) => one.name === name)?.id ?? `no ${name}`
  afterAll(async () => {
    socket.close()
    door.closeAllConnections()
    door.close()
    await slack.close()
  })
  return {
    url,
    apiUrl: `${url}/api/`,
    calls,
    trouble,
    /** Breaks the calls that were left to hang. */
    hangUp: () => {
      for (const response of hanging.splice(0)) response.destroy()
    },
    socket,
    ask,
    channel: idOf(channels, 'approvals'),
    escalation: idOf(channels, 'urgent'),
    /** Where another publisher is told. */
    others: { channel: idOf(channels, 'theirs'), escalation: idOf(channels, 'theirs-urgent') },
    user: (name: string) => idOf(members, name),
    team: 'T000000001',
    /** What Slack calls the app, once it was installed. */
    app: 'A000000001',
    /** What is in a channel, the oldest first. */
    async messages(channel = idOf(channels, 'approvals')): Promise<Message[]> {
      const { messages } = await ask('conversations.history', { channel, limit: '1000' })
      return (messages as Message[]).toReversed()
    },
    replies: async (channel: string, ts: string) =>
      ((await ask('conversations.replies', { channel, ts }))['messages'] as Message[]).slice(1),
  }
}

export type Slack = Awaited<ReturnType<typeof startSlack>>

const seed = {
  team: { name: 'Northwind', domain: 'northwind' },
  users: ['kim', 'vera', 'stranger', 'dana', 'sam'].map((name) => ({
    name,
    email: `${name}@northwind.example`,
  })),
  channels: ['approvals', 'urgent', 'theirs', 'theirs-urgent'].map((name) => ({ name })),
  bots: [{ name: 'salesdesk' }],
  tokens: [slackToken, otherSlackToken].map((token) => ({ token, user: 'admin' })),
  incoming_webhooks: [{ channel: 'approvals' }],
  oauth_apps: [
    {
      client_id: 'desk-client',
      client_secret: 'desk-client-secret',
      name: 'Salesdesk',
      app_id: 'A000000001',
      redirect_uris: ['https://desk.example/slack/oauth_redirect'],
      scopes: ['chat:write', 'commands'],
    },
  ],
  signing_secret: signingSecret,
}

interface Passing {
  socket: SocketMode
  to: string
  calls: Called[]
  trouble: Trouble[]
  hanging: ServerResponse[]
}

async function pass(request: IncomingMessage, response: ServerResponse, passing: Passing) {
  const { to, calls, trouble, hanging, socket } = passing
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const method = (request.url ?? '').replace(/^\/(api\/)?/, '').replace(/\?.*/, '')
  const args = argsOf(request.headers['content-type'] ?? '', body.toString())
  const token = request.headers.authorization?.replace(/^Bearer /, '')
  calls.push({ method, token, args })
  const next = trouble.shift()
  if (next === 'hang') return void hanging.push(response)
  if (next === 'cut') return void request.socket.destroy()
  if (typeof next === 'object') return void response.writeHead(next.status, next.headers).end(next.body ?? '')
  if (method === 'apps.connections.open') return void socket.open(request, response)
  // where the answers to a command go
  if (method.startsWith('response/')) return void response.writeHead(200).end('ok')
  const refused = refusal(method, args)
  if (refused !== undefined)
    return void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ok: false, error: refused }))
  const headers: Record<string, string> = {}
  for (const name of ['authorization', 'content-type', 'cookie'])
    if (request.headers[name] !== undefined) headers[name] = String(request.headers[name])
  const answer = await fetch(`${to}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers,
    redirect: 'manual',
    ...(body.length > 0 && { body }),
  })
  if (next === 'lost') return void request.socket.destroy()
  const location = answer.headers.get('location')
  const type = answer.headers.get('content-type') ?? ''
  response.writeHead(answer.status, { 'content-type': type, ...(location !== null && { location }) })
  response.end(Buffer.from(await answer.arrayBuffer()))
}

function argsOf(type: string, body: string): Record<string, string> {
  if (type.includes('json')) return JSON.parse(body || '{}') as Record<string, string>
  return Object.fromEntries(new URLSearchParams(body))
}

/** What the emulator takes and Slack does not. */
function refusal(method: string, args: Record<string, string>): string | undefined {
  const parsed = (value: string | undefined): unknown =>
    typeof value === 'string' ? JSON.parse(value) : value
  if (method.startsWith('chat.') && args['blocks'] !== undefined)
    return blockKitFaults(parsed(args['blocks']), 'message').length > 0 ? 'invalid_blocks' : undefined
  if (method.startsWith('views.') && args['view'] !== undefined)
    return viewFaults(parsed(args['view'])).length > 0 ? 'invalid_arguments' : undefined
  return undefined
}
