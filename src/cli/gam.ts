import type { Command } from 'commander'
import { checkAll } from './check.ts'
import { withDb } from './environment.ts'

export function registerGam(program: Command): void {
  program
    .command('gam')
    .description('Look after the connections to Google Ad Manager.')
    .command('check')
    .description(
      'Verify the connections to Google Ad Manager: key, network, user, rights, money, time, API version and products.',
    )
    .argument('[connection_id]', 'one of them; all unless given')
    .action((connectionId?: string) =>
      withDb((db, { config }) => checkAll(db, config, { connectionId, kind: 'google_ad_manager' })),
    )
}
