import type { Command } from 'commander'
import { surveyConnection } from '../connections.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import { UnwellError } from './doctor.ts'
import { say, withDb } from './environment.ts'

const TIMEOUT_MS = 60_000

interface Which {
  connectionId: string | undefined
  kind?: string | undefined
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description(
      'Verify the connections to ad servers: secret, network, money, and what products name there.',
    )
    .argument('[connection_id]', 'one of them; all unless given')
    .action((connectionId?: string) => withDb((db, { config }) => checkAll(db, config, { connectionId })))
}

/** Says of each of these connections what its adapter finds, a line each. @throws UnwellError if there is none, or something is wrong */
export async function checkAll(db: Db, config: Config, { connectionId, kind }: Which): Promise<void> {
  const connections = await selectConnections(db, { connectionId, kind }).execute()
  const ofKind = kind === undefined ? '' : ` of kind ${kind}`
  if (connections.length === 0)
    throw new UnwellError(
      connectionId === undefined
        ? `The publisher has no connection${ofKind}.`
        : `There is no connection ${connectionId}${ofKind}.`,
    )
  let failed = 0
  for (const { connection_id, name } of connections) {
    say(`${connection_id}: ${name}`)
    const call = { signal: AbortSignal.timeout(TIMEOUT_MS), attempt: 1 }
    const { findings } = await surveyConnection(db, config, connection_id, call)
    for (const { ok, subject, text } of findings) {
      if (!ok) failed++
      say(`  ${ok ? 'ok  ' : 'FAIL'}  ${subject.padEnd(14)} ${text}`)
    }
  }
  if (failed > 0) throw new UnwellError(`${failed} checks failed.`)
}

function selectConnections(db: Db, { connectionId, kind }: Which) {
  return db
    .selectFrom('adapter_configs')
    .select(['connection_id', 'name'])
    .where('archived_at', 'is', null)
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
    .$if(connectionId !== undefined, (query) => query.where('connection_id', '=', connectionId ?? ''))
    .orderBy('connection_id')
}
