import { Badge } from '../../parts/badge.tsx'
import { When } from '../../parts/figures.tsx'
import { pageOfOrder, type Order } from './read_orders.ts'

/** Where the media buy stands on each ad server, with the way to the order there. */
export function Orders({ orders, now }: { orders: readonly Order[]; now: Date }) {
  if (orders.length === 0) return <p class="faint">Nothing was sent to an ad server.</p>
  return (
    <ul class="plain orders">
      {orders.map((order) => (
        <li>
          <strong>{order.connection}</strong> <Badge status={order.state} tone={tones[order.state]} />{' '}
          {order.order_ids.map((id) => (
            <OrderThere id={id} page={order.order_page} />
          ))}
          {order.error !== null && order.state !== 'placed' && <p class="problem">{order.error}</p>}
          {order.broken_until !== null && (
            <p class="warning">
              This ad server is left alone for now, because calls failed too often; the next one is made{' '}
              <When at={order.broken_until} now={now} />.
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}

const tones = {
  placing: 'waiting',
  waiting: 'waiting',
  changing: 'waiting',
  placed: 'good',
  refused: 'bad',
  needs_human: 'bad',
  canceled: 'plain',
} as const

/** An order by its id on the ad server, and the way to it where that is known. */
export function OrderThere({ id, page }: { id: string; page: string | null }) {
  if (page === null)
    return (
      <span>
        order <code>{id}</code>{' '}
      </span>
    )
  return (
    <a href={pageOfOrder(page, id)} target="_blank" rel="noreferrer">
      Open order <code>{id}</code> there
    </a>
  )
}
