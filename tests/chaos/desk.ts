import { fileURLToPath } from 'node:url'
import { createToken } from '../../src/commands/create_token.ts'
import type { Db } from '../../src/db/database.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { enqueue } from '../../src/jobs.ts'
import { startGate, type Gate, type Passage } from '../support/gate.ts'
import type { AdServer } from './ad_servers/ad_server.ts'

const publisherFile = fileURLToPath(new URL('./publisher.yaml', import.meta.url))

/** Gates in front of the ad servers, where one keeper decides about every call of a desk's workers. */
export interface Gates {
  /** What the workers of this desk need in their environment. */
  secrets: Record<string, string>
  connections: { connection_id: string; settings: Record<string, unknown> }[]
  close(): Promise<void>
}
export type Keeper = (server: AdServer, passage: Passage) => Promise<void>

export async function openGates(servers: readonly AdServer[], keeper: Keeper): Promise<Gates> {
  const gates: { server: AdServer; gate: Gate }[] = []
  for (const server of servers)
    gates.push({ server, gate: await startGate(server.url, (passage) => keeper(server, passage)) })
  return {
    secrets: Object.fromEntries(
      gates.map(({ server, gate }) => [
        `SALESDESK_SECRET_${server.connection_id.toUpperCase()}`,
        server.secret(gate.url),
      ]),
    ),
    connections: gates.map(({ server: { connection_id, settings }, gate }) => ({
      connection_id,
      settings: settings(gate.url),
    })),
    close: async () => {
      await Promise.all(gates.map(({ gate }) => gate.close()))
    },
  }
}

/**
 * Puts the publisher of chaos on sale to so many agents, its ad servers behind these gates, and gives each agent's token. Workers
 * then learn what the ad servers can do.
 */
export async function openForSale(db: Db, { connections }: Gates, agents: number): Promise<string[]> {
  const file = await readPublisherFile(publisherFile)
  const settings = new Map(connections.map(({ connection_id, ...one }) => [connection_id, one.settings]))
  const principals = Array.from({ length: agents }, (_one, i) => ({
    platform_mappings: {},
    sandbox: false,
    principal_id: `agent_${i + 1}`,
    name: `Agent ${i + 1}`,
  }))
  await savePublisher(db, {
    ...file,
    principals,
    connections: file.connections.map((one) => ({ ...one, settings: settings.get(one.connection_id) ?? {} })),
  })
  await db.transaction().execute(async (trx) => {
    for (const { connection_id } of connections)
      await enqueue(trx, 'sync_adapter_capabilities', { connection_id })
  })
  return Promise.all(
    principals.map(({ principal_id }) =>
      createToken(db, principal_id, { by: { kind: 'operator', name: 'chaos' } }),
    ),
  )
}
