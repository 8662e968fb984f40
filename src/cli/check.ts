import type { Command } from 'commander'
import { AdapterError, type ConnectionFinding, type Sold } from '../adapters/adapter.ts'
import { openConnection } from '../app.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import { formatSizes } from '../queries/format_sizes.ts'
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
    for (const { ok, subject, text } of await findings(db, config, connection_id)) {
      if (!ok) failed++
      say(`  ${ok ? 'ok  ' : 'FAIL'}  ${subject.padEnd(14)} ${text}`)
    }
  }
  if (failed > 0) throw new UnwellError(`${failed} checks failed.`)
}

async function findings(db: Db, config: Config, connectionId: string): Promise<ConnectionFinding[]> {
  try {
    const adapter = await openConnection(db, config, connectionId)
    const call = { signal: AbortSignal.timeout(TIMEOUT_MS), attempt: 1 }
    if (!adapter.check) return [{ ok: true, subject: 'connection', text: 'there is nothing to be verified' }]
    return await adapter.check(await readSold(db, connectionId), call)
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return [{ ok: false, subject: 'connection', text: error.message }]
  }
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

async function readSold(db: Db, connectionId: string): Promise<Sold> {
  const products = await db
    .selectFrom('products')
    .select(['product_id', 'ad_server_config', formatSizes('products').as('sizes')])
    .where('connection_id', '=', connectionId)
    .where('archived_at', 'is', null)
    .orderBy('product_id')
    .execute()
  const priced = await db
    .selectFrom('pricing_options as option')
    .innerJoin('products as product', (join) =>
      join
        .onRef('product.tenant_id', '=', 'option.tenant_id')
        .onRef('product.product_id', '=', 'option.product_id'),
    )
    .select('option.currency')
    .distinct()
    .where('product.connection_id', '=', connectionId)
    .where('product.archived_at', 'is', null)
    .orderBy('option.currency')
    .execute()
  return {
    currencies: priced.map(({ currency }) => currency),
    products: products.map(({ ad_server_config, ...product }) => ({
      ...product,
      ad_server_config: ad_server_config as Record<string, unknown>,
    })),
  }
}
