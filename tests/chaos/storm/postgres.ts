import { join } from 'node:path'
import { findPostmaster } from '../../../src/db/embedded/postmaster.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/db/embedded/index.ts'
import { isRunning } from '../../../src/db/embedded/processes.ts'
import { createLog } from '../../../src/log.ts'
import { eventually } from '../../support/eventually.ts'
import { startTcpProxy } from '../../support/tcp_proxy.ts'
import type { World } from '../world.ts'

/** A PostgreSQL that keeps what it has committed, at one address however often it dies. */
export interface MortalPostgres {
  url: string
  /** Ends its postmaster by SIGKILL, and starts it again on the same data. */
  kill(): Promise<void>
}

export async function startMortalPostgres(world: World): Promise<MortalPostgres> {
  const dataDir = join(await world.folder(), 'data')
  const log = createLog('error')
  const start = () =>
    world.begin(
      () => startEmbeddedPostgres({ dataDir, database: 'salesdesk', log }),
      (one: EmbeddedPostgres) => one.stop(),
    )
  const first = await start()
  const front = await world.begin(
    () => startTcpProxy(first.url),
    (proxy) => proxy.close(),
  )
  return {
    url: front.url,
    async kill() {
      const postmaster = findPostmaster(first.dataDir)
      if (!postmaster) return
      process.kill(postmaster.pid, 'SIGKILL')
      await eventually('PostgreSQL is dead', () => !isRunning(postmaster.pid))
      const again = await eventually('PostgreSQL is back', () => start().catch(() => undefined), 120_000, 500)
      front.aim(again.url)
    },
  }
}
