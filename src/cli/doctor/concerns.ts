import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Finding } from './checks.ts'

/** Packages that do not deliver as they should. */
export async function checkConcerns(db: Db): Promise<Finding> {
  const { unserved, behind } = await db
    .selectFrom('delivery_concerns')
    .select([
      sql<number>`count(*) filter (where concern = 'not_serving')::int`.as('unserved'),
      sql<number>`count(*) filter (where concern = 'behind')::int`.as('behind'),
    ])
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow()
  const ok = unserved + behind === 0
  const text = `${unserved} packages not served, ${behind} behind${ok ? '' : '; run salesdesk steps'}`
  return { ok, subject: 'delivery', text }
}
