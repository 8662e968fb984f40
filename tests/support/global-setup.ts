import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createLog } from '../../src/log.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: string
  }
}

/** One throw-away PostgreSQL per run with one migrated template database; each test file copies it. */
export default async function setup({ provide }: TestProject) {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'salesdesk-tests-')), 'data')
  const postgres = await startEmbeddedPostgres({
    dataDir,
    database: 'template',
    ephemeral: true,
    log: createLog('warn'),
  })
  const pool = new pg.Pool({ connectionString: postgres.url })
  await migrate(pool)
  await pool.end()
  provide('postgres', postgres.url)
  return () => postgres.stop()
}
