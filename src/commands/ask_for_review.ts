import type { Trx } from '../db/database.ts'
import { subjectOfCreative, tellPeople } from './tell_people.ts'

/** So many creatives that come together are told one by one; the last of them says how many more there are. */
const TOLD_ONE_BY_ONE = 5

/** Tells a publisher's people of creatives that wait for their review, in the transaction that keeps these. */
export async function askForReview(
  trx: Trx,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
  waiting: readonly { creative_id: string }[],
  now: Date,
): Promise<void> {
  const told = waiting.slice(0, TOLD_ONE_BY_ONE)
  for (const [i, { creative_id }] of told.entries()) {
    const and_more = i === TOLD_ONE_BY_ONE - 1 ? waiting.length - told.length : 0
    await tellPeople(trx, {
      tenant_id,
      kind: 'creative_review',
      subject_id: subjectOfCreative({ principal_id, creative_id }),
      occasion: now.toISOString(),
      detail: { principal_id, creative_id, ...(and_more > 0 && { and_more }) },
      now,
    })
  }
}
