import type { Db } from '../../db/database.ts'
import { tenantOf } from '../known_principal.ts'
import { recordAudit } from '../record.ts'

/** Who a token was given to: `subject` is its claim `sub`, unique with its issuer. */
export interface Subject {
  issuer: string
  subject: string
}
/** Another buyer has it already; the message names it. */
export class SubjectTakenError extends Error {
  override name = 'SubjectTakenError'
}

/**
 * From now on access tokens given to this subject are this buyer's. False if they are already.
 * @throws UnknownPrincipalError, SubjectTakenError
 */
export async function letInSubject(
  db: Db,
  { issuer, subject, principal_id, by }: Subject & { principal_id: string; by: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const tenant_id = await tenantOf(trx, principal_id)
    const added = await trx
      .insertInto('principal_oauth_subjects')
      .values({ issuer, subject, principal_id, created_by: by })
      .onConflict((oc) => oc.columns(['issuer', 'subject']).doNothing())
      .returning('subject')
      .executeTakeFirst()
    if (added) {
      const detail = { issuer, subject }
      const subject_of = { subject_kind: 'principal', subject_id: principal_id } as const
      const actor = { kind: 'operator', name: by } as const
      await recordAudit(trx, actor, { tenant_id, action: 'let_in_oauth_subject', ...subject_of, detail })
      return true
    }
    const { principal_id: holder } = await trx
      .selectFrom('principal_oauth_subjects')
      .select('principal_id')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirstOrThrow()
    if (holder !== principal_id) throw new SubjectTakenError(`${subject} is ${holder} already.`)
    return false
  })
}
