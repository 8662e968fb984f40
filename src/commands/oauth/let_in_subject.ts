import { sql } from 'kysely'
import type { Db, Trx } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'

/** Who a token was given to: `subject` is its claim `sub`, unique with its issuer. */
export interface Subject {
  issuer: string
  subject: string
}
export interface LettingIn extends Subject {
  principal_id: string
  by: Actor
  /** For people of one publisher: its buyers only. Unless given, whoever runs the desk does it. */
  tenant_id?: string
}
export type LetInOutcome =
  | { type: 'let_in' | 'already' | 'unknown_principal' }
  /** Another buyer has it. */
  | { type: 'taken'; principal_id: string; tenant_id: string }
  /** Several publishers share the desk and its issuer: none may claim a subject that could be a neighbour's agent. */
  | { type: 'desk_is_shared' }

/** From now on access tokens given to this subject are this buyer's. */
export async function letInSubject(db: Db, wanted: LettingIn): Promise<LetInOutcome> {
  const { issuer, subject, principal_id, by } = wanted
  return db.transaction().execute(async (trx) => {
    const tenant_id = await tenantOf(trx, wanted)
    if (tenant_id === undefined) return { type: 'unknown_principal' }
    if (wanted.tenant_id !== undefined && (await isShared(trx))) return { type: 'desk_is_shared' }
    const added = await trx
      .insertInto('principal_oauth_subjects')
      .values({ issuer, subject, principal_id, created_by: by.name })
      .onConflict((oc) => oc.columns(['issuer', 'subject']).doNothing())
      .returning('subject')
      .executeTakeFirst()
    if (!added) return holderOf(trx, wanted)
    const subject_of = { subject_kind: 'principal', subject_id: principal_id } as const
    const detail = { issuer, subject }
    await recordAudit(trx, by, { tenant_id, action: 'let_in_oauth_subject', ...subject_of, detail })
    return { type: 'let_in' }
  })
}

async function tenantOf(trx: Trx, { principal_id, tenant_id }: LettingIn): Promise<string | undefined> {
  const principal = await trx
    .selectFrom('principals')
    .select('tenant_id')
    .where('principal_id', '=', principal_id)
    .where('archived_at', 'is', null)
    .$if(tenant_id !== undefined, (query) => query.where('tenant_id', '=', tenant_id ?? ''))
    .executeTakeFirst()
  return principal?.tenant_id
}

async function isShared(trx: Trx): Promise<boolean> {
  const { rows } = await sql<{ shared: boolean }>`select count(*) > 1 as shared from tenants`.execute(trx)
  return rows[0]?.shared ?? false
}

async function holderOf(trx: Trx, { issuer, subject, principal_id }: LettingIn): Promise<LetInOutcome> {
  const holder = await trx
    .selectFrom('principal_oauth_subjects as mapped')
    .innerJoin('principals as principal', 'principal.principal_id', 'mapped.principal_id')
    .select(['principal.principal_id', 'principal.tenant_id'])
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirstOrThrow()
  return holder.principal_id === principal_id ? { type: 'already' } : { type: 'taken', ...holder }
}
