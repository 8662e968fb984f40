import type { Command } from 'commander'
import { AdapterError, type ConnectionFinding, type Sold } from '../adapters/adapter.ts'
import { openConnection } from '../app.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import { formatSizes } from '../queries/format_sizes.ts'
import { UnwellError } from './doctor.ts'
import { say, withDb } from './environment.ts'

const TIMEOUT_MS = 60_000

export function registerGam(program: Command): void {
  program
    .command('gam')
    .description('Look after the connections to Google Ad Manager.')
    .command('check')
    .description(
      'Verify the connections to Google Ad Manager: key, network, user, rights, money, time, API version and products.',
    )
    .argument('[connection_id]', 'one of them; all unless given')
    .action((connectionId?: string) => withDb((db, { config }) => checkAll(db, config, connectionId)))
}

async function checkAll(db: Db, config: Config, connectionId: string | undefined): Promise<void> {
  const connections = await selectConnections(db, connectionId).execute()
  if (connections.length === 0)
    throw new UnwellError(
      connectionId === undefined
        ? 'The publisher has no connection of kind google_ad_manager.'
        : `There is no connection ${connectionId} of kind google_ad_manager.`,
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
    return (await adapter.check?.(await readSold(db, connectionId), call)) ?? []
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return [{ ok: false, subject: 'connection', text: error.message }]
  }
}

function selectConnections(db: Db, connectionId: string | undefined) {
  return db
    .selectFrom('adapter_configs')
    .select(['connection_id', 'name'])
    .where('kind', '=', 'google_ad_manager')
    .where('archived_at', 'is', null)
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
