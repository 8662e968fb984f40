import { Hono } from 'hono'
import { isBookedId } from '../../../adcp/booked_id.ts'
import { isOver } from '../../../adcp/media_buy_lifecycle.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { WebhookTable } from '../../parts/webhook_table.tsx'
import { selectWebhooks } from '../../../queries/webhooks.ts'
import { bookedDetail } from './booked.tsx'
import { Delivery } from './delivery.tsx'
import { Facts } from './facts.tsx'
import { Orders } from './orders.tsx'
import { Packages } from './packages.tsx'
import { OpenQuestion, question } from './question.tsx'
import { selectBuy, type Buy } from './read_buy.ts'
import { readDelivery } from './read_delivery.ts'
import { readHistory } from './read_history.ts'
import { readOrders } from './read_orders.ts'
import { readPackages } from './read_packages.ts'
import { CancelForm, steering } from './steer.tsx'
import { Timeline } from './timeline.tsx'
import { timelineOf } from './timeline_of.ts'

/** One media buy with all that is known of it, and what can be done about it. */
export function mediaBuyDetail(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/:media_buy_id', async (c) => {
      const visit = c.get('visit')
      const media_buy_id = c.req.param('media_buy_id')
      if (isBookedId(media_buy_id)) return bookedDetail(c, desk, media_buy_id)
      const told = await readAll(desk, visit, media_buy_id)
      if (!told) return c.notFound()
      return page(
        c,
        { title: told.buy.brand, room: 'media_buys' },
        <>
          <LiveRegion
            id="media-buy"
            topics={['media_buys', 'approvals']}
            from={`${visit.base}/media_buys/${media_buy_id}`}
          >
            <Told {...told} visit={visit} />
          </LiveRegion>
          {may(visit.role, 'manage') && isAccepted(told.buy) && <CancelForm buy={told.buy} visit={visit} />}
        </>,
      )
    })
    .route('/', steering(desk))
    .route('/', question(desk))
}

/** A purchase that somebody has agreed to and that is not over. */
const isAccepted = ({ status, confirmed_at }: Buy) => confirmed_at !== null && !isOver(status)

type AllOfIt = NonNullable<Awaited<ReturnType<typeof readAll>>>

async function readAll({ readDb }: ConsoleDesk, { tenant_id, now }: Visit, media_buy_id: string) {
  const buy = await selectBuy(readDb, tenant_id, media_buy_id).executeTakeFirst()
  if (!buy) return undefined
  const [packages, orders, history, delivery, webhooks] = await Promise.all([
    readPackages(readDb, tenant_id, media_buy_id),
    readOrders(readDb, tenant_id, media_buy_id),
    readHistory(readDb, tenant_id, media_buy_id),
    readDelivery(readDb, tenant_id, media_buy_id, now),
    selectWebhooks(readDb, tenant_id)
      .where('event.media_buy_id', '=', media_buy_id)
      .orderBy('event.created_at', 'desc')
      .limit(20)
      .execute(),
  ])
  return { buy, packages, orders, history, delivery, webhooks }
}

function Told({ buy, packages, orders, history, delivery, webhooks, visit }: AllOfIt & { visit: Visit }) {
  const names = new Map(packages.map(({ package_id, product }) => [package_id, product]))
  const points = timelineOf(history, orders, names)
  const { now, base } = visit
  return (
    <>
      <PageHead
        title={buy.brand}
        up={{ name: 'Media buys', href: `${base}/media_buys` }}
        actions={may(visit.role, 'manage') && isAccepted(buy) && <PauseForm buy={buy} base={base} />}
      >
        <Badge status={buy.status} /> {buy.sandbox && <Badge status="sandbox" />}{' '}
        <code>{buy.media_buy_id}</code>
      </PageHead>
      {buy.approval_id !== null && (
        <p class="warning">
          Somebody must decide first: <a href={`${base}/approvals/${buy.approval_id}`}>see the request</a>.
        </p>
      )}
      {buy.question_id !== null && <OpenQuestion buy={buy} visit={visit} />}
      <div class="columns">
        <section class="card">
          <Facts buy={buy} now={now} />
        </section>
        <section class="card">
          <h2>On the ad server</h2>
          <Orders orders={orders} now={now} />
        </section>
      </div>
      <h2>Delivery</h2>
      <Delivery all={delivery.all} packages={packages} paces={delivery.paces} currency={buy.currency} />
      <h2>Packages</h2>
      <Packages packages={packages} paces={delivery.paces} currency={buy.currency} visit={visit} />
      <h2>Timeline</h2>
      <Timeline points={points} orders={orders} now={now} />
      <h2>Webhooks to the buyer</h2>
      <WebhookTable
        rows={webhooks}
        visit={visit}
        empty="The buyer was sent none: it asked for none, or nothing happened yet."
      />
    </>
  )
}

function PauseForm({ buy, base }: { buy: Buy; base: string }) {
  const [verb, path] = buy.status === 'paused' ? ['Resume', 'resume'] : ['Pause', 'pause']
  return (
    <form method="post" action={`${base}/media_buys/${buy.media_buy_id}/${path}`}>
      <button>{verb}</button>
    </form>
  )
}
