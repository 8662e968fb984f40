import type { Command } from 'commander'
import { rotateSigningKey } from '../commands/rotate_signing_key.ts'
import type { Db } from '../db/database.ts'
import { operator, say, withDb, type Environment } from './environment.ts'
import { ownSeal } from './own_seal.ts'
import { chooseTenant } from './tenant.ts'

interface Options {
  tenant?: string
  compromised?: boolean
}

export function registerKeys(program: Command): void {
  program
    .command('keys')
    .description('List the keys webhooks are signed with, or begin to replace them by a new one.')
    .argument('[rotate]', 'the word rotate: publish a new key, which signs from tomorrow on')
    .option('--compromised', 'the old keys are known to somebody else: withdraw them at once')
    .option('--tenant <id>', 'whose keys; needed where there are several publishers')
    .action((what: string | undefined, options: Options) =>
      withDb(async (db, environment) => {
        const tenant_id = await chooseTenant(db, options.tenant)
        if (what === undefined) return list(db, tenant_id)
        if (what !== 'rotate') return program.error(`error: unknown argument '${what}'`)
        return rotate(db, environment, tenant_id, options.compromised ?? false)
      }),
    )
}

async function list(db: Db, tenant_id: string) {
  const keys = await db
    .selectFrom('webhook_signing_keys')
    .select(['kid', 'signs_from', 'withdrawn_at'])
    .where('tenant_id', '=', tenant_id)
    .orderBy('signs_from')
    .execute()
  if (keys.length === 0) return say('There is no key yet; the first buyer that wants webhooks brings one.')
  const now = new Date()
  const signing = keys.findLast(({ signs_from }) => signs_from <= now)
  for (const key of keys) say(`${key.kid}  ${stateOf(key, signing, now)}`)
}

interface Key {
  kid: string
  signs_from: Date
  withdrawn_at: Date | null
}

function stateOf({ kid, signs_from, withdrawn_at }: Key, signing: Key | undefined, now: Date): string {
  if (signs_from > now) return `next: signs from ${signs_from.toISOString()}`
  if (kid === signing?.kid) return 'active'
  if (withdrawn_at === null || withdrawn_at <= now) return 'withdrawn'
  return `retiring: published until ${withdrawn_at.toISOString()}`
}

async function rotate(db: Db, { config }: Environment, tenant_id: string, compromised: boolean) {
  const rotation = { tenant_id, by: operator(), now: new Date(), compromised }
  const outcome = await rotateSigningKey(db, ownSeal(config), rotation)
  const from = outcome.signs_from.toISOString()
  if (outcome.type === 'under_way')
    return say(`A rotation is under way already: ${outcome.kid} signs from ${from}.`)
  const { kid, withdrawn_at } = outcome
  say(`${kid} is published now and signs from ${from}.`)
  say(
    withdrawn_at
      ? `The old key is withdrawn on ${withdrawn_at.toISOString()}.`
      : 'No other key is published.',
  )
}
