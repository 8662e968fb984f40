import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate, PostgresDialect } from 'kysely-codegen'
import { createDb, createPool } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded/index.ts'
import { migrate } from '../src/db/migrate.ts'
import { createLog } from '../src/log.ts'
import { stateMachines } from './state_machines.ts'

const log = createLog('error')

/** Everything in the repository that is made from something else in it. */
const generated: Record<string, () => string | Promise<string>> = {
  'src/db/schema.ts': tableTypes,
  'docs/state-machines.md': stateMachines,
}

/** The tables as sql/ leaves them in a PostgreSQL of their own, as types. */
async function tableTypes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'salesdesk-generate-'))
  const options = { dataDir: join(folder, 'data'), database: 'salesdesk', ephemeral: true, log }
  const postgres = await startEmbeddedPostgres(options)
  const pool = createPool(postgres.url, { max: 3, log, name: 'generate' })
  try {
    await migrate(pool)
    return await generate({
      db: createDb(pool),
      // a date is a day in no particular zone, see src/db/database.ts
      dialect: new PostgresDialect({ dateParser: 'string' }),
      includePattern: '{public,simulated}.*',
      excludePattern: 'schema_migrations',
      outFile: null,
    })
  } finally {
    await pool.end()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const check = process.argv.includes('--check')
const stale: string[] = []
for (const [path, make] of Object.entries(generated)) {
  const file = new URL(`../${path}`, import.meta.url)
  const [wanted, found] = await Promise.all([make(), readFile(file, 'utf8').catch(() => '')])
  if (wanted === found) continue
  stale.push(path)
  if (!check) await writeFile(file, wanted)
}

if (!check)
  process.stdout.write(stale.map((path) => `wrote ${path}\n`).join('') || 'Everything was up to date.\n')
else if (stale.length > 0) {
  for (const path of stale)
    process.stderr.write(`${path} is not what it is made from. Refresh it with: npm run generate\n`)
  process.exitCode = 1
}
