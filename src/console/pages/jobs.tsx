import { Hono, type Context } from 'hono'
import { sql } from 'kysely'
import { settleJob, type JobOutcome, type JobSettlement } from '../../commands/settle_job.ts'
import { selectJobs } from '../../queries/jobs.ts'
import { selectOpenQuestions } from '../../queries/open_questions.ts'
import type { ConsoleDesk, VisitEnv } from '../desk.ts'
import { needs } from '../needs.ts'
import { done, page } from '../page.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter } from '../parts/search.tsx'
import { JobTable, stateNames } from './jobs/job_table.tsx'
import { Questions } from './jobs/questions.tsx'

const PAGE_SIZE = 25
/** The queue tells no page of what it does: an open one looks for itself. */
const SECONDS = 3

/** What workers do for this publisher: what failed, what is tried again and what waits. */
export function jobs(desk: ConsoleDesk) {
  const settle = async (c: Context<VisitEnv>, how: JobSettlement['how']) => {
    const { tenant_id, person, base } = c.get('visit')
    const actor = { kind: 'operator', name: person.name, user_id: person.user_id } as const
    const job_id = c.req.param('job_id') ?? ''
    const outcome: JobOutcome = /^\d{1,18}$/.test(job_id)
      ? await settleJob(desk.db, { tenant_id, job_id, how, actor })
      : { type: 'gone' }
    return done(c, `${base}/jobs`, told(outcome, how))
  }
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const { state = '', page: asked } = c.req.query()
      const here = `${visit.base}/jobs`
      const href = state === '' ? here : `${here}?${new URLSearchParams({ state }).toString()}`
      const at = pageOf(asked)
      const [questions, { rows, total }] = await Promise.all([
        selectOpenQuestions(desk.readDb, visit.tenant_id).execute(),
        readPart(desk, visit.tenant_id, state, at),
      ])
      return page(
        c,
        { title: 'Jobs', room: 'jobs' },
        <>
          <PageHead title="Jobs">What workers do in the background, what is in trouble first.</PageHead>
          <form class="search" method="get" action={here}>
            <Filter name="state" label="State" value={state} all="Any" choices={states} />
            <button>Show</button>
          </form>
          <LiveRegion
            id="jobs"
            topics={['media_buys', 'approvals', 'ad_servers']}
            seconds={SECONDS}
            from={`${href}${state === '' ? '?' : '&'}page=${at}`}
          >
            <Questions questions={questions} visit={visit} />
            <JobTable rows={rows} visit={visit} />
            <Pager href={href} page={at} page_size={PAGE_SIZE} total={total} of="jobs" />
          </LiveRegion>
        </>,
      )
    })
    .post('/:job_id/retry', needs('manage'), (c) => settle(c, 'retried'))
    .post('/:job_id/cancel', needs('manage'), (c) => settle(c, 'canceled'))
}

const states = Object.entries(stateNames).map(([value, label]) => ({ value, label }))

async function readPart({ readDb }: ConsoleDesk, tenant_id: string, state: string, at: number) {
  const found = selectJobs(readDb, tenant_id).$if(state !== '', (q) =>
    q.where(sql<boolean>`job.state = ${state}`),
  )
  const { total } = await found
    .clearSelect()
    .select(sql<number>`count(*)::int`.as('total'))
    .executeTakeFirstOrThrow()
  const rows = await found
    .orderBy(sql`array_position(array['failed', 'trying', 'running', 'waiting'], job.state)`)
    .orderBy('job.run_at')
    .orderBy('job.job_id')
    .limit(PAGE_SIZE)
    .offset((at - 1) * PAGE_SIZE)
    .execute()
  return { rows, total }
}

function told({ type }: JobOutcome, how: JobSettlement['how']): string {
  switch (type) {
    case 'recorded':
      return how === 'retried'
        ? 'A worker takes it up now.'
        : 'Taken out of the queue. It begins anew when it is due again.'
    case 'running':
      return 'Nothing was changed: a worker is at it this moment.'
    case 'not_safe':
      return 'Nothing was changed: this job cannot be taken out, something would be lost.'
    case 'gone':
      return 'Nothing was changed: the job is done, or was never one of yours.'
  }
}
