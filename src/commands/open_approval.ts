import { nextLook, timesFrom } from '../adcp/approval_times.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import { jsonb, type Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import { readHours } from '../queries/approval_policy.ts'
import { tellPeople } from './tell_people.ts'

export interface Asked {
  tenant_id: string
  media_buy_id: string
  task_id: string
  task_type: 'create_media_buy' | 'update_media_buy'
  title: string
  version: AdcpVersion
  context: Record<string, unknown> | undefined
  /** How many people must agree. */
  people: number
  /** When the flight is to begin, if that is a promise; after that it is too late to approve. */
  begins: Date | null
  /** A sandbox buyer decides for itself, when it likes. */
  sandbox: boolean
  now: Date
}

/** Asks the publisher's people about a purchase or a change of one, within the times its policy gives them. */
export async function openApproval(
  trx: Trx,
  { people, begins, sandbox, version, context, now, ...asked }: Asked,
): Promise<{ workflow_step_id: string; deadline: Date | null }> {
  const { tenant_id } = asked
  const workflow_step_id = newId('wf')
  const times = sandbox ? undefined : timesFrom(now, await readHours(trx, tenant_id), begins)
  await trx
    .insertInto('workflow_steps')
    .values({
      ...asked,
      ...times,
      clock_at: times ? nextLook(times, now) : null,
      workflow_step_id,
      kind: 'approval',
      status: 'requires_approval',
      approvals_needed: sandbox ? 1 : people,
      adcp_version: version,
      context: context ? jsonb(context) : null,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await tellPeople(trx, { tenant_id, kind: 'approval_waiting', subject_id: workflow_step_id, now })
  return { workflow_step_id, deadline: times?.deadline ?? null }
}

/** What a buyer is told of a deadline, if there is one. */
export const byWhen = (deadline: Date | null): string =>
  deadline ? ` They mean to decide by ${deadline.toISOString().slice(0, 16)}Z.` : ''
