import type { Command } from 'commander'
import { identityOf } from '../from_config.ts'
import type { Db } from '../db/database.ts'
import { selectAuthorisations } from '../queries/authorisations.ts'
import { checkDomain } from '../tasks/authorisation/check.ts'
import { entryFor } from './doctor/authorisation.ts'
import { say, withDb, type Environment } from './environment.ts'

/** The domains cannot be asked; the message says why. */
export class PropertiesError extends Error {
  override name = 'PropertiesError'
}

export function registerProperties(program: Command): void {
  const properties = program
    .command('properties')
    .description('Which domains name this agent in their adagents.json, as of the last time they were asked.')
    .action(() => withDb(tell))
  properties
    .command('check')
    .description('Ask them now.')
    .argument('[domain]', 'one of them; all unless given')
    .action((domain: string | undefined) => withDb((db, environment) => check(db, environment, domain)))
}

async function check(db: Db, { config }: Environment, domain: string | undefined): Promise<void> {
  const identity = identityOf(config)
  if (!identity)
    throw new PropertiesError('PUBLIC_URL is not set: domains name an agent by the URL buyers call it at.')
  const all = await selectAuthorisations(db).execute()
  const chosen = all.filter((one) => domain === undefined || one.publisher_domain === domain)
  if (chosen.length === 0)
    throw new PropertiesError(
      `There is no domain ${domain ?? 'at all'}. Known: ${all.map((one) => one.publisher_domain).join(', ') || 'none'}.`,
    )
  const reach = {
    allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK,
    signal: new AbortController().signal,
    adagentsAt: identity.adagentsAt,
  }
  const { agentUrls } = identity
  const verdicts = []
  for (const one of chosen)
    verdicts.push(await checkDomain({ db, clock: () => new Date(), agentUrls, reach }, one))
  await tell(db, domain)
  const states = verdicts.flatMap((one) => Object.values(one?.properties ?? {}))
  if (states.length > 0 && states.every((state) => state === 'verified')) return
  const [url = ''] = agentUrls
  say(`The authorized_agents of a domain's file need: ${entryFor(domain ?? '<domain>', url)}`)
}

async function tell(db: Db, domain?: unknown): Promise<void> {
  const rows = await selectAuthorisations(db).execute()
  for (const row of rows) {
    if (typeof domain === 'string' && row.publisher_domain !== domain) continue
    const asked = row.checked_at ? `asked ${row.checked_at.toISOString()}` : 'not asked yet'
    say([row.publisher_domain, row.verification, row.detail, asked].filter((part) => part !== '').join('; '))
  }
}
