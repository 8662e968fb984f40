import { invite } from '../commands/people/invite.ts'
import type { Db } from '../db/database.ts'
import { operator } from './environment.ts'
import { invitationLink } from './invite.ts'

/** A link that makes whoever opens it the first admin of a publisher nobody works for yet; undefined where somebody does. */
export async function firstPersonLink(db: Db, consoleUrl: string): Promise<string | undefined> {
  const alone = await db
    .selectFrom('tenants as t')
    .select('t.tenant_id')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('memberships as m').select('m.user_id').whereRef('m.tenant_id', '=', 't.tenant_id'),
        ),
      ),
    )
    .where('t.closed_at', 'is', null)
    .orderBy('t.tenant_id')
    .executeTakeFirst()
  if (!alone) return undefined
  const token = await invite(
    db,
    { kind: 'operator', name: operator() },
    { tenant_id: alone.tenant_id, role: 'admin', now: new Date() },
  )
  return invitationLink(consoleUrl, token)
}
