import { z } from 'zod'
import { ownId } from '../../adcp/own_ids.ts'
import { invalidParams, scenario } from './scenario.ts'

const params = z
  .looseObject({
    arm: z.enum(['submitted', 'input-required']),
    task_id: z.string().min(1).max(128).optional(),
    message: z.string().max(2000).optional(),
  })
  .refine(({ arm, task_id }) => (arm === 'submitted') === (task_id !== undefined), {
    path: ['task_id'],
    error: 'is needed for the arm "submitted", and only there',
  })

/** Keeps how the buyer's next create_media_buy is to end; it is used up by that call. */
export const forceCreateMediaBuyArm = scenario(
  params,
  async (trx, { arm, task_id, message }, { principal }) => {
    const { principal_id } = principal
    const own = task_id === undefined ? null : ownId(principal_id, task_id)
    const taken =
      own !== null &&
      (await trx.selectFrom('workflow_steps').select('task_id').where('task_id', '=', own).executeTakeFirst())
    if (taken) throw invalidParams('task_id: there is a task of this id already. Choose another one.')
    const directive = { arm, task_id: own, message: message ?? null }
    await trx
      .insertInto('sandbox_directives')
      .values({ principal_id, ...directive })
      .onConflict((oc) => oc.column('principal_id').doUpdateSet(directive))
      .execute()
    return { forced: { arm, ...(task_id !== undefined && { task_id }) } }
  },
)
