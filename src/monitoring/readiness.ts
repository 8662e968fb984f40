import type pg from 'pg'
import { isMigrated } from '../db/migrate.ts'
import { shared } from './shared.ts'

/** Whether this process should be sent work, and if not, why. The words tell strangers nothing. */
export interface Standing {
  ready: boolean
  database: 'ok' | 'away'
  /** `behind`: the database lacks what this version needs. One that is further on is well: that is how a new version comes in. */
  migrations: 'ok' | 'behind' | 'unknown'
  /** `none`: this process runs no worker. */
  worker: 'ok' | 'stopped' | 'none'
  draining: boolean
}
export interface Readiness {
  check(): Promise<Standing>
  /** From now on this process asks for no more work; what it has goes on. */
  drain(): void
  readonly draining: boolean
}

const KEPT_MS = 1000

/** Asks the database at most once a second, however often it is asked itself. `worker` says whether the one of this process takes jobs. */
export function createReadiness(pool: pg.Pool, worker: () => boolean | undefined): Readiness {
  let draining = false
  let migrated = false
  const askDatabase = shared(KEPT_MS, async (): Promise<Pick<Standing, 'database' | 'migrations'>> => {
    try {
      await pool.query('select')
      // what was applied stays applied
      migrated ||= await isMigrated(pool)
      return { database: 'ok', migrations: migrated ? 'ok' : 'behind' }
    } catch {
      return { database: 'away', migrations: migrated ? 'ok' : 'unknown' }
    }
  })
  return {
    async check() {
      const told = await askDatabase()
      const works = worker()
      const well = told.database === 'ok' && told.migrations === 'ok' && works !== false
      return {
        ready: well && !draining,
        ...told,
        worker: works === undefined ? 'none' : works ? 'ok' : 'stopped',
        draining,
      }
    },
    drain: () => void (draining = true),
    get draining() {
      return draining
    },
  }
}
