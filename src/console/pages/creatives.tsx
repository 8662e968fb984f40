import { Hono } from 'hono'
import { sql } from 'kysely'
import { may } from '../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { Badge } from '../parts/badge.tsx'
import { When } from '../parts/figures.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter, Search } from '../parts/search.tsx'
import { Table } from '../parts/table.tsx'
import { creativeDetail } from './creatives/detail.tsx'
import { Fit } from './creatives/fit.tsx'
import { hrefOf } from './creatives/href.ts'
import { Assets } from './creatives/preview.tsx'
import { Seen } from './creatives/seen.tsx'
import { listedColumns, selectCreatives, type Listed, type Wanted } from './creatives/select.ts'

const PAGE = 50
/** So many wait side by side; the list below has all. */
const QUEUE = 12

/** What buyers want shown: what waits for a person, and all there is. */
export function creatives(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const { tenant_id, base } = visit
      const wanted: Wanted = {
        tenant_id,
        q: c.req.query('q')?.trim() || undefined,
        status: c.req.query('status') || undefined,
      }
      const waiting = await selectCreatives(desk.readDb, { tenant_id, status: 'pending_review' })
        .select(listedColumns)
        .orderBy('c.updated_at')
        .limit(QUEUE)
        .execute()
      const at = pageOf(c.req.query('page'))
      const { total } = await selectCreatives(desk.readDb, wanted)
        .select(sql<number>`count(*)::int`.as('total'))
        .executeTakeFirstOrThrow()
      const rows = await selectCreatives(desk.readDb, wanted)
        .select(listedColumns)
        .orderBy('c.updated_at', 'desc')
        .limit(PAGE)
        .offset((at - 1) * PAGE)
        .execute()
      const query = new URLSearchParams({ q: wanted.q ?? '', status: wanted.status ?? '' }).toString()
      return page(
        c,
        { title: 'Creatives', room: 'creatives' },
        <>
          <PageHead title="Creatives">
            What buyers want shown. Which buyers’ creatives wait for a person is part of the approval policy.
          </PageHead>
          <LiveRegion id="queue" topics={['creatives']} from={`${base}/creatives`}>
            <h2>Waiting for review</h2>
            <Queue waiting={waiting} visit={visit} />
          </LiveRegion>
          <h2>All creatives</h2>
          <Narrow wanted={wanted} base={base} />
          <List rows={rows} visit={visit} />
          <Pager
            href={`${base}/creatives?${query}`}
            page={at}
            page_size={PAGE}
            total={total}
            of="creatives"
          />
        </>,
      )
    })
    .route('/', creativeDetail(desk))
}

function Queue({ waiting, visit }: { waiting: readonly Listed[]; visit: Visit }) {
  if (waiting.length === 0) return <p class="empty">Nothing waits for review.</p>
  return (
    <div class="offers">
      {waiting.map((creative) => (
        <Waits creative={creative} visit={visit} />
      ))}
    </div>
  )
}

function Waits({ creative, visit }: { creative: Listed; visit: Visit }) {
  const here = hrefOf(visit.base, creative)
  const { packages } = creative
  return (
    <article class="card">
      <h3>
        <a href={here}>{creative.name}</a>
      </h3>
      <p class="faint">
        {creative.agent}, for {creative.account}; sent <When at={creative.updated_at} now={visit.now} />
        {packages > 0 && `; for ${packages} ${packages === 1 ? 'package' : 'packages'}`}
      </p>
      <Assets assets={creative.assets} brief />
      <Fit creative={creative} />
      {may(visit.role, 'decide') && (
        <form class="row" method="post" action={here.replace('?', '/approve?')}>
          <input type="hidden" name="from" value="queue" />
          <Seen creative={creative} />
          <button class="primary">Approve</button>
          <a class="button" href={here}>
            Look closer, or reject
          </a>
        </form>
      )}
    </article>
  )
}

const statuses = ['pending_review', 'approved', 'rejected', 'processing', 'archived']

function Narrow({ wanted, base }: { wanted: Wanted; base: string }) {
  return (
    <Search action={`${base}/creatives`} q={wanted.q} label="Name, id, buyer or account">
      <Filter
        name="status"
        label="Status"
        value={wanted.status}
        all="Any"
        choices={statuses.map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
      />
    </Search>
  )
}

function List({ rows, visit }: { rows: readonly Listed[]; visit: Visit }) {
  return (
    <Table
      label="Creatives"
      rows={rows}
      empty="No creative is like that. Buyers send them with sync_creatives, or with what they buy."
      columns={[
        { label: 'Creative', cell: (row) => <a href={hrefOf(visit.base, row)}>{row.name}</a> },
        { label: 'Buyer', cell: (row) => row.agent },
        { label: 'Format', cell: (row) => row.format },
        { label: 'Status', cell: (row) => <Badge status={row.status} /> },
        { label: 'Packages', number: true, cell: (row) => row.packages },
        { label: 'Sent', cell: (row) => <When at={row.updated_at} now={visit.now} /> },
      ]}
    />
  )
}
