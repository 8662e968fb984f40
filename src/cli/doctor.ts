import type { Command } from 'commander'
import { sql } from 'kysely'
import { createDb, createPool } from '../db/database.ts'
import { newerMigrations, pendingMigrations } from '../db/migrate.ts'
import {
  checkPublisher,
  checkAdServers,
  checkWorkers,
  checkQueue,
  checkFigures,
  checkPeople,
  checkWebhooks,
  type Finding,
} from './doctor/checks.ts'
import { checkAdvertisers } from './doctor/advertisers.ts'
import { checkConcerns } from './doctor/concerns.ts'
import { checkSeals } from './doctor/seals.ts'
import { identityOf, sealOf } from '../from_config.ts'
import { checkAutovacuum, checkClock, checkConnections } from './doctor/server.ts'
import { checkSlack } from './doctor/slack.ts'
import { checkSyncs } from './doctor/synchronised.ts'
import { checkAuthorisations } from './doctor/authorisation.ts'
import { checkCreativeAgents } from './doctor/creative_agents.ts'
import { checkOauth } from './doctor/oauth.ts'
import { checkLeaving } from './doctor/leaving.ts'
import { checkForecasts } from './doctor/forecasts.ts'
import { explain } from './explain.ts'
import { say, withEnvironment, type Environment } from './environment.ts'

/** At least one check failed; each said so on its own line already. */
export class UnwellError extends Error {
  override name = 'UnwellError'
}
const OLDEST_NODE = [20, 19] as const

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Check Node, configuration, database, clock, connections, workers, queue and more; one line each.',
    )
    .action(async () => {
      const findings: Finding[] = []
      const tell = (finding: Finding) => {
        findings.push(finding)
        say(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.subject.padEnd(14)} ${finding.text}`)
      }
      tell(checkNode(process.versions.node))
      try {
        await withEnvironment((environment) => examine(environment, tell))
      } catch (error) {
        tell({
          ok: false,
          subject: (error as Error).name === 'ConfigError' ? 'configuration' : 'database',
          text: explain(error),
        })
      }
      const failed = findings.filter(({ ok }) => !ok).length
      if (failed > 0) throw new UnwellError(`${failed} of ${findings.length} checks failed.`)
    })
}

/** An older version beside a newer one is well, for as long as it takes to replace it. */
const upToDate = (newer: string[]) =>
  newer.length === 0
    ? 'up to date'
    : `up to date; the database is of a newer version (${newer.join(', ')}): start that one here, too`

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return { ok, subject: 'node', text: ok ? version : `${version} is too old; 20.19 or newer is needed` }
}

async function examine({ config, log, databaseUrl, dataDir }: Environment, tell: (finding: Finding) => void) {
  tell({
    ok: true,
    subject: 'configuration',
    text: `${config.DATABASE_URL === undefined ? 'embedded database' : 'DATABASE_URL'}, port ${config.PORT}, ${config.WORKER_CONCURRENCY} jobs at once`,
  })
  const pool = createPool(databaseUrl, { max: 2, log, name: 'doctor' })
  const db = createDb(pool)
  try {
    const { version } = await db
      .selectNoFrom(sql<string>`current_setting('server_version')`.as('version'))
      .executeTakeFirstOrThrow()
    tell({
      ok: true,
      subject: 'database',
      text: `PostgreSQL ${version}${dataDir === undefined ? '' : ` in ${dataDir}`}`,
    })
    const missing = await pendingMigrations(pool)
    tell({
      ok: missing.length === 0,
      subject: 'migrations',
      text:
        missing.length === 0
          ? upToDate(await newerMigrations(pool))
          : `${missing.length} missing; run salesdesk migrate`,
    })
    tell(await checkClock(db))
    tell(await checkAutovacuum(db))
    if (missing.length > 0) return
    tell(await checkConnections(db, config))
    for (const check of [
      checkPublisher,
      checkAdServers,
      checkSyncs,
      checkForecasts,
      checkWorkers,
      checkQueue,
      checkPeople,
      checkSlack,
      checkFigures,
      checkConcerns,
      checkAdvertisers,
    ])
      tell(await check(db))
    for (const finding of await checkLeaving(db)) tell(finding)
    tell(await checkAuthorisations(db, identityOf(config)?.agentUrls[0]))
    tell(await checkCreativeAgents(db))
    tell(await checkOauth(db, config.OAUTH_ISSUER))
    tell(await checkWebhooks(db, config.SALESDESK_ENCRYPTION_KEY))
    tell(await checkSeals(db, sealOf(config)))
  } finally {
    await pool.end()
  }
}
