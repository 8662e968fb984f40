import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count, When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import { nameOfKind } from './health.tsx'
import { messageOf, Progress, span } from './progress.tsx'
import type { KindRead } from './select.ts'

/** How current each kind of what is known is, what is being read just now, and buttons to begin and to stop. */
export function Freshness({
  reads,
  visit,
  here,
}: {
  reads: readonly KindRead[]
  visit: Visit
  here: string
}) {
  const { now } = visit
  const manages = may(visit.role, 'manage')
  return (
    <Table
      label="What is known"
      rows={reads}
      empty="Nothing of it can be read, or no worker has reached it yet."
      columns={[
        { label: 'What', cell: ({ kind }) => nameOfKind(kind) },
        {
          label: 'Rows',
          number: true,
          cell: ({ run }) => (run?.current_since ? count(run.current_rows ?? 0) : '–'),
        },
        {
          label: 'As of',
          cell: ({ run }) => (run?.current_since ? <When at={run.current_since} now={now} /> : 'never read'),
        },
        { label: 'Read every', cell: ({ every }) => span(every * 60) },
        { label: 'Now', cell: ({ run, kind }) => <State {...{ run, kind, now }} /> },
        ...(manages ? [{ label: 'Do', cell: (read: KindRead) => <Buttons {...{ ...read, here }} /> }] : []),
      ]}
    />
  )
}

function State({ run, kind, now }: Pick<KindRead, 'run' | 'kind'> & { now: Date }) {
  if (!run) return <span class="faint">waits for its turn</span>
  if (run.finished_at === null) return <Progress run={{ ...run, kind: nameOfKind(kind) }} now={now} />
  if (run.state !== 'failed') return <Badge status="up to date" tone="good" />
  return (
    <>
      <Badge status="failed" /> <span>{messageOf(run)}</span>
    </>
  )
}

function Buttons({ run, kind, here }: KindRead & { here: string }) {
  if (run?.finished_at === null)
    return (
      <form method="post" action={`${here}/syncs/${run.sync_job_id}/stop`}>
        <button class="quiet">
          Stop<span class="unseen"> reading {nameOfKind(kind)}</span>
        </button>
      </form>
    )
  return (
    <form method="post" action={`${here}/sync`}>
      <input type="hidden" name="kind" value={kind} />
      <button class="quiet">
        Read now<span class="unseen">: {nameOfKind(kind)}</span>
      </button>
    </form>
  )
}
