import { Hono } from 'hono'
import { selectWaitingApprovals } from '../../queries/approvals.ts'
import type { ConsoleDesk, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { WaitingList } from '../parts/waiting_list.tsx'

/** The first page: what waits for a person. */
export function overview(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/', async (c) => {
    const visit = c.get('visit')
    const waiting = await selectWaitingApprovals(desk.readDb, visit.tenant_id).execute()
    return page(
      c,
      { title: 'Overview', room: 'overview' },
      <>
        <h1>Overview</h1>
        <LiveRegion id="waiting" topics={['approvals']} from={visit.base}>
          <h2>Waiting for a person</h2>
          <WaitingList waiting={waiting} visit={visit} />
        </LiveRegion>
      </>,
    )
  })
}
