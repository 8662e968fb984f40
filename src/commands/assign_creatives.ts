import type { Trx } from '../db/database.ts'

export interface Assignment {
  creative_id: string
  package_id: string
  weight: number | null
}

/**
 * Lets one transaction at a time work with the creative library of a principal. Taken before any account, product or
 * media buy is locked, so that two never wait for each other.
 */
export async function lockLibrary(trx: Trx, principal_id: string): Promise<void> {
  await trx
    .selectFrom('principals')
    .select('principal_id')
    .where('principal_id', '=', principal_id)
    // no stronger: idempotency keys already refer to this row, and it would be a deadlock
    .forNoKeyUpdate()
    .execute()
}

/** Puts creatives on packages, or changes how often they are shown there. The caller has checked that they may be. */
export async function assignCreatives(
  trx: Trx,
  principal_id: string,
  assignments: readonly Assignment[],
  now: Date,
): Promise<void> {
  if (assignments.length === 0) return
  await trx
    .insertInto('creative_assignments')
    .values(assignments.map((item) => ({ ...item, principal_id, created_at: now })))
    .onConflict((oc) =>
      oc
        .columns(['package_id', 'creative_id'])
        .doUpdateSet(({ ref }) => ({ weight: ref('excluded.weight') })),
    )
    .execute()
}
