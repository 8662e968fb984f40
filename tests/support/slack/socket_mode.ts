import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { eventually } from '../eventually.ts'

/** Slack sends an envelope again where it is not acknowledged within this time. */
const PATIENCE_MS = 3000
export const appToken = 'xapp-test'
export type SocketMode = ReturnType<typeof socketMode>

/**
 * Slack's Socket Mode as its reference has it (docs.slack.dev/apis/events-api/using-socket-mode): a ticket from
 * apps.connections.open opens one connection, which says hello; each envelope goes to one of the connections there are and must be
 * acknowledged by its id; Slack asks for a new connection when it likes.
 */
export function socketMode(door: Server) {
  const tickets = new Set<string>()
  const links: WebSocket[] = []
  const waiting = new Map<string, () => void>()
  const server = new WebSocketServer({ server: door, path: '/link', verifyClient })
  function verifyClient({ req }: { req: IncomingMessage }): boolean {
    return tickets.delete(new URL(req.url ?? '', 'ws://slack').searchParams.get('ticket') ?? '')
  }
  server.on('connection', (link) => {
    links.push(link)
    link.on('close', () => links.splice(links.indexOf(link), 1))
    link.on('message', (data) => {
      const { envelope_id } = JSON.parse((data as Buffer).toString()) as { envelope_id: string }
      waiting.get(envelope_id)?.()
    })
    link.send(JSON.stringify({ type: 'hello', num_connections: links.length, connection_info: {} }))
  })
  return {
    /** The connections there are, the oldest first. */
    links,
    /** Answers apps.connections.open. */
    open(request: IncomingMessage, response: ServerResponse) {
      const known = request.headers.authorization === `Bearer ${appToken}`
      const ticket = randomUUID()
      if (known) tickets.add(ticket)
      const { port } = door.address() as AddressInfo
      const answer = known
        ? { ok: true, url: `ws://127.0.0.1:${port}/link?ticket=${ticket}` }
        : { ok: false, error: 'invalid_auth' }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    },
    connected: (many = 1) =>
      eventually(`${many} connections of Socket Mode`, () => Promise.resolve(links.length === many)),
    /** Sends an envelope over a connection; resolves when it is acknowledged. The same id again is the same envelope. */
    async deliver(
      type: string,
      payload: object,
      {
        link = links[0],
        envelope_id = randomUUID(),
      }: { link?: WebSocket | undefined; envelope_id?: string } = {},
    ) {
      if (!link) throw new Error('nobody is connected')
      const acknowledged = new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => {
          reject(new Error(`nobody acknowledged a ${type} within three seconds`))
        }, PATIENCE_MS)
        waiting.set(envelope_id, () => {
          clearTimeout(late)
          resolve()
        })
      })
      link.send(
        JSON.stringify({ type, envelope_id, payload, accepts_response_payload: type !== 'events_api' }),
      )
      await acknowledged
    },
    /** What Slack says before it closes connections of its own accord. */
    refresh(): void {
      for (const link of links) link.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }))
    },
    /** The line breaks, and nobody says so. */
    cut(): void {
      for (const link of links) link.terminate()
    },
    close: () => {
      for (const link of links) link.terminate()
      server.close()
    },
  }
}
