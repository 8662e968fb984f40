import type { Command } from 'commander'
import { startWorking } from '../app.ts'
import { migrateDatabase, say, untilStopped, withEnvironment } from './environment.ts'
import { openMonitor } from './monitor.ts'

export function registerWork(program: Command): void {
  program
    .command('work')
    .description('Do the background work: place orders, follow them up. Start as many as you like.')
    .action(() =>
      withEnvironment(async (environment) => {
        const { config, log, databaseUrl } = environment
        const stopped = untilStopped()
        await migrateDatabase(databaseUrl)
        const monitor = await openMonitor(environment, { worker: true })
        try {
          const worker = await startWorking({
            config,
            databaseUrl,
            log,
            meter: monitor.meter,
            spans: monitor.spans,
          })
          monitor.working(worker)
          say(`Worker ${process.pid} is ready`)
          await stopped
          // it takes no more jobs at once, so nobody need be waited for
          monitor.readiness.drain()
          await worker.stop()
        } finally {
          await monitor.close()
        }
      }),
    )
}
