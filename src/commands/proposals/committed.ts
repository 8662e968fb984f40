import type { ReadDb } from '../../db/database.ts'
import type { InsertionOrder } from './insertion_order.ts'
import type { Plan, PlanItem } from './plan.ts'

/** A plan whose prices the publisher holds for a buyer until `expires_at`. */
export interface Committed extends Plan {
  insertion_order: InsertionOrder | null
  /** The purchase it became; it is bought once. */
  media_buy_id: string | null
}

/** The committed proposals of a buyer, by id. */
export function selectCommitted(
  db: ReadDb,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
) {
  return db
    .selectFrom('proposals')
    .select([
      'proposal_id',
      'plan',
      'currency',
      'total_budget',
      'start_time',
      'end_time',
      'insertion_order',
      'expires_at',
      'media_buy_id',
    ])
    .where('tenant_id', '=', tenant_id)
    .where('principal_id', '=', principal_id)
}
type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof selectCommitted>['executeTakeFirst']>>>

export function toCommitted(row: Row): Committed {
  const { plan, total_budget, start_time, end_time, insertion_order, ...rest } = row
  const kept = plan as unknown as { name: string; description: string; items: PlanItem[] }
  return {
    ...rest,
    ...kept,
    budget: total_budget === null ? null : Number(total_budget),
    flight: start_time && end_time && { start: start_time, end: end_time },
    insertion_order: insertion_order as unknown as InsertionOrder | null,
  }
}
