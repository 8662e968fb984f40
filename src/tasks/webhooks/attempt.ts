import { asSaid } from '../../adcp/own_ids.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { WebhookScheme } from '../../db/schema.ts'
import { enqueue, webhookLane } from '../../jobs.ts'
import type { Outcome } from '../../webhooks/outcome.ts'
import { nextAttemptAt } from '../../webhooks/states.ts'

export interface Attempt {
  webhook_event_id: string
  tenant_id: string
  media_buy_id: string
  principal_id: string
  /** Counted from 1. */
  attempt: number
  payload: string
  give_up_at: Date
  url: string
  scheme: WebhookScheme
  token_sealed: Buffer | null
  credentials_sealed: Buffer | null
}

/** An attempt that has not reported by then was made by a worker that is dead. */
const LEASE_MS = 60_000
/** A worker's clock and PostgreSQL's differ; a job that comes this much early is not sent back. */
const CLOCKS_DIFFER_MS = 1000

/** Takes the next attempt for this worker alone, if one is due; a job that came too early is put off. */
export async function claimAttempt(
  db: Db,
  webhook_event_id: string,
  now: Date,
): Promise<Attempt | undefined> {
  return db.transaction().execute(async (trx) => {
    const event = await selectEvent(trx, webhook_event_id).executeTakeFirst()
    if (event?.state !== 'pending') return undefined
    const { attempts, next_at, state: _state, ...rest } = event
    if (next_at.getTime() > now.getTime() + CLOCKS_DIFFER_MS) {
      await tryAgainAt(trx, event, next_at)
      return undefined
    }
    if (event.give_up_at <= now) {
      await setEvent(trx, webhook_event_id, { state: 'dead', updated_at: now })
      return undefined
    }
    const attempt = attempts + 1
    const until = new Date(now.getTime() + LEASE_MS)
    await setEvent(trx, webhook_event_id, { attempts: attempt, next_at: until, updated_at: now })
    await trx.insertInto('webhook_attempts').values({ webhook_event_id, attempt, started_at: now }).execute()
    return { ...rest, attempt, payload: asSaid(rest.principal_id, rest.payload) }
  })
}

/** Writes down how an attempt ended and what follows: nothing, another one later, or the end. */
export async function settleAttempt(
  db: Db,
  { webhook_event_id, attempt, give_up_at }: Attempt,
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const { type, http_status, result } = outcome
  await db.transaction().execute(async (trx) => {
    const event = await selectEvent(trx, webhook_event_id).executeTakeFirstOrThrow()
    await trx
      .updateTable('webhook_attempts')
      .set({ ended_at: now, outcome: type, http_status, result })
      .where('webhook_event_id', '=', webhook_event_id)
      .where('attempt', '=', attempt)
      .execute()
    // a later attempt has begun, because this one took too long: what follows is that one's business
    if (event.attempts !== attempt || event.state !== 'pending') return
    const change = { last_result: result, updated_at: now }
    if (type !== 'failed')
      return setEvent(trx, webhook_event_id, { ...change, state: type === 'delivered' ? type : 'dead' })
    const next_at = nextAttemptAt(attempt, outcome.retry_after_ms, now)
    if (next_at >= give_up_at) return setEvent(trx, webhook_event_id, { ...change, state: 'dead' })
    await setEvent(trx, webhook_event_id, { ...change, next_at })
    await tryAgainAt(trx, event, next_at)
  })
}

interface Destined {
  webhook_event_id: string
  principal_id: string
  url: string
}

function tryAgainAt(trx: Trx, { webhook_event_id, principal_id, url }: Destined, at: Date) {
  return enqueue(trx, 'deliver_webhook', { webhook_event_id, lane: webhookLane(principal_id, url) }, at)
}

interface Change {
  state?: 'delivered' | 'dead'
  attempts?: number
  next_at?: Date
  last_result?: string
  updated_at: Date
}

async function setEvent(trx: Trx, webhook_event_id: string, change: Change) {
  await trx
    .updateTable('webhook_events')
    .set(change)
    .where('webhook_event_id', '=', webhook_event_id)
    .execute()
}

/** Locked: of two workers one waits, and then sees what the other did. */
function selectEvent(trx: Trx, webhook_event_id: string) {
  return trx
    .selectFrom('webhook_events as event')
    .innerJoin('push_notification_configs as config', 'config.task_id', 'event.task_id')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'event.media_buy_id')
    .select([
      'event.webhook_event_id',
      'event.tenant_id',
      'event.media_buy_id',
      'buy.principal_id',
      'event.payload',
      'event.state',
      'event.attempts',
      'event.next_at',
      'event.give_up_at',
      'config.url',
      'config.scheme',
      'config.token_sealed',
      'config.credentials_sealed',
    ])
    .where('event.webhook_event_id', '=', webhook_event_id)
    .forUpdate('event')
}
