import { compiledWrite } from '../db/compiled.ts'
import type { Trx } from '../db/database.ts'
import type { Insertable } from 'kysely'
import type { ActorKind, DB, MediaBuyStatus } from '../db/schema.ts'

export interface Actor {
  kind: ActorKind
  name: string
  /** Who of the desk's people it is, where that is known. */
  user_id?: string
}
export interface MediaBuyEvent {
  tenant_id: string
  media_buy_id: string
  action: string
  revision: number
  from_status?: MediaBuyStatus
  to_status?: MediaBuyStatus
  package_id?: string
  detail?: Record<string, unknown>
}

/** Adds one line to the history of a media buy. History is never changed afterwards; PostgreSQL refuses it. */
export async function recordEvent(
  trx: Trx,
  actor: Actor,
  { detail = {}, ...event }: MediaBuyEvent,
): Promise<void> {
  await insertEvent(trx, {
    ...event,
    actor_kind: actor.kind,
    actor: actor.name,
    detail: JSON.stringify(detail),
  })
}

const insertEvent = compiledWrite((db, row: Insertable<DB['media_buy_events']>) =>
  db.insertInto('media_buy_events').values(row),
)

export interface Audited {
  tenant_id: string
  action: string
  subject_kind:
    | 'media_buy'
    | 'proposal'
    | 'workflow_step'
    | 'principal'
    | 'account'
    | 'tenant'
    | 'connection'
    | 'creative_agent'
    | 'user'
    | 'creative'
    | 'product'
  subject_id: string
  detail?: Record<string, unknown>
}

/** Adds one line to the audit log: who did what to what. */
export async function recordAudit(trx: Trx, actor: Actor, { detail = {}, ...entry }: Audited): Promise<void> {
  await insertAudit(trx, {
    ...entry,
    actor_kind: actor.kind,
    actor: actor.name,
    user_id: actor.user_id ?? null,
    detail: JSON.stringify(detail),
  })
}

const insertAudit = compiledWrite((db, row: Insertable<DB['audit_log']>) =>
  db.insertInto('audit_log').values(row),
)
