import type { ReadDb } from '../db/database.ts'

/** No publisher, or none in particular, is meant; the message says how to name one. */
export class TenantError extends Error {
  override name = 'TenantError'
}

/** The publisher a command is for: the one named, or the only one that is open. @throws TenantError */
export async function chooseTenant(db: ReadDb, named: string | undefined): Promise<string> {
  const rows = await db
    .selectFrom('tenants')
    .select(['tenant_id', 'closed_at'])
    .orderBy('tenant_id')
    .execute()
  const known = rows.map(({ tenant_id }) => tenant_id)
  const open = rows.filter(({ closed_at }) => closed_at === null).map(({ tenant_id }) => tenant_id)
  const [first = known[0]] = open
  if (first === undefined) throw new TenantError('There is no publisher yet: run salesdesk seed first.')
  if (named !== undefined && !known.includes(named))
    throw new TenantError(`There is no publisher "${named}". Known: ${known.join(', ')}.`)
  if (named === undefined && open.length > 1)
    throw new TenantError(`Say for which publisher: --tenant ${open.join(' or --tenant ')}.`)
  return named ?? first
}
