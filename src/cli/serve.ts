import type { Command } from 'commander'
import { createDesk } from '../app.ts'
import { serveHttp } from '../serve_http.ts'
import { migrateDatabase, say, untilStopped, withEnvironment } from './environment.ts'
import { openMonitor } from './monitor.ts'

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description(
      'Answer buying agents over HTTP. Needs a worker (salesdesk work) elsewhere for orders to be placed.',
    )
    .action(() =>
      withEnvironment(async (environment) => {
        const { config, log, databaseUrl } = environment
        const stopped = untilStopped()
        await migrateDatabase(databaseUrl)
        const monitor = await openMonitor(environment, { worker: false })
        const desk = createDesk({ config, databaseUrl, log, meter: monitor.meter, spans: monitor.spans })
        try {
          const http = await serveHttp(desk, config, monitor.readiness)
          say(`Salesdesk answers at ${http.url}/mcp; people come in at ${http.url}/console`)
          await monitor.drain(await stopped)
          await http.close()
        } finally {
          await desk.close()
          await monitor.close()
        }
      }),
    )
}
