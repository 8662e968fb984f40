import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { revokeKey } from '../commands/revoke_key.ts'
import { trustKeys, UntrustworthyKeyError } from '../commands/trust_keys.ts'
import type { Db } from '../db/database.ts'
import { operator, say, withDb } from './environment.ts'

export function registerTrust(program: Command): void {
  program
    .command('trust')
    .description('Let a buying agent sign its requests (REQUEST_SIGNING), or stop trusting one of its keys.')
    .argument('[principal]', 'the principal_id')
    .argument('[file]', 'its public keys, as it publishes them: a JWK Set')
    .option('--revoke <kid>', 'accept nothing signed with this key from now on')
    .action((principal: string | undefined, file: string | undefined, { revoke }: { revoke?: string }) =>
      withDb(async (db) => {
        if (revoke !== undefined) return stopTrusting(db, revoke)
        if (principal === undefined || file === undefined) return list(db)
        const jwks = await readJwks(file)
        const kids = await trustKeys(db, { principal_id: principal, jwks, by: operator() })
        say(
          kids.length === 0 ? 'It had these keys already.' : `${principal} may sign with ${kids.join(', ')}.`,
        )
      }),
    )
}

async function readJwks(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new UntrustworthyKeyError(`${file} is not JSON.`)
  }
}

async function stopTrusting(db: Db, kid: string) {
  if (!(await revokeKey(db, kid, operator(), new Date())))
    throw new UntrustworthyKeyError(
      `No trusted key is called ${kid}. Run salesdesk trust to see those there are.`,
    )
  say(`${kid} is revoked: nothing signed with it is accepted any more.`)
}

async function list(db: Db) {
  const keys = await db
    .selectFrom('request_signing_keys')
    .select(['principal_id', 'kid', 'revoked_at'])
    .orderBy('principal_id')
    .orderBy('created_at')
    .orderBy('kid')
    .execute()
  if (keys.length === 0)
    return say('No agent signs its requests yet: salesdesk trust <principal> <jwks file>.')
  for (const { principal_id, kid, revoked_at } of keys)
    say(`${principal_id}  ${kid}${revoked_at ? `  revoked ${revoked_at.toISOString()}` : ''}`)
}
