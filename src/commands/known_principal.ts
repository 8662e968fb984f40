import type { Trx } from '../db/database.ts'

/** The principal meant does not exist; the message names it. */
export class UnknownPrincipalError extends Error {
  override name = 'UnknownPrincipalError'
}

/** The publisher a principal belongs to. @throws UnknownPrincipalError, also for one that is archived */
export async function tenantOf(trx: Trx, principal_id: string): Promise<string> {
  const principal = await trx
    .selectFrom('principals')
    .select('tenant_id')
    .where('principal_id', '=', principal_id)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  if (!principal) throw new UnknownPrincipalError(`There is no principal "${principal_id}".`)
  return principal.tenant_id
}
