import { sql } from 'kysely'
import type { AdServerAdapter } from '../../../src/adapters/adapter.ts'
import { resolveStep } from '../../../src/commands/resolve_step.ts'
import { fulfilMediaBuy } from '../../../src/tasks/fulfil_media_buy.ts'
import { quiet } from '../database.ts'
import type { TestDesk } from '../desk.ts'
import { askedOfPeople } from '../orders.ts'
import { Death, type openScript } from './script.ts'

const JOBS_AT_MOST = 200

/**
 * Brings one media buy to rest while the moves of a script happen to it: its jobs run whenever they are due, and what a person is
 * asked is answered by "try again". Fails when it does not come to rest.
 */
export async function play(
  desk: TestDesk,
  mediaBuyId: string,
  connect: (connectionId: string) => Promise<AdServerAdapter>,
  script: ReturnType<typeof openScript>,
): Promise<void> {
  const run = (fulfilment_id: string): Promise<void> =>
    fulfilMediaBuy.run(
      { fulfilment_id },
      {
        db: desk.db,
        pool: desk.pool,
        log: quiet,
        clock: () => desk.now,
        signal: new AbortController().signal,
        stepDeadlineMs: 60_000,
        connect: async (connectionId) =>
          script.through(await connect(connectionId), () => run(fulfilment_id).catch(unlessDead)),
        survey: () => Promise.reject(new Error('nobody asked')),
        webhooks: { seal: undefined, allowLoopback: false, deadlineMs: 1000 },
        slack: {
          seal: undefined,
          botToken: undefined,
          apiUrl: 'http://slack.invalid/',
          fetch: () => Promise.reject(new Error('nobody is told')),
          consoleUrl: 'http://desk.invalid',
        },
      },
    )
  await script.letBuyerAct()
  for (let jobs = 0; jobs < JOBS_AT_MOST; jobs += 1) {
    if (await runNext(desk, mediaBuyId, run)) continue
    if ((await script.letBuyerAct()) || script.skip()) continue
    const questions = await askedOfPeople(desk.db, mediaBuyId)
    if (questions.every(({ status }) => status !== 'pending')) return
    const how = { type: 'retried' } as const
    await resolveStep(desk.db, { tenant_id: 'northwind', id: mediaBuyId, how, by: 'Lee', now: desk.now })
  }
  throw new Error(`not at rest after ${JOBS_AT_MOST} jobs`)
}

/** Runs the job that is due next, when it is due, as the queue would. False when there is none. */
async function runNext(
  desk: TestDesk,
  mediaBuyId: string,
  run: (fulfilmentId: string) => Promise<void>,
): Promise<boolean> {
  const { rows } = await sql<{ id: string; fulfilment_id: string; run_at: Date }>`
    update graphile_worker._private_jobs set locked_at = now(), locked_by = 'story', attempts = attempts + 1
    where id = (
      select j.id from graphile_worker._private_jobs j join fulfilments f on f.fulfilment_id = j.payload ->> 'fulfilment_id'
      where f.media_buy_id = ${mediaBuyId} and locked_at is null and attempts < max_attempts order by run_at limit 1)
    returning id, payload ->> 'fulfilment_id' as fulfilment_id, run_at`.execute(desk.db)
  const [job] = rows
  if (!job) return false
  if (job.run_at > desk.now) desk.now = job.run_at
  try {
    await run(job.fulfilment_id)
    await sql`delete from graphile_worker._private_jobs where id = ${job.id}`.execute(desk.db)
  } catch (error) {
    unlessDead(error)
    await sql`update graphile_worker._private_jobs set locked_at = null, locked_by = null where id = ${job.id}`.execute(
      desk.db,
    )
  }
  return true
}

function unlessDead(error: unknown): void {
  if (!(error instanceof Death)) throw error
}
