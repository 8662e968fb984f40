import { z } from 'zod'
import { decide } from '../../commands/decide_approval.ts'
import { jsonb } from '../../db/database.ts'
import { taskStatus } from '../../adcp/task_status.ts'
import { actorOf, ControllerError, invalidTransition, moved, notFound, scenario } from './scenario.ts'

const params = z.looseObject({
  task_id: z.string().min(1).max(255),
  result: z
    .looseObject({ media_buy_id: z.string().min(1), packages: z.array(z.looseObject({})) })
    .refine((result) => JSON.stringify(result).length <= 256 * 1024, { error: 'has more than 256 kB' }),
})

/** Approves a purchase that waits, as a person would; the buyer is told the result it asked for. */
export const forceTaskCompletion = scenario(params, async (trx, { task_id, result }, sandbox) => {
  const { principal, now } = sandbox
  const step = await trx
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .select(['step.workflow_step_id', 'step.status'])
    .where('step.task_id', '=', task_id)
    .where('step.tenant_id', '=', principal.tenant_id)
    .where('buy.principal_id', '=', principal.principal_id)
    .executeTakeFirst()
  if (!step) throw notFound('task')
  const from = taskStatus[step.status]
  if (from !== 'submitted') throw invalidTransition(from, 'completed')
  await trx
    .updateTable('workflow_steps')
    .set({ forced_result: jsonb(result) })
    .where('workflow_step_id', '=', step.workflow_step_id)
    // a change of a media buy is locked before its step, see decide(); it ends in what it really came to
    .where('task_type', '=', 'create_media_buy')
    .execute()
  const { name } = actorOf(sandbox)
  const { tenant_id } = principal
  const id = step.workflow_step_id
  const outcome = await decide(trx, { tenant_id, id, decision: 'approved', decided_by: name, now })
  if (outcome.type !== 'recorded')
    throw new ControllerError('INVALID_STATE', 'The purchase can no longer be approved.', from)
  return moved(from, 'completed')
})
