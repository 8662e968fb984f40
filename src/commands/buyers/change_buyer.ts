import { isDeepStrictEqual } from 'node:util'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { readApprovalPolicy } from '../../queries/approval_policy.ts'
import { ApprovalPolicy } from '../../seed/approval_policy_schema.ts'
import { recordAudit, type Actor } from '../record.ts'
import { writeApprovalPolicy } from '../set_approval_policy.ts'

export interface BuyerTerms {
  name: string
  /** null: everything on sale. */
  allowed_product_ids: string[] | null
  /** Its advertiser on each ad server named; an empty text takes it away, what is not named stays. */
  platform_mappings: Record<string, string>
  /** Decimal text; null: only the publisher's own limit. */
  max_media_buy_budget: string | null
  max_calls_per_minute: number | null
  /** Whether the approval policy lets its purchases go without a person. */
  trusted: boolean
}
export interface BuyerChange {
  tenant_id: string
  principal_id: string
  terms: BuyerTerms
  by: Actor
}
export type BuyerChangeOutcome = 'changed' | 'unchanged' | 'not_found' | 'name_taken'

/** Sets what a buyer may do here. It counts from its next call on; what it has bought stands. */
export async function changeBuyer(db: Db, change: BuyerChange): Promise<BuyerChangeOutcome> {
  try {
    return await db.transaction().execute((trx) => apply(trx, change))
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'principals_tenant_id_name_key') return 'name_taken'
    throw error
  }
}

async function apply(trx: Trx, { tenant_id, principal_id, terms, by }: BuyerChange) {
  // the publisher first, as whoever sets its policy does
  await trx.selectFrom('tenants').select('tenant_id').where('tenant_id', '=', tenant_id).forUpdate().execute()
  const before = await lockTerms(trx, tenant_id, principal_id)
  if (!before) return 'not_found'
  const { trusted, ...columns } = terms
  const mappings = { ...(before.platform_mappings as Record<string, string>), ...terms.platform_mappings }
  const platform_mappings = Object.fromEntries(Object.entries(mappings).filter(([, id]) => id !== ''))
  const after = { ...columns, platform_mappings }
  const trust = await setTrust(trx, { tenant_id, principal_id, trusted, by })
  const same = isDeepStrictEqual(before, after)
  if (same) return trust ? 'changed' : 'unchanged'
  await trx
    .updateTable('principals')
    .set({ ...after, platform_mappings: jsonb(platform_mappings) })
    .where('principal_id', '=', principal_id)
    .execute()
  await recordAudit(trx, by, {
    tenant_id,
    action: 'change_buyer',
    subject_kind: 'principal',
    subject_id: principal_id,
    detail: { before, after },
  })
  return 'changed'
}

function lockTerms(trx: Trx, tenant_id: string, principal_id: string) {
  return trx
    .selectFrom('principals')
    .select(['name', 'allowed_product_ids', 'platform_mappings'])
    .select(['max_media_buy_budget', 'max_calls_per_minute'])
    .where('tenant_id', '=', tenant_id)
    .where('principal_id', '=', principal_id)
    .forUpdate()
    .executeTakeFirst()
}

interface Trust {
  tenant_id: string
  principal_id: string
  trusted: boolean
  by: Actor
}

/** Trust is a part of the approval policy; a publisher without one gets one that says only this. */
async function setTrust(trx: Trx, { tenant_id, principal_id, trusted, by }: Trust): Promise<boolean> {
  const policy = await readApprovalPolicy(trx, tenant_id)
  const others = (policy?.trusted_principals ?? []).filter((id) => id !== principal_id)
  if (!policy && !trusted) return false
  const rules = policy ?? ApprovalPolicy.parse({})
  const trusted_principals = trusted ? [...others, principal_id] : others
  return writeApprovalPolicy(trx, { tenant_id, policy: { ...rules, trusted_principals }, actor: by })
}
