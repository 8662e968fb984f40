import type { Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs.ts'

export interface CheckWanted {
  tenant_id: string
  connection_id: string
  by: string
  now: Date
}

/**
 * Has a worker look how it is to connect there; connection_checks holds what it finds. One that is under way is joined, and its
 * job asked for again in case it was lost. `anew` where something changed: what was found of the connection as it was is not waited for.
 */
export async function askCheck(
  trx: Trx,
  { tenant_id, connection_id, by, now }: CheckWanted,
  anew = false,
): Promise<void> {
  const open = () =>
    trx
      .deleteFrom('connection_checks')
      .where('connection_id', '=', connection_id)
      .where('finished_at', 'is', null)
  if (anew) await open().execute()
  await trx
    .insertInto('connection_checks')
    .values({
      connection_check_id: newId('chk'),
      tenant_id,
      connection_id,
      asked_by: by,
      asked_at: now,
    })
    .onConflict((oc) => oc.column('connection_id').where('finished_at', 'is', null).doNothing())
    .execute()
  const { connection_check_id } = await trx
    .selectFrom('connection_checks')
    .select('connection_check_id')
    .where('connection_id', '=', connection_id)
    .where('finished_at', 'is', null)
    .executeTakeFirstOrThrow()
  await enqueue(trx, 'check_connection', { connection_check_id })
}
