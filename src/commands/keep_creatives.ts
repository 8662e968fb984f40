import { jsonb, type Trx } from '../db/database.ts'
import type { Judged } from './judge_creatives.ts'
import { askForReview } from './ask_for_review.ts'
import { placeCreatives } from './place_creatives.ts'

/**
 * Writes what is new or changed. Where one is shown already, the ad server learns of it; of what waits for a person's review, the
 * publisher's people do.
 */
export async function keepCreatives(
  trx: Trx,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
  judged: readonly Judged[],
  now: Date,
): Promise<void> {
  const rows = judged.flatMap(({ creative_id, action, content, status }) =>
    content && status && action !== 'unchanged' ? [{ creative_id, ...content, status }] : [],
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
        rejection_reason: ref('excluded.rejection_reason'),
        updated_at: ref('excluded.updated_at'),
      })),
    )
    .execute()
  const changed = rows.map(({ creative_id }) => creative_id)
  await placeCreatives(trx, { tenant_id, principal_id }, changed)
  const waiting = rows.filter(({ status }) => status === 'pending_review')
  await askForReview(trx, { tenant_id, principal_id }, waiting, now)
}
