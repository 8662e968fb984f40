import { Hono } from 'hono'
import { readSlackStanding } from '../../queries/slack_standing.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Activity, readActivity } from './overview/activity.tsx'
import { AdServers, selectAdServers } from './overview/ad_servers.tsx'
import { readBooked, Revenue } from './overview/booked.tsx'
import { Checklist, readSetUp } from './overview/checklist.tsx'
import { readQueue, Work } from './overview/queue.tsx'
import { SlackTrouble } from './overview/slack_trouble.tsx'
import { readBoughtToday, Today } from './overview/today.tsx'
import { readWaitingThings, Waiting } from './overview/waiting.tsx'

/** The first page: what waits for a person, what is sold, and whether all is well. */
export function overview(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/', async (c) => {
    const visit = c.get('visit')
    return page(
      c,
      { title: 'Overview', room: 'overview' },
      <Overview {...{ visit, ...(await read(desk, visit)) }} />,
    )
  })
}

type Seen = Awaited<ReturnType<typeof read>>

/** One query a panel, all at once. */
async function read({ readDb: db }: ConsoleDesk, { tenant_id, now }: Visit) {
  const [waiting, bought, booked, adServers, queue, happened, setUp, slack] = await Promise.all([
    readWaitingThings(db, tenant_id),
    readBoughtToday(db, tenant_id, now),
    readBooked(db, tenant_id, now),
    selectAdServers(db, tenant_id).execute(),
    readQueue(db, tenant_id),
    readActivity(db, tenant_id),
    readSetUp(db, tenant_id),
    readSlackStanding(db, tenant_id),
  ])
  return { waiting, bought, booked, adServers, queue, happened, setUp, slack }
}

function Overview({ visit, ...seen }: { visit: Visit } & Seen) {
  const { waiting, bought, booked, adServers, queue, happened, setUp, slack } = seen
  return (
    <LiveRegion
      id="overview"
      topics={['approvals', 'media_buys', 'creatives', 'ad_servers', 'activity']}
      from={visit.base}
    >
      <PageHead title="Overview" />
      <SlackTrouble visit={visit} slack={slack} />
      <Checklist visit={visit} setUp={setUp} />
      <div class="overview">
        <div>
          <Waiting visit={visit} waiting={waiting} />
          <Revenue booked={booked} />
          <Today visit={visit} bought={bought} />
        </div>
        <div>
          <AdServers visit={visit} adServers={adServers} />
          <Work visit={visit} queue={queue} />
          <Activity visit={visit} happened={happened} />
        </div>
      </div>
    </LiveRegion>
  )
}
