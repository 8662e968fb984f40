import type { Command } from 'commander'
import { decideApproval, type Decision } from '../commands/decide_approval.ts'
import type { Db } from '../db/database.ts'
import { selectWaitingApprovals } from '../queries/approvals.ts'
import { operator, say, withDb } from './environment.ts'
import { chooseTenant } from './tenant.ts'

/** Nothing was decided; the message says why and what to do. */
export class DecisionError extends Error {
  override name = 'DecisionError'
}

interface Options {
  by: string
  reason?: string
  tenant?: string
}

export function registerDecisions(program: Command): void {
  program
    .command('approve')
    .description(
      'Approve a purchase, or a change of one, that waits for a person. Without an id: list what waits.',
    )
    .argument('[id]', 'task_id, media_buy_id or workflow step id')
    .option('--by <name>', 'who decides', operator())
    .option('--reason <text>', 'a note for the history')
    .option('--tenant <id>', 'whose purchase; needed where there are several publishers')
    .action((id: string | undefined, options: Options) => withDb((db) => decide(db, 'approved', id, options)))
  program
    .command('reject')
    .description(
      'Decline a purchase, or a change of one, that waits for a person. The buyer is told the reason.',
    )
    .argument('[id]', 'task_id, media_buy_id or workflow step id')
    .requiredOption('--reason <text>', 'why; the buyer reads this')
    .option('--by <name>', 'who decides', operator())
    .option('--tenant <id>', 'whose purchase; needed where there are several publishers')
    .action((id: string | undefined, options: Options) => withDb((db) => decide(db, 'rejected', id, options)))
}

async function decide(db: Db, decision: Decision['decision'], id: string | undefined, options: Options) {
  const tenant_id = await chooseTenant(db, options.tenant)
  if (id === undefined) return list(db, tenant_id)
  const { by, reason } = options
  const outcome = await decideApproval(db, {
    tenant_id,
    id,
    decision,
    decided_by: by,
    now: new Date(),
    ...(reason !== undefined && { reason }),
  })
  switch (outcome.type) {
    case 'recorded':
      return say(
        `${outcome.media_buy_id} is ${decision}. ${decision === 'approved' ? 'A worker places it now.' : 'The buyer sees the reason.'}`,
      )
    case 'another_must_agree':
      return say(
        outcome.again
          ? `${by} had agreed to ${outcome.media_buy_id} before. It is approved when somebody else agrees too.`
          : `${by} agrees to ${outcome.media_buy_id}. It is approved when somebody else agrees too.`,
      )
    case 'already_decided':
      throw new DecisionError(
        `${outcome.media_buy_id} was decided before: ${outcome.status} by ${outcome.decided_by ?? 'somebody'}. Nothing was changed.`,
      )
    case 'no_longer_fits':
      throw new DecisionError(
        [
          `The change of ${outcome.media_buy_id} no longer fits; it can only be rejected now, or approved when it fits again.`,
          ...outcome.problems.map(({ code, message }) => `  ${code}: ${message}`),
        ].join('\n'),
      )
    case 'too_late':
      throw new DecisionError(
        `The flight of ${outcome.media_buy_id} ended on ${outcome.end_time.toISOString().slice(0, 10)}; it can only be rejected now.`,
      )
    case 'not_found':
      throw new DecisionError(
        `No approval has the id ${id}. Run salesdesk approve without an id to see what waits.`,
      )
  }
}

async function list(db: Db, tenant_id: string) {
  const waiting = await selectWaitingApprovals(db, tenant_id).execute()
  if (waiting.length === 0) return say('Nothing waits for approval.')
  for (const step of waiting) {
    const flight = `${step.start_time.toISOString().slice(0, 10)} to ${step.end_time.toISOString().slice(0, 10)}`
    say(
      `${step.task_id}  ${step.title}: ${Number(step.total_budget).toLocaleString('en')} ${step.currency}, ${flight}`,
    )
  }
}
