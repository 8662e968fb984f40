import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'
import { goesOn } from '../../queries/creatives.ts'
import type { Principal } from '../define-tool.ts'

/** Archives an account's creatives that were not sent, except those a package still needs. Returns both, by id. */
export async function archiveMissing(
  trx: Trx,
  { principal_id }: Principal,
  account_id: string,
  sent: readonly string[],
  now: Date,
): Promise<{ archived: string[]; needed: string[] }> {
  const missing = await trx
    .selectFrom('creatives as c')
    .select(['c.creative_id', needed.as('needed')])
    .where('c.principal_id', '=', principal_id)
    .where('c.account_id', '=', account_id)
    .where('c.status', '<>', 'archived')
    .where('c.creative_id', 'not in', [...sent])
    .orderBy('c.creative_id')
    .execute()
  const ids = (wanted: boolean) =>
    missing.filter((row) => row.needed === wanted).map(({ creative_id }) => creative_id)
  const archived = ids(false)
  if (archived.length > 0)
    await trx
      .updateTable('creatives')
      .set({ status: 'archived', rejection_reason: null, updated_at: now })
      .where('principal_id', '=', principal_id)
      .where('creative_id', 'in', archived)
      .execute()
  return { archived, needed: ids(true) }
}

const needed = sql<boolean>`exists (
  select from creative_assignments a join media_packages p using (package_id) join media_buys buy using (media_buy_id)
  where a.principal_id = c.principal_id and a.creative_id = c.creative_id
    and not p.paused and buy.status <> 'paused' and ${goesOn})`
