import { jsonb, type Trx } from '../db/database.ts'
import type { ActorKind, MediaBuyStatus } from '../db/schema.ts'

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
  await trx
    .insertInto('media_buy_events')
    .values({ ...event, actor_kind: actor.kind, actor: actor.name, detail: jsonb(detail) })
    .execute()
}

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
  await trx
    .insertInto('audit_log')
    .values({
      ...entry,
      actor_kind: actor.kind,
      actor: actor.name,
      user_id: actor.user_id ?? null,
      detail: jsonb(detail),
    })
    .execute()
}
