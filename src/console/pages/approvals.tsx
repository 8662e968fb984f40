import { Hono } from 'hono'
import { selectWaitingApprovals } from '../../queries/approvals.ts'
import type { ConsoleDesk, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { approvalDetail } from './approvals/detail.tsx'
import { WaitingList } from '../parts/waiting_list.tsx'

/** What waits for a decision, and where it is made. */
export function approvals(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const waiting = await selectWaitingApprovals(desk.readDb, visit.tenant_id).execute()
      return page(
        c,
        { title: 'Approvals', room: 'approvals' },
        <>
          <h1>Approvals</h1>
          <LiveRegion id="waiting" topics={['approvals']} from={`${visit.base}/approvals`}>
            <WaitingList waiting={waiting} visit={visit} />
          </LiveRegion>
        </>,
      )
    })
    .route('/', approvalDetail(desk))
}
