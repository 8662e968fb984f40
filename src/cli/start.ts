import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { createDesk, startWorking } from '../app.ts'
import { serveHttp } from '../serve_http.ts'
import { createToken } from '../commands/create_token.ts'
import type { Db } from '../db/database.ts'
import { authenticate } from '../mcp/authenticate.ts'
import { readPublisherFile } from '../seed/publisher_file.ts'
import { savePublisher } from '../seed/save_publisher.ts'
import { claudeDesktopConfig } from './client_config.ts'
import { firstPersonLink } from './first_person.ts'
import {
  migrateDatabase,
  operator,
  say,
  untilStopped,
  withEnvironment,
  type Environment,
} from './environment.ts'
import { openMonitor } from './monitor.ts'
import { examplePublisher } from './seed.ts'

export function registerStart(program: Command): void {
  program
    .command('start')
    .description(
      'Run the whole desk: database (unless DATABASE_URL is set), MCP server and worker. Ctrl-C stops it after the running job.',
    )
    .action(() => withEnvironment(start))
}

async function start(environment: Environment) {
  const { config, log, databaseUrl } = environment
  const stopped = untilStopped()
  await migrateDatabase(databaseUrl)
  const monitor = await openMonitor(environment, { worker: true })
  const desk = createDesk({ config, databaseUrl, log, meter: monitor.meter, spans: monitor.spans })
  let http: Awaited<ReturnType<typeof serveHttp>> | undefined
  let worker: Awaited<ReturnType<typeof startWorking>> | undefined
  try {
    await seedIfEmpty(desk.db)
    http = await serveHttp(desk, config, monitor.readiness)
    worker = await startWorking({ config, databaseUrl, log, meter: monitor.meter, spans: monitor.spans })
    monitor.working(worker)
    await introduce(desk.db, environment, http.url)
    const signal = await stopped
    say('', 'Stopping: the running job is finished first. Ctrl-C again ends at once.')
    await monitor.drain(signal)
  } finally {
    await http?.close()
    await worker?.stop()
    await desk.close()
    await monitor.close()
  }
  say('Stopped. Everything is kept; npm start goes on where this ended.')
}

async function seedIfEmpty(db: Db) {
  if (await db.selectFrom('tenants').select('tenant_id').limit(1).executeTakeFirst()) return
  await savePublisher(db, await readPublisherFile(examplePublisher))
  say('The database was empty: it now sells for the example publisher (docs/examples/publisher.yaml).')
}

async function introduce(db: Db, environment: Environment, address: string) {
  const url = `${address}/mcp`
  const firstPerson = await firstPersonLink(db, `${address}/console`)
  const { config, dataDir } = environment
  const token = (await localToken(db, environment)) ?? '<token: salesdesk token PRINCIPAL>'
  const variables: Record<string, string> =
    config.DATABASE_URL === undefined
      ? { SALESDESK_DATA_DIR: resolve(config.SALESDESK_DATA_DIR) }
      : { DATABASE_URL: '<the same as here>' }
  say('', 'Salesdesk is open.', '', `  MCP      ${url}`)
  say(`  Console  ${firstPerson ?? `${address}/console`}`)
  if (firstPerson !== undefined) say('           (this link makes whoever opens it the first admin, once)')
  say(`  Data     ${dataDir ?? 'the database of DATABASE_URL'}`)
  say(
    '',
    'Claude Desktop: paste into claude_desktop_config.json ("salesdesk" runs here, "salesdesk-remote" over HTTP; one is enough):',
    '',
    ...claudeDesktopConfig({ url, token, variables }).split('\n'),
  )
  say('', `Other MCP clients: POST ${url} with "Authorization: Bearer ${token}"`, 'Stop with Ctrl-C.')
}

/** With the embedded database, a token for the person at this machine, kept in a file only they can read. */
async function localToken(db: Db, { config, dataDir }: Environment): Promise<string | undefined> {
  if (dataDir === undefined) return undefined
  const file = join(resolve(config.SALESDESK_DATA_DIR), 'local-token')
  if (existsSync(file)) {
    const token = readFileSync(file, 'utf8').trim()
    if (await authenticate(db, token, new Date())) return token
  }
  const principal = await db
    .selectFrom('principals')
    .select('principal_id')
    .where('archived_at', 'is', null)
    .where('sandbox', '=', false)
    .orderBy('created_at')
    .orderBy('principal_id')
    .executeTakeFirst()
  if (!principal) return undefined
  const token = await createToken(db, principal.principal_id, {
    by: { kind: 'operator', name: operator() },
    label: 'this machine',
  })
  // the folder is not there yet if PostgreSQL, run by root, has its files elsewhere
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  return token
}
