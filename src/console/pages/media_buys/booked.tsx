import type { Context } from 'hono'
import { selectBookedOrders, type BookedItem, type BookedRow } from '../../../queries/booked_orders.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { count, flight, money, When } from '../../parts/figures.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Table } from '../../parts/table.tsx'
import { OrderThere } from './orders.tsx'

/** Orders that people booked on the ad servers for the desk's buyers. */
export function BookedTable({ rows, visit }: { rows: readonly BookedRow[]; visit: Visit }) {
  return (
    <Table
      label="Orders booked in the ad servers"
      rows={rows}
      empty="No order that people booked for an advertiser of your buyers is known. They come with a synchronisation of orders, once buyers are mapped to advertisers."
      columns={[
        {
          label: 'Order',
          cell: (row) => (
            <a href={`${visit.base}/media_buys/${encodeURIComponent(row.media_buy_id)}`}>{row.name}</a>
          ),
        },
        {
          label: 'Booked',
          cell: (row) => (
            <>
              <Badge status="by people" /> on {row.connection}
            </>
          ),
        },
        { label: 'For', cell: (row) => ownerOf(row) ?? 'nobody yet' },
        { label: 'Status', cell: (row) => <Badge status={row.status} /> },
        { label: 'Flight', cell: (row) => <FlightOf row={row} /> },
        {
          label: 'Budget',
          number: true,
          cell: (row) => (row.budget === null ? '–' : money(row.budget, row.currency ?? row.usual_currency)),
        },
        { label: 'Known', cell: (row) => <When at={row.known_since} now={visit.now} /> },
      ]}
    />
  )
}

const ownerOf = ({ account, buyer }: Pick<BookedRow, 'account' | 'buyer'>) => account?.name ?? buyer

const FlightOf = ({ row: { start_time, end_time } }: { row: Pick<BookedRow, 'start_time' | 'end_time'> }) =>
  start_time === null ? '–' : end_time === null ? 'without end' : flight(start_time, end_time)

/** One of them, as it was read last; it is changed where it was booked. */
export async function bookedDetail(c: Context<VisitEnv>, { readDb }: ConsoleDesk, media_buy_id: string) {
  const visit = c.get('visit')
  const row = await selectBookedOrders(readDb, { tenant_id: visit.tenant_id }, visit.now)
    .where('booked.media_buy_id', '=', media_buy_id)
    .executeTakeFirst()
  if (!row) return c.notFound()
  const up = { name: 'Media buys', href: `${visit.base}/media_buys?by=people` }
  return page(
    c,
    { title: row.name, room: 'media_buys' },
    <>
      <PageHead title={row.name} up={up}>
        <Badge status={row.status} /> <Badge status="booked in the ad server" />{' '}
        <OrderThere id={row.order_id} page={row.order_page} />
      </PageHead>
      <p class="warning">
        People booked this order on {row.connection}, so it is changed there.{' '}
        {ownerOf(row) === null
          ? 'No buyer sees it: several are mapped to its advertiser.'
          : 'Its buyer sees it in get_media_buys.'}
      </p>
      <section class="card">
        <dl class="facts">
          <dt>For</dt>
          <dd>{ownerOf(row) ?? 'nobody yet'}</dd>
          <dt>Flight</dt>
          <dd>
            <FlightOf row={row} />
          </dd>
          <dt>Budget</dt>
          <dd>{row.budget === null ? 'not told' : money(row.budget, row.currency ?? row.usual_currency)}</dd>
          {row.po_number !== null && (
            <>
              <dt>PO number</dt>
              <dd>{row.po_number}</dd>
            </>
          )}
          <dt>Read</dt>
          <dd>
            <When at={row.as_of} now={visit.now} />
          </dd>
        </dl>
      </section>
      <h2>Line items</h2>
      <Items row={row} />
    </>,
  )
}

function Items({ row }: { row: BookedRow }) {
  const priced = (item: BookedItem) =>
    item.price === null ? '–' : money(item.price, item.currency ?? row.currency ?? row.usual_currency)
  return (
    <Table
      label="Line items"
      rows={row.items}
      empty="It has none yet."
      columns={[
        { label: 'Line item', cell: (item) => item.name },
        { label: 'Status', cell: (item) => <Badge status={item.status} /> },
        { label: 'Price', number: true, cell: priced },
        { label: 'Goal', number: true, cell: (item) => (item.goal === null ? '–' : count(item.goal)) },
        {
          label: 'Delivered',
          number: true,
          cell: ({ delivered }) => (delivered === null ? '–' : count(delivered.impressions)),
        },
      ]}
    />
  )
}
