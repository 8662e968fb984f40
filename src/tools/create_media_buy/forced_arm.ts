import type { Trx } from '../../db/database.ts'
import type { Output, Principal } from '../define-tool.ts'

interface ForcedTask {
  task_id: string
  message: string | null
}

/** The task a sandbox buyer wants its next purchase to end in, if it said so with comply_test_controller; used up by asking. */
export async function takeForcedTask(trx: Trx, principal: Principal): Promise<ForcedTask | undefined> {
  const directive = await take(trx, principal, 'submitted')
  if (!directive || directive.task_id === null) return undefined
  return { task_id: directive.task_id, message: directive.message }
}

/** The question a sandbox buyer wants its next purchase to be answered with; nothing is bought, and it is asked once. */
export async function takeForcedQuestion(trx: Trx, principal: Principal): Promise<Output | undefined> {
  const directive = await take(trx, principal, 'input-required')
  if (!directive) return undefined
  const message = directive.message ?? 'More is needed before this can be bought.'
  return { status: 'input-required', message, errors: [{ code: 'INVALID_REQUEST', message }] }
}

async function take(trx: Trx, { sandbox, principal_id }: Principal, arm: 'submitted' | 'input-required') {
  if (!sandbox) return undefined
  return trx
    .deleteFrom('sandbox_directives')
    .where('principal_id', '=', principal_id)
    .where('arm', '=', arm)
    .returning(['task_id', 'message'])
    .executeTakeFirst()
}
