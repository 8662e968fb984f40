import { AdcpError, type Problem } from '../adcp/error.ts'
import { mediaBuyUpdate } from '../adcp/media_buy_update.ts'
import type { Trx } from '../db/database.ts'
import { announceUpdate } from './announce_update.ts'
import { affectedBy } from './change_media_buy.ts'
import { agreeChange, type AgreedChange, type Changer } from './change_media_buy/agree_change.ts'
import { applyChange } from './change_media_buy/apply_change.ts'
import { lockStanding, type Standing } from './change_media_buy/standing.ts'
import type { Actor } from './record.ts'
import { recordEvent } from './record.ts'

/** A change that waits for a person, with its media buy locked: nobody decides on it, calls it off or changes the buy meanwhile. */
export interface PendingUpdate {
  workflow_step_id: string
  task_id: string
  changer: Changer
  request: ReturnType<typeof mediaBuyUpdate.parse>
  standing: Standing
}

/** The change a workflow step is about, locked. Taken before the step itself, in the order update_media_buy has. */
export async function lockUpdate(trx: Trx, workflow_step_id: string): Promise<PendingUpdate | undefined> {
  const row = await trx
    .selectFrom('media_buy_updates as u')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'u.media_buy_id')
    .innerJoin('principals as p', 'p.principal_id', 'buy.principal_id')
    .innerJoin('workflow_steps as step', 'step.workflow_step_id', 'u.workflow_step_id')
    .select([
      'u.media_buy_id',
      'u.request',
      'step.task_id',
      'p.tenant_id',
      'p.principal_id',
      'p.sandbox',
      'p.allowed_product_ids',
    ])
    .where('u.workflow_step_id', '=', workflow_step_id)
    .executeTakeFirst()
  if (!row) return undefined
  const { media_buy_id, task_id, request: asked, ...changer } = row
  const request = mediaBuyUpdate.parse(asked)
  const standing = await lockStanding(trx, changer, media_buy_id, request)
  return standing && { workflow_step_id, task_id: task_id ?? '', changer, request, standing }
}

/**
 * Makes a change a person has agreed to, if it is still possible: the buy and what is on sale may have changed since it was asked
 * for. Returns what no longer fits; then nothing is changed.
 */
export async function applyUpdate(
  trx: Trx,
  update: PendingUpdate,
  actor: Actor,
  now: Date,
): Promise<readonly Problem[]> {
  const { standing, request, changer, workflow_step_id, task_id } = update
  const { media_buy_id } = standing
  const agreed = await agreeAgain(trx, changer, { ...standing, update_pending: false }, request, now)
  if (!('changes' in agreed)) return agreed
  const affected = affectedBy(request, agreed)
  await trx
    .updateTable('media_buy_updates')
    .set({
      state: 'applied',
      settled_at: now,
      applied_revision: standing.revision + 1,
      affected_package_ids: affected,
    })
    .where('workflow_step_id', '=', workflow_step_id)
    .execute()
  const approved_budget = agreed.total_budget
  await applyChange(trx, standing, agreed, { actor, now, paused: request.paused, approved_budget })
  await announceUpdate(trx, { media_buy_id, task_id, now, affected })
  return []
}

/** Puts a change aside that a person does not want; the media buy stays as it is. */
export async function rejectUpdate(
  trx: Trx,
  update: PendingUpdate,
  actor: Actor,
  reason: string,
  now: Date,
): Promise<void> {
  const { standing, workflow_step_id, task_id } = update
  const { tenant_id, media_buy_id, revision } = standing
  await trx
    .updateTable('media_buy_updates')
    .set({ state: 'rejected', settled_at: now })
    .where('workflow_step_id', '=', workflow_step_id)
    .execute()
  const detail = { summary: reason.slice(0, 400) }
  await recordEvent(trx, actor, { tenant_id, media_buy_id, revision, action: 'update_rejected', detail })
  await announceUpdate(trx, { media_buy_id, task_id, now, affected: [], rejected: reason })
}

async function agreeAgain(
  trx: Trx,
  changer: Changer,
  standing: Standing,
  request: PendingUpdate['request'],
  now: Date,
): Promise<AgreedChange | readonly Problem[]> {
  try {
    return await agreeChange(trx, changer, standing, request, now)
  } catch (error) {
    if (error instanceof AdcpError) return error.problems
    throw error
  }
}
