import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { migrateDatabase } from '../../src/cli/environment.ts'
import { createLog } from '../../src/log.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: string
  }
}

/** One throw-away PostgreSQL per run with one migrated template database; each test file copies it. */
export default async function setup({ provide }: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'salesdesk-tests-'))
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    database: 'template',
    ephemeral: true,
    log: createLog('warn'),
  })
  await migrateDatabase(postgres.url)
  provide('postgres', postgres.url)
  return async () => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
