import { sql } from 'kysely'
import { jsonb, type Trx } from '../../db/database.ts'
import { goesOn } from '../../queries/creatives.ts'
import type { Principal } from '../define-tool.ts'
import type { Judged } from './judge_creatives.ts'

/** Writes what is new or changed. Assets that fit their format are approved: nobody here looks at them first. */
export async function keepCreatives(
  trx: Trx,
  { tenant_id, principal_id }: Principal,
  judged: readonly Judged[],
  now: Date,
): Promise<void> {
  const rows = judged.flatMap(({ creative_id, action, content }) =>
    content && action !== 'unchanged' ? [{ creative_id, ...content }] : [],
  )
  if (rows.length === 0) return
  await trx
    .insertInto('creatives')
    .values(
      rows.map(({ assets, details, ...row }) => ({
        ...row,
        tenant_id,
        principal_id,
        assets: jsonb(assets),
        details: jsonb(details),
        status: 'approved' as const,
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((oc) =>
      oc.columns(['principal_id', 'creative_id']).doUpdateSet(({ ref }) => ({
        account_id: ref('excluded.account_id'),
        name: ref('excluded.name'),
        agent_url: ref('excluded.agent_url'),
        format_id: ref('excluded.format_id'),
        assets: ref('excluded.assets'),
        tags: ref('excluded.tags'),
        details: ref('excluded.details'),
        status: ref('excluded.status'),
        updated_at: ref('excluded.updated_at'),
      })),
    )
    .execute()
}

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
      .set({ status: 'archived', updated_at: now })
      .where('principal_id', '=', principal_id)
      .where('creative_id', 'in', archived)
      .execute()
  return { archived, needed: ids(true) }
}

const needed = sql<boolean>`exists (
  select from creative_assignments a join media_packages p using (package_id) join media_buys buy using (media_buy_id)
  where a.principal_id = c.principal_id and a.creative_id = c.creative_id
    and not p.paused and buy.status <> 'paused' and ${goesOn})`
