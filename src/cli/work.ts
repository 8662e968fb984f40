import type { Command } from 'commander'
import { startWorking } from '../app.ts'
import { migrateDatabase, say, untilStopped, withEnvironment } from './environment.ts'

export function registerWork(program: Command): void {
  program
    .command('work')
    .description('Do the background work: place orders, follow them up. Start as many as you like.')
    .action(() =>
      withEnvironment(async ({ config, log, databaseUrl }) => {
        const stopped = untilStopped()
        await migrateDatabase(databaseUrl)
        const worker = await startWorking({ config, databaseUrl, log })
        say(`Worker ${process.pid} is ready`)
        await stopped
        await worker.stop()
      }),
    )
}
