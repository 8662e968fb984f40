import { Hono } from 'hono'
import { selectAdServers, type AdServer } from '../../queries/ad_servers.ts'
import { may } from '../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { count, When } from '../parts/figures.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Table } from '../parts/table.tsx'
import { adServerActions } from './ad_servers/actions.ts'
import { adServerDetail } from './ad_servers/detail.tsx'
import { HealthBadge } from './ad_servers/health.tsx'
import { syncHistory } from './ad_servers/history.tsx'
import { inventory } from './ad_servers/inventory.tsx'
import { adServerKey } from './ad_servers/key.tsx'
import { adServerSettings } from './ad_servers/settings.tsx'
import { settingUp } from './ad_servers/setting_up.tsx'

/** The ad servers a publisher sells on, and everything about each. */
export function adServers(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const rows = await selectAdServers(desk.readDb, visit.tenant_id).execute()
      const nameOf = (kind: string) => desk.adServerKinds.find((one) => one.kind === kind)?.name ?? kind
      return page(
        c,
        { title: 'Ad servers', room: 'ad_servers' },
        <>
          <PageHead
            title="Ad servers"
            actions={
              may(visit.role, 'administer') && (
                <a class="button primary" href={`${visit.base}/connect`}>
                  Connect an ad server
                </a>
              )
            }
          >
            Where what is sold here is booked, and where it is read how it fares.
          </PageHead>
          <LiveRegion id="ad-servers" topics={['ad_servers']} from={`${visit.base}/ad_servers`}>
            <AdServerList {...{ rows, visit, nameOf }} />
          </LiveRegion>
        </>,
      )
    })
    .route('/', adServerDetail(desk))
    .route('/', settingUp(desk))
    .route('/', adServerActions(desk))
    .route('/', adServerSettings(desk))
    .route('/', adServerKey(desk))
    .route('/', syncHistory(desk))
    .route('/', inventory(desk))
}

interface List {
  rows: readonly AdServer[]
  visit: Visit
  nameOf(kind: string): string
}

function AdServerList({ rows, visit: { base, now }, nameOf }: List) {
  return (
    <Table
      label="Ad servers"
      rows={rows}
      empty="No ad server is connected yet. Connect one: then products can be sold over it."
      columns={[
        { label: 'Name', cell: (one) => <a href={`${base}/ad_servers/${one.connection_id}`}>{one.name}</a> },
        { label: 'Kind', cell: ({ kind }) => nameOf(kind) },
        { label: 'Network', cell: ({ network }) => network?.name ?? <span class="faint">not read yet</span> },
        { label: 'Health', cell: (one) => <HealthBadge {...{ one, now }} /> },
        {
          label: 'Last read',
          cell: ({ last_success_at: at }) =>
            at ? <When {...{ at, now }} /> : <span class="faint">never</span>,
        },
        { label: 'Orders waiting', number: true, cell: ({ orders_waiting }) => count(orders_waiting) },
        { label: 'Products', number: true, cell: ({ products }) => count(products) },
      ]}
    />
  )
}
