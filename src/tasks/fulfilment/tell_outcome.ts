import { tellPeople } from '../../commands/tell_people.ts'
import type { Trx } from '../../db/database.ts'

export type Outcome = 'order_placed' | 'order_changed' | 'order_canceled' | 'order_refused'

/** Tells the publisher's people what came of an order on one ad server, once for each revision planned. */
export async function tellOutcome(
  trx: Trx,
  fulfilment: {
    tenant_id: string
    media_buy_id: string
    connection_id: string
    planned_revision: number
  },
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const { tenant_id, media_buy_id, connection_id, planned_revision } = fulfilment
  await tellPeople(trx, {
    tenant_id,
    kind: 'order_outcome',
    subject_id: media_buy_id,
    occasion: `${connection_id}:${planned_revision}:${outcome}`,
    detail: { connection_id, outcome },
    now,
  })
}
