import { resolve } from 'node:path'
import type { Command } from 'commander'
import { createDesk } from '../app.ts'
import { authenticateUse } from '../mcp/authenticate.ts'
import { refuseStdio } from '../mcp/refuse_stdio.ts'
import { serveStdio } from '../mcp/stdio.ts'
import { migrateDatabase, untilStopped, withEnvironment, type Environment } from './environment.ts'
import { explain } from './explain.ts'
import { openSpans } from './monitor.ts'

/** The token given cannot be used; the message says where to get one. */
export class TokenError extends Error {
  override name = 'TokenError'
}

export function registerStdio(program: Command): void {
  program
    .command('stdio')
    .description(
      'Answer one buying agent on stdin and stdout, as the principal of SALESDESK_TOKEN. Ends when stdin closes.',
    )
    .action(async () => {
      try {
        await withEnvironment(serve, { begins: false })
      } catch (error) {
        const [why = ''] = explain(error).split('\n')
        await refuseStdio(why, process.stdin, process.stdout)
        throw error
      }
    })
}

async function serve({ config, log, databaseUrl, dataDir }: Environment) {
  const token = config.SALESDESK_TOKEN
  if (token === undefined)
    throw new TokenError('SALESDESK_TOKEN is not set. Make one with: salesdesk token <principal>')
  await migrateDatabase(databaseUrl)
  const spans = await openSpans(config)
  const desk = createDesk({ config, databaseUrl, log, spans: spans?.recorder })
  try {
    const principal = await authenticateUse(desk, token)
    const where = dataDir === undefined ? 'DATABASE_URL' : resolve(config.SALESDESK_DATA_DIR)
    if (!principal)
      throw new TokenError(
        `SALESDESK_TOKEN is not valid in the desk of ${where}. Make a new one there with: salesdesk token <principal>`,
      )
    await Promise.race([serveStdio(desk, () => principal, process.stdin, process.stdout), untilStopped()])
  } finally {
    await Promise.all([desk.close(), spans?.close()])
  }
  process.stdin.destroy()
}
