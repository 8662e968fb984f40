import { InvalidArgumentError, type Command } from 'commander'
import { invite, INVITATION_DAYS } from '../commands/people/invite.ts'
import type { Config } from '../config.ts'
import type { UserRole } from '../db/schema.ts'
import { operator, say, withDb } from './environment.ts'
import { chooseTenant } from './tenant.ts'

const roles = ['viewer', 'approver', 'manager', 'admin'] as const satisfies UserRole[]

export function registerInvite(program: Command): void {
  program
    .command('invite')
    .description(
      'Invite somebody to the console of a publisher. Prints a link that works once, for seven days.',
    )
    .argument('<email>', 'whom; they sign in with it')
    .option(
      '--role <role>',
      `what they may do: ${roles.join(', ')}; each may what the ones before it may`,
      role,
      'viewer',
    )
    .option('--tenant <id>', 'which publisher; needed where there are several')
    .action((email: string, options: { role: UserRole; tenant?: string }) =>
      withDb(async (db, { config }) => {
        const tenant_id = await chooseTenant(db, options.tenant)
        const actor = { kind: 'operator', name: operator() } as const
        const token = await invite(db, actor, { tenant_id, email, role: options.role, now: new Date() })
        say(invitationLink(consoleUrl(config), token))
        say(`Works once, for ${INVITATION_DAYS} days. Give it to ${email} only.`)
      }),
    )
}

/** Where the console is reached, as far as the configuration tells. */
const consoleUrl = ({ PUBLIC_URL, HOST, PORT }: Config): string =>
  `${PUBLIC_URL?.replace(/\/$/, '') ?? `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`}/console`

export const invitationLink = (console: string, token: string): string => `${console}/invitation/${token}`

function role(text: string): UserRole {
  const found = roles.find((one) => one === text)
  if (!found) throw new InvalidArgumentError(`It must be one of ${roles.join(', ')}.`)
  return found
}
