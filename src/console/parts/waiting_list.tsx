import type { selectWaitingApprovals } from '../../queries/approvals.ts'
import type { Visit } from '../desk.ts'
import { flight, money, When } from './figures.tsx'
import { Table } from './table.tsx'

export type Waiting = Awaited<ReturnType<ReturnType<typeof selectWaitingApprovals>['execute']>>[number]

/** Purchases and changes that wait for a decision, the longest wait first. */
export function WaitingList({ waiting, visit }: { waiting: readonly Waiting[]; visit: Visit }) {
  return (
    <Table
      label="Waiting for a decision"
      rows={waiting}
      empty="Nothing waits for a decision."
      columns={[
        {
          label: 'Request',
          cell: (step) => <a href={`${visit.base}/approvals/${step.workflow_step_id}`}>{step.title}</a>,
        },
        { label: 'Flight', cell: (step) => flight(step.start_time, step.end_time) },
        { label: 'Budget', number: true, cell: (step) => money(step.total_budget, step.currency) },
        { label: 'Asked', cell: (step) => <When at={step.created_at} now={visit.now} /> },
      ]}
    />
  )
}
