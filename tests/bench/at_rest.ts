import { sql } from 'kysely'
import { eventually } from '../support/eventually.ts'
import type { Stage } from './stage.ts'

/** Leaves a worker with nothing to do, now or at the next full minute, and forgives the ad server what it has left unanswered. */
export async function atRest({ db }: Stage, hangUp: () => void = () => {}): Promise<void> {
  await eventually('the worker is idle', async () => {
    hangUp()
    await sql`delete from graphile_worker._private_jobs where locked_at is null`.execute(db)
    const { rows } =
      await sql`select 1 from graphile_worker._private_jobs where locked_at is not null`.execute(db)
    return rows.length === 0
  })
  // what was in hand may have told its order to come back
  await sql`delete from graphile_worker._private_jobs where locked_at is null`.execute(db)
  // an order without a job is looked for each minute
  await sql`update fulfilments set state = 'canceled', planned_revision = desired_revision
    where state in ('placing', 'waiting', 'changing')`.execute(db)
  await sql`update ad_server_traffic set failures = 0, broken_until = null`.execute(db)
}
