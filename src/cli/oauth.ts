import type { Command } from 'commander'
import { letInSubject, type LettingIn } from '../commands/oauth/let_in_subject.ts'
import { shutOutSubject } from '../commands/oauth/shut_out_subject.ts'
import { ConfigError, type Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import { operator, say, withDb } from './environment.ts'

/** Nobody was let in; the message says why. */
export class SubjectError extends Error {
  override name = 'SubjectError'
}

export function registerOauth(program: Command): void {
  program
    .command('oauth')
    .description('Let a buying agent come with access tokens of OAUTH_ISSUER, or stop that.')
    .argument('[principal]', 'the principal_id')
    .argument('[subject]', 'who its tokens are given to: their claim `sub`')
    .option('--remove <subject>', 'accept no token given to this subject from now on')
    .action((principal: string | undefined, subject: string | undefined, { remove }: { remove?: string }) =>
      withDb(async (db, { config }) => {
        if (remove !== undefined) return shutOut(db, { issuer: issuerOf(config), subject: remove })
        if (principal === undefined || subject === undefined) return list(db)
        return letIn(db, { issuer: issuerOf(config), subject, principal_id: principal })
      }),
    )
}

async function letIn(db: Db, given: Omit<LettingIn, 'by'>) {
  const outcome = await letInSubject(db, { ...given, by: operatorActor() })
  switch (outcome.type) {
    case 'let_in':
      return say(`Access tokens given to ${given.subject} are ${given.principal_id} now.`)
    case 'already':
      return say('They were already.')
    case 'taken':
      throw new SubjectError(`${given.subject} is ${outcome.principal_id} already.`)
    case 'unknown_principal':
      throw new SubjectError(`There is no principal "${given.principal_id}".`)
    case 'desk_is_shared':
      throw new SubjectError('Several publishers share this desk.')
  }
}
const operatorActor = () => ({ kind: 'operator', name: operator() }) as const

function issuerOf({ OAUTH_ISSUER: issuer }: Config): string {
  if (issuer !== undefined) return issuer
  throw new ConfigError('OAUTH_ISSUER says whose access tokens are meant; it is not set.')
}

async function shutOut(db: Db, given: { issuer: string; subject: string }) {
  const principal = await shutOutSubject(db, { ...given, by: operatorActor() })
  if (principal === undefined)
    return say(`Nobody comes with tokens given to ${given.subject}. Run salesdesk oauth to see who does.`)
  say(`Access tokens given to ${given.subject} open nothing any more; they were ${principal}.`)
}

async function list(db: Db) {
  const mapped = await db
    .selectFrom('principal_oauth_subjects')
    .select(['principal_id', 'issuer', 'subject'])
    .orderBy('principal_id')
    .orderBy('subject')
    .execute()
  if (mapped.length === 0)
    return say('No agent comes with access tokens yet: salesdesk oauth <principal> <subject>.')
  for (const { principal_id, issuer, subject } of mapped) say(`${principal_id}  ${subject}  ${issuer}`)
}
