import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { ActorKind } from '../../../db/schema.ts'

/** One line of a media buy's history. */
export interface Happening {
  at: Date
  action: string
  actor_kind: ActorKind
  actor: string
  package_id: string | null
  /** What exactly, or why. */
  said: string | null
}
/** As many as anybody reads; a longer history is in the audit. */
const MOST = 200

/** What happened to a media buy, the latest first. */
export async function readHistory(db: ReadDb, tenant_id: string, media_buy_id: string): Promise<Happening[]> {
  return db
    .selectFrom('media_buy_events')
    .select([
      'at',
      'action',
      'actor_kind',
      'actor',
      'package_id',
      sql<string | null>`coalesce(detail ->> 'reason', detail ->> 'summary')`.as('said'),
    ])
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', '=', media_buy_id)
    .orderBy('event_id', 'desc')
    .limit(MOST)
    .execute()
}
