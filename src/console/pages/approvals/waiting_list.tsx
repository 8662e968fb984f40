import type { selectWaitingApprovals } from '../../../queries/approvals.ts'
import type { Visit } from '../../desk.ts'
import { flight, money, When } from '../../parts/figures.tsx'

export type Waiting = Awaited<ReturnType<ReturnType<typeof selectWaitingApprovals>['execute']>>[number]

/** Purchases and changes that wait for a decision, the longest wait first. */
export function WaitingList({ waiting, visit }: { waiting: readonly Waiting[]; visit: Visit }) {
  if (waiting.length === 0) return <p class="empty">Nothing waits for a decision.</p>
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Waiting approvals">
      <table>
        <thead>
          <tr>
            <th scope="col">Request</th>
            <th scope="col">Flight</th>
            <th scope="col" class="number">
              Budget
            </th>
            <th scope="col">Asked</th>
          </tr>
        </thead>
        <tbody>
          {waiting.map((step) => (
            <tr>
              <td>
                <a href={`${visit.base}/approvals/${step.workflow_step_id}`}>{step.title}</a>
              </td>
              <td>{flight(step.start_time, step.end_time)}</td>
              <td class="number">{money(step.total_budget, step.currency)}</td>
              <td>
                <When at={step.created_at} now={visit.now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
