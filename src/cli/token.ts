import { InvalidArgumentError, type Command } from 'commander'
import { createToken } from '../commands/create_token.ts'
import { UnknownPrincipalError } from '../commands/known_principal.ts'
import type { Db } from '../db/database.ts'
import { operator, say, withDb } from './environment.ts'

export function registerToken(program: Command): void {
  program
    .command('token')
    .description('Make a token for a buying agent. It is shown once; only its hash is kept.')
    .argument('<principal>', 'the principal_id, for example of the publisher file')
    .option('--days <n>', 'valid for this many days (default: until revoked)', days)
    .action((principalId: string, options: { days?: number }) =>
      withDb(async (db) => {
        const expires_at =
          options.days === undefined ? {} : { expires_at: new Date(Date.now() + options.days * 86_400_000) }
        const by = { kind: 'operator', name: operator() } as const
        const token = await createToken(db, principalId, { by, ...expires_at }).catch(
          async (error: unknown) => {
            throw error instanceof UnknownPrincipalError
              ? new UnknownPrincipalError(`${error.message} ${await known(db)}`)
              : error
          },
        )
        say(token)
      }),
    )
}

function days(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('It must be a whole number of days.')
}

async function known(db: Db): Promise<string> {
  const rows = await db
    .selectFrom('principals')
    .select('principal_id')
    .where('archived_at', 'is', null)
    .orderBy('principal_id')
    .execute()
  if (rows.length === 0) return 'There are none yet: run salesdesk seed first.'
  return `Known: ${rows.map((row) => row.principal_id).join(', ')}.`
}
