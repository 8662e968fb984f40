import { sql } from 'kysely'
import type { Hours } from '../adcp/approval_times.ts'
import type { Rules } from '../adcp/who_decides.ts'
import { compiled } from '../db/compiled.ts'
import type { ReadDb, Trx } from '../db/database.ts'
import type { ApprovalPolicy } from '../seed/approval_policy_schema.ts'

/** A publisher's whole policy, as it was set; undefined where there is none. */
export async function readApprovalPolicy(
  db: ReadDb | Trx,
  tenant_id: string,
): Promise<ApprovalPolicy | undefined> {
  const row = await db
    .selectFrom('approval_policies as p')
    .select([
      'p.includes_person_products',
      'p.review_creatives',
      'p.decide_within_hours',
      'p.remind_after_hours',
      'p.escalate_after_hours',
      'p.expire_after_hours',
      'p.expire_reason',
      sql<ApprovalPolicy['limits']>`(
        select coalesce(json_agg(json_strip_nulls(json_build_object('currency', l.currency,
          'auto_approve_under', l.auto_approve_under, 'four_eyes_above', l.four_eyes_above)) order by l.currency), '[]')
        from approval_limits l where l.tenant_id = p.tenant_id)`.as('limits'),
      sql<string[]>`array(
        select t.principal_id from trusted_principals t where t.tenant_id = p.tenant_id order by 1)`.as(
        'trusted_principals',
      ),
    ])
    .where('p.tenant_id', '=', tenant_id)
    .executeTakeFirst()
  return row && (withoutNulls(row) as ApprovalPolicy)
}

const withoutNulls = (row: object) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

/** What the rules say about a buyer's purchases, by their currency. */
export async function readRules(
  db: ReadDb | Trx,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
): Promise<(currency: string) => Rules> {
  const [row] = await selectRules(db, { tenant_id, principal_id })
  if (!row) throw new Error(`there is no tenant ${tenant_id}`)
  return (currency) => {
    const limit = row.limits.find((one) => one.currency === currency)
    return {
      approval_threshold: amount(row.approval_threshold),
      auto_approve_under: amount(limit?.auto_approve_under ?? null),
      four_eyes_above: amount(limit?.four_eyes_above ?? null),
      trusted: row.trusted !== null,
      includes_person_products: row.includes_person_products ?? false,
    }
  }
}

const selectRules = compiled(
  (db, { tenant_id, principal_id }: Record<'tenant_id' | 'principal_id', string>) =>
    db
      .selectFrom('tenants as t')
      .leftJoin('approval_policies as p', 'p.tenant_id', 't.tenant_id')
      .leftJoin('trusted_principals as trust', (join) =>
        join.onRef('trust.tenant_id', '=', 't.tenant_id').on('trust.principal_id', '=', principal_id),
      )
      .select(['t.approval_threshold', 'trust.principal_id as trusted', 'p.includes_person_products'])
      .select(
        sql<Record<'currency' | 'auto_approve_under' | 'four_eyes_above', string | null>[]>`(
        select coalesce(json_agg(json_build_object('currency', l.currency, 'auto_approve_under', l.auto_approve_under::text,
          'four_eyes_above', l.four_eyes_above::text)), '[]')
        from approval_limits l where l.tenant_id = t.tenant_id)`.as('limits'),
      )
      .where('t.tenant_id', '=', tenant_id),
)

const amount = (text: string | null) => (text === null ? null : Number(text))

/** How long the publisher gives itself and its buyers. */
export async function readHours(db: ReadDb | Trx, tenant_id: string): Promise<Hours | undefined> {
  return db
    .selectFrom('approval_policies')
    .select(['decide_within_hours', 'remind_after_hours', 'escalate_after_hours'])
    .select(['expire_after_hours', 'expire_reason'])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
}
