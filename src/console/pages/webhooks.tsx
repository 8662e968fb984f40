import { Hono } from 'hono'
import { sql } from 'kysely'
import { selectWebhooks } from '../../queries/webhooks.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { Badge } from '../parts/badge.tsx'
import { count, When } from '../parts/figures.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter, Search } from '../parts/search.tsx'
import { Table } from '../parts/table.tsx'
import { stateNames, WebhookTable } from '../parts/webhook_table.tsx'
import { webhookDetail } from './webhooks/detail.tsx'
import { readEndpoints, RECENT_DAYS, type Endpoint } from './webhooks/endpoints.ts'
import { proofs } from './webhooks/words.ts'

const PAGE_SIZE = 25

/** Whom the desk tells of what happens, and how that went. */
export function webhooks(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const { q = '', state = '', page: asked } = c.req.query()
      const here = `${visit.base}/webhooks`
      const given = Object.entries({ q: q.trim(), state }).filter(([, value]) => value !== '')
      const href = given.length === 0 ? here : `${here}?${new URLSearchParams(given).toString()}`
      const at = pageOf(asked)
      const [endpoints, { rows, total }] = await Promise.all([
        readEndpoints(desk.readDb, visit.tenant_id, visit.now),
        readPart(desk, visit.tenant_id, { q: q.trim(), state }, at),
      ])
      return page(
        c,
        { title: 'Webhooks', room: 'webhooks' },
        <>
          <PageHead title="Webhooks">What buyers’ servers are told, and whether they took it.</PageHead>
          <LiveRegion id="endpoints" topics={['media_buys']} from={here}>
            <Endpoints endpoints={endpoints} visit={visit} />
          </LiveRegion>
          <h2>Deliveries</h2>
          <Search action={here} q={q} label="Media buy, brand, buyer, host or id">
            <Filter name="state" label="Status" value={state} all="Any" choices={states} />
          </Search>
          <LiveRegion
            id="deliveries"
            topics={['media_buys']}
            from={`${href}${href === here ? '?' : '&'}page=${at}`}
          >
            <WebhookTable
              rows={rows}
              visit={visit}
              empty={given.length > 0 ? 'No webhook is like that.' : 'Nothing was sent yet.'}
            />
            <Pager href={href} page={at} page_size={PAGE_SIZE} total={total} of="webhooks" />
          </LiveRegion>
        </>,
      )
    })
    .route('/', webhookDetail(desk))
}

const states = Object.entries(stateNames).map(([value, label]) => ({ value, label }))

async function readPart(
  { readDb }: ConsoleDesk,
  tenant_id: string,
  { q, state }: { q: string; state: string },
  at: number,
) {
  const found = readDb
    .selectFrom(selectWebhooks(readDb, tenant_id).as('sent'))
    .$if(state !== '', (query) => query.where(sql<boolean>`sent.state::text = ${state}`))
    .$if(q !== '', (query) =>
      query.where(sql<boolean>`(sent.webhook_event_id::text = ${q} or sent.media_buy_id = ${q}
        or strpos(lower(concat_ws(' ', sent.brand, sent.buyer, sent.host)), lower(${q})) > 0)`),
    )
  const { total } = await found.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow()
  const rows = await found
    .selectAll()
    .orderBy('sent.created_at', 'desc')
    .orderBy('sent.webhook_event_id', 'desc')
    .limit(PAGE_SIZE)
    .offset((at - 1) * PAGE_SIZE)
    .execute()
  return { rows, total }
}

function Endpoints({ endpoints, visit }: { endpoints: readonly Endpoint[]; visit: Visit }) {
  const number = (label: string, of: 'delivered' | 'waiting' | 'failed') => ({
    label,
    number: true,
    cell: (endpoint: Endpoint) => count(endpoint[of]),
  })
  return (
    <>
      <Table
        label="Buyers’ servers"
        rows={endpoints}
        empty="No buyer asked to be told. They do with push_notification_config or reporting_webhook of create_media_buy."
        columns={[
          { label: 'Server', cell: ({ host }) => host },
          { label: 'Buyer', cell: ({ buyer }) => buyer },
          { label: 'Proof', cell: ({ scheme }) => proofs[scheme] },
          { label: 'State', cell: (endpoint) => <Standing endpoint={endpoint} now={visit.now} /> },
          number('Delivered', 'delivered'),
          number('Waiting', 'waiting'),
          number('Failed', 'failed'),
        ]}
      />
      {endpoints.length > 0 && (
        <p class="faint">
          Counted over the last {RECENT_DAYS} days. A server that does not answer delays only its own
          webhooks: each is tried again after 5 seconds, then longer, an hour at most, for a day.
        </p>
      )}
    </>
  )
}

function Standing({ endpoint: { failing_since, delivered_at }, now }: { endpoint: Endpoint; now: Date }) {
  if (failing_since !== null)
    return (
      <>
        <Badge status="does not answer" tone="bad" /> <When at={failing_since} now={now} />
      </>
    )
  if (delivered_at === null) return <Badge status="not told lately" />
  return (
    <>
      <Badge status="answers" tone="good" /> <When at={delivered_at} now={now} />
    </>
  )
}
