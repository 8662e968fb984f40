import type { Command } from 'commander'
import { resolveStep, type Resolution } from '../commands/resolve_step.ts'
import type { Db } from '../db/database.ts'
import { selectOpenConcerns } from '../queries/concerns.ts'
import { selectOpenQuestions } from '../queries/open_questions.ts'
import { operator, say, withDb } from './environment.ts'
import { chooseTenant } from './tenant.ts'

/** Nothing was recorded; the message says why and what to do. */
export class StepError extends Error {
  override name = 'StepError'
}

interface Options {
  by: string
  tenant?: string
}

export function registerSteps(program: Command): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--tenant <id>', 'whose orders; needed where there are several publishers')
  const answer = (name: string, description: string) =>
    command(name, description)
      .argument('<step>', 'workflow step id or media_buy_id, as salesdesk steps lists them')
      .option('--by <name>', 'who does it', operator())

  command(
    'steps',
    'List the orders that cannot go on without a person or do not deliver as they should, and what to do.',
  ).action(({ tenant }: { tenant?: string }) =>
    withDb(async (db) => list(db, await chooseTenant(db, tenant))),
  )
  answer('retry', 'Try again what a person was asked about.').action((id: string, options: Options) =>
    withDb((db) => resolve(db, id, { type: 'retried' }, options)),
  )
  answer('skip', 'Go on after what was done by hand on the ad server.')
    .option('--external-id <id>', 'the id it has there; needed for orders, line items and creatives')
    .action((id: string, { externalId: external_id, ...options }: Options & { externalId?: string }) =>
      withDb((db) =>
        resolve(db, id, { type: 'skipped', ...(external_id !== undefined && { external_id }) }, options),
      ),
    )
  answer('abandon', 'Give a media buy up: its orders are taken back, the buyer is told the reason.')
    .requiredOption('--reason <text>', 'why; the buyer reads this')
    .action((id: string, { reason, ...options }: Options & { reason: string }) =>
      withDb((db) => resolve(db, id, { type: 'abandoned', reason }, options)),
    )
}

async function resolve(db: Db, id: string, how: Resolution['how'], { by, tenant }: Options) {
  const tenant_id = await chooseTenant(db, tenant)
  const outcome = await resolveStep(db, { tenant_id, id, how, by, now: new Date() })
  switch (outcome.type) {
    case 'recorded':
      return say(`${outcome.media_buy_id}: ${how.type}. A worker goes on with it now.`)
    case 'already_resolved':
      throw new StepError(
        `${outcome.media_buy_id} was seen to before, by ${outcome.by ?? 'the worker'}: ${sentence(outcome.reason ?? 'the order changed')} Nothing was changed.`,
      )
    case 'external_id_missing':
      throw new StepError(
        `Say which id the ${outcome.object.replace('_', ' ')} made by hand has on the ad server, with --external-id.`,
      )
    case 'nothing_to_skip':
      throw new StepError('This is about the whole order, so nothing can be skipped. Retry or abandon it.')
    case 'not_found':
      throw new StepError(
        `No order with the id ${id} waits for a person. Run salesdesk steps to see those there are.`,
      )
  }
}

const sentence = (text: string) => (text.endsWith('.') ? text : `${text}.`)

const words = {
  not_serving: 'not served',
  behind: 'behind its pace',
  creative_not_shown: 'a creative is refused',
} as const

async function list(db: Db, tenant_id: string) {
  const open = await selectOpenQuestions(db, tenant_id).execute()
  const concerns = await selectOpenConcerns(db, tenant_id).execute()
  if (open.length + concerns.length === 0) return say('No order needs a person.')
  for (const { workflow_step_id, media_buy_id, connection, title, suggested_action, created_at } of open) {
    say(`${workflow_step_id}  ${media_buy_id} on ${connection}, since ${created_at.toISOString()}`)
    say(`  ${title}`)
    if (suggested_action !== null) say(`  ${suggested_action}`)
  }
  for (const { media_buy_id, package_id, connection, concern, reason, opened_at } of concerns) {
    say(`${media_buy_id} on ${connection}, since ${opened_at.toISOString()}: ${words[concern]}`)
    say(`  ${package_id}: ${reason}`)
    say('  Look at it on the ad server. This line goes when it is well again.')
  }
}
