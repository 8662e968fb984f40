import { updatedMediaBuy } from '../../adcp/media_buy_answers.ts'
import { withoutSecrets } from '../../adcp/request_hash.ts'
import type { ChangeOutcome } from '../../commands/change_media_buy.ts'
import { byWhen, openApproval } from '../../commands/open_approval.ts'
import { recordAudit } from '../../commands/record.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { readMediaBuy } from '../../queries/media_buys.ts'
import type { Output, ToolContext } from '../define-tool.ts'
import type { Request } from './request.ts'

type Wanted = Extract<ChangeOutcome, { type: 'needs_person' }>

/**
 * Keeps a change until a person has decided. A buyer of 3.1 gets a submitted task; 3.0 has no such answer and says it with an
 * implementation_date of null, and with the packages as they still are.
 */
export async function askPerson(
  trx: Trx,
  { principal, version, now }: ToolContext<Db>,
  request: Request,
  { why, people, standing, agreed, affected }: Wanted,
  task_id: string,
): Promise<Output> {
  const { tenant_id } = principal
  const { media_buy_id, revision } = standing
  const { workflow_step_id, deadline } = await openApproval(trx, {
    tenant_id,
    media_buy_id,
    task_id,
    task_type: 'update_media_buy',
    title: `${principal.name} ${why} in ${media_buy_id}`,
    version,
    context: request.context,
    people,
    begins: null,
    sandbox: principal.sandbox,
    now,
  })
  const known = affected.filter((id) => standing.packages.some(({ package_id }) => package_id === id))
  await trx
    .insertInto('media_buy_updates')
    .values({
      media_buy_update_id: newId('upd'),
      tenant_id,
      media_buy_id,
      workflow_step_id,
      request: jsonb(withoutSecrets(request)),
      base_revision: revision,
      total_budget: agreed.total_budget,
      end_time: agreed.flight.end,
      affected_package_ids: known,
      created_at: now,
    })
    .execute()
  const actor = { kind: 'buyer', name: principal.name } as const
  await recordAudit(trx, actor, {
    tenant_id,
    action: 'ask_for_update',
    subject_kind: 'workflow_step',
    subject_id: workflow_step_id,
    detail: { media_buy_id },
  })
  const message = `A person at the publisher must agree to this change.${byWhen(deadline)} Follow task_id with tasks_get.`
  if (version === '3.1') return { status: 'submitted', task_id, message }
  const row = await readMediaBuy(trx, principal, media_buy_id)
  const live = standing.packages.filter(({ canceled }) => !canceled).map(({ package_id }) => package_id)
  const update = { affected: known.length > 0 ? known : live, implementation_date: null }
  return { ...updatedMediaBuy(row, update, version), task_id, message }
}
