import type { Db } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'
import type { Subject } from './let_in_subject.ts'

export interface ShuttingOut extends Subject {
  by: Actor
  /** For people of one publisher: this buyer of theirs only. */
  tenant_id?: string
  principal_id?: string
}

/** From now on access tokens given to this subject open nothing. Returns whose they were; undefined if nobody's. */
export async function shutOutSubject(
  db: Db,
  { issuer, subject, by, tenant_id, principal_id }: ShuttingOut,
): Promise<string | undefined> {
  return db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('principal_oauth_subjects as mapped')
      .using('principals as principal')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .whereRef('principal.principal_id', '=', 'mapped.principal_id')
      .$if(tenant_id !== undefined, (query) => query.where('principal.tenant_id', '=', tenant_id ?? ''))
      .$if(principal_id !== undefined, (query) => query.where('mapped.principal_id', '=', principal_id ?? ''))
      .returning(['principal.principal_id', 'principal.tenant_id'])
      .executeTakeFirst()
    if (!gone) return undefined
    await recordAudit(trx, by, {
      tenant_id: gone.tenant_id,
      action: 'shut_out_oauth_subject',
      subject_kind: 'principal',
      subject_id: gone.principal_id,
      detail: { issuer, subject },
    })
    return gone.principal_id
  })
}
