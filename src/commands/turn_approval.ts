import { dueBetween, nextLook, whileAsked, type ApprovalTimes, type Due } from '../adcp/approval_times.ts'
import type { Db, Trx } from '../db/database.ts'
import { decide } from './decide_approval.ts'
import type { Actor } from './record.ts'
import { tellPeople } from './tell_people.ts'

const clock: Actor = { kind: 'clock', name: 'clock' }
const kinds = { reminder: 'approval_reminder', escalation: 'approval_escalated' } as const

/**
 * Does what has become due about an approval that waits: reminds people, tells others, or declines it. In one transaction; late or
 * twice, each is done once. Says what was done.
 */
export async function turnApproval(db: Db, workflow_step_id: string, now: Date): Promise<Due['kind'][]> {
  return db.transaction().execute(async (trx) => {
    const seen = await selectWaiting(trx, workflow_step_id).executeTakeFirst()
    const expiry = seen && dueOf(seen, now).find((due) => due.kind === 'expiry')
    // a decision takes its locks in an order of its own
    if (expiry) return expire(trx, seen.tenant_id, workflow_step_id, expiry.reason, now)
    const step = await selectWaiting(trx, workflow_step_id).forUpdate().executeTakeFirst()
    if (!step?.clock_at || step.clock_at > now) return []
    const due = dueOf(step, now)
    for (const { kind, at } of due) if (kind !== 'expiry') await tell(trx, step, kind, at, now)
    await trx
      .updateTable('workflow_steps')
      .set({ clock_at: nextLook(timesOf(step), new Date(now.getTime() + 1)) })
      .where('workflow_step_id', '=', workflow_step_id)
      .execute()
    return due.map(({ kind }) => kind)
  })
}

type Step = NonNullable<Awaited<ReturnType<ReturnType<typeof selectWaiting>['executeTakeFirst']>>>

function timesOf({ waits_since, ...step }: Step): ApprovalTimes {
  const times = { ...step, waits_since: waits_since ?? step.created_at }
  return step.status === 'input_required' ? whileAsked(times) : times
}

const dueOf = (step: Step, now: Date) => (step.clock_at ? dueBetween(timesOf(step), step.clock_at, now) : [])

async function expire(
  trx: Trx,
  tenant_id: string,
  id: string,
  reason: string,
  now: Date,
): Promise<Due['kind'][]> {
  const by = { decided_by: clock.name, actor: clock }
  const { type } = await decide(trx, { tenant_id, id, decision: 'rejected', reason, now, ...by })
  return type === 'recorded' ? ['expiry'] : []
}

function tell(trx: Trx, step: Step, kind: keyof typeof kinds, at: Date, now: Date) {
  const { tenant_id, workflow_step_id: subject_id, deadline } = step
  const detail = { deadline: deadline?.toISOString() ?? null }
  return tellPeople(trx, {
    tenant_id,
    kind: kinds[kind],
    subject_id,
    occasion: at.toISOString(),
    detail,
    now,
  })
}

function selectWaiting(trx: Trx, workflow_step_id: string) {
  return trx
    .selectFrom('workflow_steps')
    .select(['workflow_step_id', 'tenant_id', 'status', 'created_at', 'clock_at', 'waits_since', 'deadline'])
    .select(['remind_after_hours', 'escalate_at', 'expire_at', 'expire_reason'])
    .where('workflow_step_id', '=', workflow_step_id)
    .where('kind', '=', 'approval')
    .where('status', 'in', ['requires_approval', 'input_required'])
}
