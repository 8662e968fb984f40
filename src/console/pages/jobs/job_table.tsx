import { mayBeCanceled } from '../../../jobs.ts'
import type { TenantJob } from '../../../queries/jobs.ts'
import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import { whatItDoes, whyItStays } from './words.ts'

export const stateNames = {
  failed: 'given up',
  trying: 'to be tried again',
  waiting: 'waiting',
  running: 'running',
} as const
const tones = { failed: 'bad', trying: 'waiting', waiting: 'plain', running: 'good' } as const

/** Jobs with what they are for, how often they were tried, and what can be done about them. */
export function JobTable({ rows, visit }: { rows: readonly TenantJob[]; visit: Visit }) {
  return (
    <Table
      label="Jobs"
      rows={rows}
      empty="Nothing waits: everything that was to be done is done."
      columns={[
        { label: 'What', cell: (job) => <What job={job} base={visit.base} /> },
        { label: 'State', cell: (job) => <Badge status={stateNames[job.state]} tone={tones[job.state]} /> },
        { label: 'Failed', number: true, cell: tries },
        { label: 'Last error', cell: (job) => job.last_error ?? '–' },
        {
          label: 'Next try',
          cell: (job) => (job.state === 'failed' ? 'none' : <When at={job.run_at} now={visit.now} />),
        },
        { label: 'What to do', cell: (job) => <WhatToDo job={job} visit={visit} /> },
      ]}
    />
  )
}

const tries = ({ attempts, state }: TenantJob) => {
  const failed = state === 'running' ? attempts - 1 : attempts
  return failed <= 0 ? '–' : failed === 1 ? 'once' : `${failed} times`
}

function What({ job, base }: { job: TenantJob; base: string }) {
  const what = whatItDoes(job)
  if (job.webhook_event_id !== null) return <a href={`${base}/webhooks/${job.webhook_event_id}`}>{what}</a>
  if (job.media_buy_id !== null) return <a href={`${base}/media_buys/${job.media_buy_id}`}>{what}</a>
  return what
}

function WhatToDo({ job, visit }: { job: TenantJob; visit: Visit }) {
  const { base } = visit
  if (job.question_id !== null)
    return (
      <a href={`${base}/media_buys/${job.media_buy_id ?? ''}/steps/${job.question_id}`}>A person is asked</a>
    )
  if (!may(visit.role, 'manage') || job.state === 'running') return '–'
  // a webhook is sent when its own row says so
  const again = job.webhook_event_id === null || job.state === 'failed'
  return (
    <div class="row">
      {again && (
        <form method="post" action={`${base}/jobs/${job.job_id}/retry`}>
          <button>Do it now</button>
        </form>
      )}
      {mayBeCanceled(job.task) ? (
        <form method="post" action={`${base}/jobs/${job.job_id}/cancel`}>
          <button class="danger">Take it out</button>
        </form>
      ) : (
        <span class="faint">{whyItStays(job.task)}</span>
      )}
    </div>
  )
}
