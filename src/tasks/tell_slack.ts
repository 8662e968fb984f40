import { withSignal } from '../abort.ts'
import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { withSessionLock } from './session_lock.ts'
import { readSlackConnection } from './slack/connection.ts'
import { faultOf, SlackFault } from './slack/fault.ts'
import { heldUntil, hold, release } from './slack/hold.ts'
import { tellOne } from './slack/tell_one.ts'
import { voiceOf } from './slack/voice.ts'
import { nextNotice } from './slack/waiting.ts'

const BUSY_RETRY_MS = 2000

/**
 * Tells a publisher's people in Slack what there is to tell, one notice after another in the order they were written. While Slack
 * is away, slow or turns us away, everything waits, and nothing is left out later.
 */
export const tellSlack = defineTask({
  name: 'tell_slack',
  async run({ tenant_id }, ctx) {
    const mine = await withSessionLock(ctx.pool, `slack:${tenant_id}`, (db, lost) =>
      withSignal([ctx.signal, lost], undefined, (signal) => drain({ ...ctx, db, signal }, tenant_id)),
    )
    if (!mine) await again(ctx, tenant_id, new Date(ctx.clock().getTime() + BUSY_RETRY_MS))
  },
})

async function drain(ctx: TaskContext & { db: Db }, tenant_id: string): Promise<void> {
  const { db, slack, clock, log, signal } = ctx
  const held = await heldUntil(db, tenant_id, clock())
  if (held) return again(ctx, tenant_id, held)
  try {
    const connection = await readSlackConnection(db, tenant_id, slack)
    if (!connection) return
    const voice = await voiceOf(connection, slack)
    const console = `${slack.consoleUrl}/${tenant_id}`
    while (!signal.aborted) {
      const notice = await nextNotice(db, tenant_id)
      if (!notice) break
      await tellOne({ db, connection, voice, console, clock, log }, notice)
    }
    await release(db, tenant_id)
    if (signal.aborted) await again(ctx, tenant_id)
  } catch (error) {
    const fault = faultOf(error)
    if (!(error instanceof SlackFault)) log.error({ err: error }, 'slack')
    else log.warn({ tenant_id, code: fault.code }, 'slack')
    await again(ctx, tenant_id, await hold(db, tenant_id, fault, clock()))
  }
}

function again({ db }: TaskContext, tenant_id: string, at?: Date): Promise<void> {
  return db.transaction().execute((trx) => enqueue(trx, 'tell_slack', { tenant_id }, at))
}
