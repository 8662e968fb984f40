import type { Command } from 'commander'
import { migrateDatabase, say, withEnvironment } from './environment.ts'

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description(
      'Bring the database to this version. Other commands do it too; safe to run any number of times, also at once.',
    )
    .action(() =>
      withEnvironment(async ({ databaseUrl }) => {
        const applied = await migrateDatabase(databaseUrl)
        say(applied.length > 0 ? `Applied ${applied.join(', ')}` : 'The database is up to date.')
      }),
    )
}
