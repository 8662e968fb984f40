import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import type { Db, Trx } from '../db/database.ts'
import { readApprovalPolicy } from '../queries/approval_policy.ts'
import { ApprovalPolicy } from '../seed/approval_policy_schema.ts'
import { recordAudit, type Actor } from './record.ts'

export interface NewPolicy {
  tenant_id: string
  /** As somebody typed it; an ApprovalPolicy if nothing is wrong with it. */
  policy: unknown
  actor: Actor
}
export interface PolicyProblem {
  path: PropertyKey[]
  message: string
}
export type PolicyOutcome = { type: 'set'; changed: boolean } | { type: 'refused'; problems: PolicyProblem[] }

/** Sets a publisher's approval policy, whole, for what is asked from now on; or tells everything that is wrong with it. */
export async function setApprovalPolicy(db: Db, { policy, ...by }: NewPolicy): Promise<PolicyOutcome> {
  const parsed = ApprovalPolicy.safeParse(policy)
  if (!parsed.success) return { type: 'refused', problems: parsed.error.issues }
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, by.tenant_id)
    const problems = await strangers(trx, by.tenant_id, parsed.data)
    if (problems.length > 0) return { type: 'refused', problems }
    return { type: 'set', changed: await writeApprovalPolicy(trx, { ...by, policy: parsed.data }) }
  })
}

/** The same for a policy nothing is wrong with, in the caller's transaction. False if it says what is already so. */
export async function writeApprovalPolicy(
  trx: Trx,
  { tenant_id, policy, actor }: NewPolicy & { policy: ApprovalPolicy },
): Promise<boolean> {
  await lockTenant(trx, tenant_id)
  const wanted = inOrder(policy)
  const before = await readApprovalPolicy(trx, tenant_id)
  if (isDeepStrictEqual(before, wanted)) return false
  const { limits, trusted_principals, ...rest } = wanted
  const row = {
    decide_within_hours: null,
    remind_after_hours: null,
    escalate_after_hours: null,
    expire_after_hours: null,
    expire_reason: null,
    ...rest,
    updated_at: sql<Date>`now()`,
  }
  await trx
    .insertInto('approval_policies')
    .values({ tenant_id, ...row })
    .onConflict((oc) => oc.column('tenant_id').doUpdateSet(row))
    .execute()
  await trx.deleteFrom('approval_limits').where('tenant_id', '=', tenant_id).execute()
  await trx.deleteFrom('trusted_principals').where('tenant_id', '=', tenant_id).execute()
  if (limits.length > 0)
    await trx
      .insertInto('approval_limits')
      .values(limits.map((limit) => ({ tenant_id, ...limit })))
      .execute()
  if (trusted_principals.length > 0)
    await trx
      .insertInto('trusted_principals')
      .values(trusted_principals.map((principal_id) => ({ tenant_id, principal_id })))
      .execute()
  const detail = { before: before ?? null, after: wanted }
  const subject = { subject_kind: 'tenant', subject_id: tenant_id } as const
  await recordAudit(trx, actor, { tenant_id, action: 'set_approval_policy', ...subject, detail })
  return true
}

/** As it is read: lists in order, each once, and nothing that is undefined. */
function inOrder({ limits, trusted_principals, ...rest }: ApprovalPolicy): ApprovalPolicy {
  return JSON.parse(
    JSON.stringify({
      ...rest,
      limits: limits.toSorted((a, b) => (a.currency < b.currency ? -1 : 1)),
      trusted_principals: [...new Set(trusted_principals)].sort(),
    }),
  ) as ApprovalPolicy
}

async function lockTenant(trx: Trx, tenant_id: string) {
  await trx.selectFrom('tenants').select('tenant_id').where('tenant_id', '=', tenant_id).forUpdate().execute()
}

/** Currencies the publisher does not sell in, and buyers it does not know. */
async function strangers(
  trx: Trx,
  tenant_id: string,
  { limits, trusted_principals }: ApprovalPolicy,
): Promise<PolicyProblem[]> {
  const { currencies } = await trx
    .selectFrom('tenants')
    .select('currencies')
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  const principals = await trx
    .selectFrom('principals')
    .select('principal_id')
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .execute()
  const known = new Set(principals.map(({ principal_id }) => principal_id))
  return [
    ...limits.flatMap(({ currency }, i) =>
      currencies.includes(currency)
        ? []
        : [{ path: ['limits', i, 'currency'], message: `is not sold in: ${currencies.join(', ')} are` }],
    ),
    ...trusted_principals.flatMap((id, i) =>
      known.has(id)
        ? []
        : [{ path: ['trusted_principals', i], message: `"${id}" is no buyer of this publisher` }],
    ),
  ]
}
