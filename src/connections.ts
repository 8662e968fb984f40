import { AdapterError, type Call, type Fetch, type Survey } from './adapters/adapter.ts'
import { connectAdapter, survey } from './adapters/index.ts'
import type { Config } from './config.ts'
import type { Db } from './db/database.ts'
import { sealOf } from './from_config.ts'
import { guardedFetch } from './outbound/guarded_fetch.ts'
import type { Log } from './log.ts'
import type { Meter } from './monitoring/meter.ts'
import { readSold } from './queries/sold.ts'
import { observe } from './tasks/ad_server/observe.ts'
import { assetDownload } from './tasks/download_asset.ts'
import { readConnection } from './tasks/read_connection.ts'

const fetches = new WeakMap<Config, Fetch>()
/** How this process reaches ad servers; its connections are shared by all that is done there. */
function adServerFetchOf(config: Config): Fetch {
  const known = fetches.get(config) ?? guardedFetch(config.AD_SERVER_PRIVATE_HOSTS)
  fetches.set(config, known)
  return known
}

/** An ad server as its row and its secret describe it. @throws AdapterError('config') where they do not. */
export async function openConnection(
  db: Db,
  config: Config,
  connection_id: string,
  download = assetDownload(config.WEBHOOK_ALLOW_LOOPBACK),
  watching?: { log: Log; meter?: Meter | undefined },
) {
  const secrets = { seal: sealOf(config), variable: config.secret }
  const connection = await readConnection(db, connection_id, secrets)
  const { kind } = connection
  const fetch = adServerFetchOf(config)
  const adapter = connectAdapter(kind, { connection_id, ...connection, fetch, download, books: db })
  return watching ? observe(adapter, { adapter: kind, connection_id, ...watching }) : adapter
}

/** What is found of a connection, and what its settings can be; what the ad server or the secret is to blame for is a finding as well. */
export async function surveyConnection(
  db: Db,
  config: Config,
  connection_id: string,
  call: Call,
): Promise<Survey> {
  try {
    const secrets = { seal: sealOf(config), variable: config.secret }
    const { kind, ...rest } = await readConnection(db, connection_id, secrets)
    const download = assetDownload(config.WEBHOOK_ALLOW_LOOPBACK)
    const fetch = adServerFetchOf(config)
    const sold = await readSold(db, connection_id)
    return await survey(kind, { connection_id, ...rest, fetch, download, books: db }, sold, call)
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return { findings: [{ ok: false, subject: 'connection', text: error.message }], choices: {} }
  }
}

/** Whether an ad server connection could work with this secret, as far as can be seen without asking anybody. @throws AdapterError('config') */
export async function trySecret(db: Db, connection_id: string, secret: string): Promise<void> {
  const { kind, settings } = await db
    .selectFrom('adapter_configs')
    .select(['kind', 'settings'])
    .where('connection_id', '=', connection_id)
    .executeTakeFirstOrThrow()
  const [fetch, download] = [guardedFetch([]), assetDownload(false)]
  connectAdapter(kind, { connection_id, settings, secret, fetch, download, books: db })
}
