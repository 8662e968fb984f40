import { invite } from '../../src/commands/people/invite.ts'
import { ApprovalPolicy } from '../../src/seed/approval_policy_schema.ts'
import { writeApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import type { TestDesk } from './desk.ts'
import { member } from './visitor.ts'

const actor = { kind: 'operator', name: 'Ada Admin' } as const

/** The people of a publisher after some time: several roles, invitations, Slack, and a policy for what they decide. */
export async function busyPeople(desk: TestDesk): Promise<void> {
  const tenant_id = 'northwind'
  await member(desk, 'admin', 'Grace Owner')
  await member(desk, 'approver', 'Ben Approver')
  for (const email of ['cleo@northwind.example', 'dario@northwind.example'])
    await invite(desk.db, actor, { tenant_id, email, role: 'manager', now: desk.now })
  const policy = ApprovalPolicy.parse({
    limits: [{ currency: 'EUR', auto_approve_under: 2500, four_eyes_above: 100_000 }],
    trusted_principals: ['pinnacle'],
    decide_within_hours: 24,
    remind_after_hours: 4,
    escalate_after_hours: 12,
    expire_after_hours: 72,
    expire_reason: 'We could not decide in time. Please ask again.',
  })
  await desk.db.transaction().execute((trx) => writeApprovalPolicy(trx, { tenant_id, policy, actor }))
  await desk.db
    .insertInto('slack_connections')
    .values({
      ...{
        tenant_id,
        way: 'environment',
        team_id: 'T01',
        team_name: 'Northwind HQ',
        channel_id: 'C0123456789',
      },
      ...{ connected_by: 'Grace Owner', connected_at: desk.now, failures: 3, last_error: 'not_in_channel' },
    })
    .execute()
}
