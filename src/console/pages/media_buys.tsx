import { Hono } from 'hono'
import { sql } from 'kysely'
import { mediaBuyTransitions } from '../../adcp/media_buy_lifecycle.ts'
import { selectBookedOrders } from '../../queries/booked_orders.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { Badge } from '../parts/badge.tsx'
import { flight, money, share, When } from '../parts/figures.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter, Search } from '../parts/search.tsx'
import { Table } from '../parts/table.tsx'
import { BookedTable } from './media_buys/booked.tsx'
import { mediaBuyDetail } from './media_buys/detail.tsx'
import { readBuys, selectBuyers, type BuyLine, type Wanted } from './media_buys/list.ts'

const PAGE_SIZE = 25

/** What was bought, the newest first, and what people booked on the ad servers themselves. */
export function mediaBuys(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const { q = '', status = '', buyer = '', by = '', page: asked } = c.req.query()
      const wanted = { q: q.trim(), status, buyer }
      const here = `${visit.base}/media_buys`
      const given = Object.entries({ ...wanted, by }).filter(([, value]) => value !== '')
      const href = given.length === 0 ? here : `${here}?${new URLSearchParams(given).toString()}`
      const buyers = await selectBuyers(desk.readDb, visit.tenant_id).execute()
      const at = pageOf(asked)
      const { rows, total } = await (by === 'people' ? booked : bought)(desk, visit, wanted, at)
      return page(
        c,
        { title: 'Media buys', room: 'media_buys' },
        <>
          <PageHead title="Media buys">What was bought, the newest first.</PageHead>
          <Search action={here} q={wanted.q} label="Brand, PO number or id">
            <Filter name="status" label="Status" value={status} all="Any" choices={statuses} />
            <Filter name="buyer" label="Buyer" value={buyer} all="Any" choices={buyers} />
            <Filter name="by" label="Booked by" value={by} all="Agents, here" choices={bookedBy} />
          </Search>
          <LiveRegion id="buys" topics={['media_buys', 'approvals']} from={href + pageParameter(href, at)}>
            {rows}
            <Pager href={href} page={at} page_size={PAGE_SIZE} total={total} of="media buys" />
          </LiveRegion>
        </>,
      )
    })
    .route('/', mediaBuyDetail(desk))
}

const statuses = Object.keys(mediaBuyTransitions).map((value) => ({
  value,
  label: value.replaceAll('_', ' '),
}))
const bookedBy = [{ value: 'people', label: 'People, in the ad server' }]
const pageParameter = (href: string, at: number) => `${href.includes('?') ? '&' : '?'}page=${at}`

async function bought({ readDb }: ConsoleDesk, visit: Visit, wanted: Wanted, at: number) {
  const part = { limit: PAGE_SIZE, offset: (at - 1) * PAGE_SIZE }
  const { buys, total } = await readBuys(readDb, visit.tenant_id, wanted, part)
  const empty = Object.values(wanted).some(Boolean)
    ? 'No media buy is like that. Take something out of the search.'
    : 'Nothing was bought yet. Give a buyer a token, and its agent can buy.'
  return { rows: <Bought buys={buys} visit={visit} empty={empty} />, total }
}

async function booked({ readDb }: ConsoleDesk, visit: Visit, wanted: Wanted, at: number) {
  const found = readDb
    .selectFrom(selectBookedOrders(readDb, { tenant_id: visit.tenant_id }, visit.now).as('booked'))
    .$if(wanted.status !== '', (q) => q.where(sql<boolean>`booked.status = ${wanted.status}`))
    .$if(wanted.buyer !== '', (q) => q.where('booked.principal_id', '=', wanted.buyer))
    .$if(wanted.q !== '', (q) => q.where(named(wanted.q)))
  const { total } = await found.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow()
  const rows = await found
    .selectAll()
    .orderBy('booked.known_since', 'desc')
    .orderBy('booked.media_buy_id', 'desc')
    .limit(PAGE_SIZE)
    .offset((at - 1) * PAGE_SIZE)
    .execute()
  return { rows: <BookedTable rows={rows} visit={visit} />, total }
}

const named = (
  q: string,
) => sql<boolean>`strpos(lower(concat_ws(' ', booked.name, booked.order_id, booked.po_number,
  booked.media_buy_id, booked.connection, booked.buyer, booked.account ->> 'name')), lower(${q})) > 0`

function Bought({ buys, visit, empty }: { buys: readonly BuyLine[]; visit: Visit; empty: string }) {
  return (
    <Table
      label="Media buys"
      rows={buys}
      empty={empty}
      columns={[
        {
          label: 'Media buy',
          cell: (buy) => (
            <>
              <a href={`${visit.base}/media_buys/${buy.media_buy_id}`}>{buy.brand}</a>
              <br />
              <code class="faint">{buy.media_buy_id}</code>
            </>
          ),
        },
        {
          label: 'Buyer',
          cell: (buy) => (
            <>
              {buy.buyer} {buy.sandbox && <Badge status="sandbox" />}
            </>
          ),
        },
        {
          label: 'Status',
          cell: (buy) => (
            <>
              <Badge status={buy.status} />
              {buy.stuck && (
                <div>
                  <Badge status="needs a person" tone="bad" />
                </div>
              )}
            </>
          ),
        },
        { label: 'Flight', cell: (buy) => flight(buy.start_time, buy.end_time) },
        { label: 'Budget', number: true, cell: (buy) => money(buy.total_budget, buy.currency) },
        {
          label: 'Spent',
          number: true,
          cell: (buy) => (buy.spend === null ? '–' : share(buy.spend, buy.total_budget)),
        },
        { label: 'Bought', cell: (buy) => <When at={buy.created_at} now={visit.now} /> },
      ]}
    />
  )
}
