import type { Child } from 'hono/jsx'
import { inventoryUnit } from '../../../adcp/inventory_unit.ts'
import { may } from '../../../rights.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count, money, When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Listed } from './select.ts'
import { priceInWords } from './words.ts'

export const notFound = 'No product is like that. Look for something else.'
/** Where there is no product at all. */
export const nothing = ({ base, role }: Visit) =>
  may(role, 'manage') ? (
    <>
      Nothing is on sale yet. <a href={`${base}/products/new`}>Make a product</a> or{' '}
      <a href={`${base}/products/import`}>import some from a file</a>.
    </>
  ) : (
    'Nothing is on sale yet.'
  )

/** The products of a list, with what each costs, what is left and what is sold of it. */
export function ProductList({ rows, visit, empty }: { rows: readonly Listed[]; visit: Visit; empty: Child }) {
  return (
    <Table
      label="Products"
      rows={rows}
      empty={empty}
      columns={[
        {
          label: 'Product',
          cell: (row) => (
            <>
              <a href={`${visit.base}/products/${row.product_id}`}>{row.name}</a>
              <br />
              <code>{row.product_id}</code> <Standing row={row} />
            </>
          ),
        },
        { label: 'Price', cell: (row) => <PriceCell row={row} /> },
        { label: 'Left, 30 days', number: true, cell: leftOf },
        { label: 'Sold now', number: true, cell: soldOf },
        { label: 'Changed', cell: (row) => <When at={row.updated_at} now={visit.now} /> },
      ]}
    />
  )
}

const Standing = ({ row: { archived_at, offered } }: { row: Listed }) =>
  archived_at ? <Badge status="archived" /> : offered ? null : <Badge status="not offered" tone="bad" />

function PriceCell({ row: { prices } }: { row: Listed }) {
  const [first, ...others] = prices
  if (!first) return null
  return (
    <>
      {priceInWords(first)}
      {others.length > 0 && <span class="faint"> and {others.length} more</span>}
    </>
  )
}

function leftOf({ left, delivery_type, prices: [price] }: Listed) {
  if (left && left.all !== null && left.known === left.days) {
    const unit = price && inventoryUnit({ ...price, time_unit: price.parameters?.time_unit })
    return (
      <>
        {count(Math.max(0, left.all))} <span class="faint">{unit}</span>
      </>
    )
  }
  return <span class="faint">{delivery_type === 'guaranteed' ? 'not known' : 'no limit'}</span>
}

function soldOf({ sold, buys }: Listed) {
  if (buys === 0) return <span class="faint">nothing</span>
  return (
    <>
      {sold.map(({ budget, currency }) => money(budget, currency)).join(' + ')}
      <br />
      <span class="faint">
        in {buys} {buys === 1 ? 'buy' : 'buys'}
      </span>
    </>
  )
}
