import type { Command } from 'commander'
import { createDesk, serveHttp } from '../app.ts'
import { migrateDatabase, say, untilStopped, withEnvironment } from './environment.ts'

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description(
      'Answer buying agents over HTTP. Needs a worker (salesdesk work) elsewhere for orders to be placed.',
    )
    .action(() =>
      withEnvironment(async ({ config, log, databaseUrl }) => {
        const stopped = untilStopped()
        await migrateDatabase(databaseUrl)
        const desk = createDesk({ config, databaseUrl, log })
        try {
          const http = await serveHttp(desk, config)
          say(`Salesdesk answers at ${http.url}/mcp; people come in at ${http.url}/console`)
          await stopped
          await http.close()
        } finally {
          await desk.close()
        }
      }),
    )
}
