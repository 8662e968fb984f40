import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrateDatabase } from '../../src/cli/environment.ts'
import { createToken } from '../../src/commands/create_token.ts'
import { createDb, createPool } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { createLog } from '../../src/log.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { killAll, salesdesk } from '../support/processes.ts'
import { trustGrader } from '../support/signing_keys.ts'

const sandboxPublisher = fileURLToPath(new URL('../../docs/examples/sandbox.yaml', import.meta.url))

export interface ConformanceDesk {
  /** Base address of the HTTP server, without path. */
  url: string
  /** A token of a sandbox principal that has done nothing yet. */
  freshToken(name: string): Promise<string>
  /** Makes it ready for the grader of signed requests. */
  trustGrader(): Promise<void>
  /** What its processes said, for a failure nobody understands otherwise. */
  log(): string
  stop(): Promise<void>
}

/** A whole desk for the suites: PostgreSQL, server and worker in processes of their own, with the sandbox publisher on sale. */
export async function startConformanceDesk(): Promise<ConformanceDesk> {
  const file = await readPublisherFile(sandboxPublisher)
  const folder = await mkdtemp(join(tmpdir(), 'salesdesk-conformance-'))
  const log = createLog('warn')
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    database: 'salesdesk',
    ephemeral: true,
    log,
  })
  const pool = createPool(postgres.url, { max: 2, log, name: 'conformance' })
  const db = createDb(pool)
  const stop = async () => {
    await killAll()
    await pool.end()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await migrateDatabase(postgres.url)
    await savePublisher(db, file)
    const { url, log } = await startProcesses(postgres.url)
    return {
      url,
      log,
      async freshToken(name) {
        const principal_id = `buyer_${name.replaceAll(/[^A-Za-z0-9]/g, '_')}`
        const principal = {
          principal_id,
          tenant_id: file.tenant.tenant_id,
          name: principal_id,
          sandbox: true,
        }
        await db.insertInto('principals').values(principal).execute()
        return createToken(db, principal_id, { by: { kind: 'operator', name: 'conformance' } })
      },
      trustGrader: () => trustGrader(db, 'sandbox_buyer'),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startProcesses(databaseUrl: string) {
  const environment = {
    CONFORMANCE_CLOCK_OFFSET_MS: process.env['CONFORMANCE_CLOCK_OFFSET_MS'] ?? '0',
    NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '',
    DATABASE_URL: databaseUrl,
    PORT: '0',
    LOG_LEVEL: 'warn',
    SALESDESK_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    COMPLY_TEST_CONTROLLER: 'true',
    REQUEST_SIGNING: 'true',
  }
  const server = salesdesk(['serve'], environment)
  const [, url = ''] = await server.said(/answers at (http\S+)\/mcp/)
  const worker = salesdesk(['work'], environment)
  await worker.said(/is ready/)
  return { url, log: () => [server.stderr(), worker.stderr()].join('\n') }
}
