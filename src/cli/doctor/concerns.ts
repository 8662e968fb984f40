import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Finding } from './checks.ts'

/** Packages that do not deliver as they should. */
export async function checkConcerns(db: Db): Promise<Finding> {
  const { unserved, behind, refused } = await db
    .selectFrom('delivery_concerns')
    .select([
      sql<number>`count(*) filter (where concern = 'not_serving')::int`.as('unserved'),
      sql<number>`count(*) filter (where concern = 'behind')::int`.as('behind'),
      sql<number>`count(*) filter (where concern = 'creative_not_shown')::int`.as('refused'),
    ])
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow()
  const ok = unserved + behind + refused === 0
  const creatives = refused === 0 ? '' : `, ${refused} with a creative refused`
  const text = `${unserved} packages not served, ${behind} behind${creatives}${ok ? '' : '; run salesdesk steps'}`
  return { ok, subject: 'delivery', text }
}
