import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count, flight, money, When } from '../../parts/figures.tsx'
import { Place } from '../../parts/place.tsx'
import { Table } from '../../parts/table.tsx'

/** One thing a person must see to. */
interface Thing {
  kind: 'approval' | 'creative' | 'order' | 'delivery'
  title: string
  id: string
  /** The buyer whose creative it is, or the media buy whose order. */
  of: string | null
  since: string
  /** Whose it is: a buyer, or the brand of an order. */
  whose: string
  /** What is asked for, where it is a purchase or a change of one: the budget now, and the flight. */
  purchase: { amount: string; currency: string; starts: string; ends: string; changes: boolean } | null
  /** Its buyer was asked something first. */
  asked: boolean
}
export interface WaitingThings {
  things: Thing[]
  counts: { approvals: number; creatives: number; orders: number; troubled: number }
}
/** So many of each kind, those that wait the longest. */
const EACH = 6

/** What waits for a person at a publisher: the longest waits of each kind, and how many there are. */
export async function readWaitingThings(db: ReadDb, tenant_id: string): Promise<WaitingThings> {
  return db
    .selectNoFrom([
      sql<Thing[]>`(select coalesce(json_agg(thing order by thing.since), '[]') from (
        (${approvals(tenant_id)}) union all (${creatives(tenant_id)}) union all (${orders(tenant_id)})
        union all (${troubled(tenant_id)})) thing)`.as('things'),
      sql<WaitingThings['counts']>`json_build_object(
        'approvals', (select count(*) from workflow_steps where tenant_id = ${tenant_id} and kind = 'approval'
          and status in ('requires_approval', 'input_required')),
        'creatives', (select count(*) from creatives where tenant_id = ${tenant_id} and status = 'pending_review'),
        'orders', (select count(*) from workflow_steps where tenant_id = ${tenant_id} and kind = 'needs_human'
          and status = 'pending'),
        'troubled', (select count(distinct media_buy_id) from delivery_concerns where tenant_id = ${tenant_id} and closed_at is null))`.as(
        'counts',
      ),
    ])
    .executeTakeFirstOrThrow()
}

const approvals = (tenant_id: string) => sql`
  select 'approval' as kind, step.title, step.workflow_step_id as id, null as of, step.created_at as since,
    buy.brand ->> 'domain' as whose, json_build_object('amount', buy.total_budget::text, 'currency', buy.currency,
      'starts', buy.start_time, 'ends', buy.end_time, 'changes', step.task_type = 'update_media_buy') as purchase, step.status = 'input_required' as asked
  from workflow_steps step join media_buys buy on buy.media_buy_id = step.media_buy_id
  where step.tenant_id = ${tenant_id} and buy.tenant_id = ${tenant_id} and step.kind = 'approval'
    and step.status in ('requires_approval', 'input_required') order by step.created_at limit ${EACH}`

const creatives = (tenant_id: string) => sql`
  select 'creative', creative.name, creative.creative_id, creative.principal_id, creative.updated_at, agent.name, null::json, false
  from creatives creative join principals agent on agent.principal_id = creative.principal_id
  where creative.tenant_id = ${tenant_id} and agent.tenant_id = ${tenant_id} and creative.status = 'pending_review'
  order by creative.updated_at limit ${EACH}`

const orders = (tenant_id: string) => sql`
  select 'order', step.title, step.workflow_step_id, step.media_buy_id, step.created_at, buy.brand ->> 'domain', null::json, false
  from workflow_steps step join media_buys buy on buy.media_buy_id = step.media_buy_id
  where step.tenant_id = ${tenant_id} and buy.tenant_id = ${tenant_id} and step.kind = 'needs_human' and step.status = 'pending'
  order by step.created_at limit ${EACH}`

const troubled = (tenant_id: string) => sql`
  select 'delivery', concern.reason, concern.media_buy_id, null, concern.opened_at, buy.brand ->> 'domain', null::json, false
  from (select distinct on (media_buy_id) media_buy_id, reason, opened_at from delivery_concerns
    where tenant_id = ${tenant_id} and closed_at is null order by media_buy_id, opened_at) concern
  join media_buys buy using (media_buy_id) where buy.tenant_id = ${tenant_id} order by concern.opened_at limit ${EACH}`

const kinds = {
  approval: { room: 'approvals', word: 'to approve', rest: ({ id }: Thing) => `/${id}` },
  creative: {
    room: 'creatives',
    word: 'to review',
    rest: ({ id, of }: Thing) => `/${encodeURIComponent(id)}?principal_id=${encodeURIComponent(of ?? '')}`,
  },
  order: {
    room: 'media_buys',
    word: 'order needs a person',
    rest: ({ id, of }: Thing) => `/${of}/steps/${id}`,
  },
  delivery: { room: 'media_buys', word: 'does not deliver', rest: ({ id }: Thing) => `/${id}` },
} as const

/** `£30,000.00, 7 – 28 Dec 2026`, for a change of a purchase as that is now; or whose it is. */
function about({ purchase, whose }: Thing): string {
  if (!purchase) return whose
  const { amount, currency, starts, ends, changes } = purchase
  return `${money(amount, currency)}${changes ? ' now' : ''}, ${flight(new Date(starts), new Date(ends))}`
}

/** What waits for a person, whatever it is, the longest wait first. */
export function Waiting({ visit, waiting }: { visit: Visit; waiting: WaitingThings }) {
  const { things, counts } = waiting
  const total = counts.approvals + counts.creatives + counts.orders + counts.troubled
  return (
    <section aria-labelledby="waits">
      <h2 id="waits">{total === 0 ? 'Nothing waits for you' : `Waits for you: ${count(total)}`}</h2>
      <Table
        label="What waits for a person"
        rows={things}
        empty="Purchases to approve, creatives to review, orders that are stuck and media buys that do not deliver appear here."
        columns={[
          {
            label: 'What',
            cell: (thing) => (
              <>
                <Place visit={visit} room={kinds[thing.kind].room} rest={kinds[thing.kind].rest(thing)}>
                  {thing.title}
                </Place>
                <div class="faint">{about(thing)}</div>
              </>
            ),
          },
          { label: 'Since', cell: ({ since }) => <When at={new Date(since)} now={visit.now} /> },
          {
            label: 'For',
            cell: ({ kind, asked }) => (
              <Badge
                status={asked ? 'waits for the buyer' : kinds[kind].word}
                tone={kind === 'order' || kind === 'delivery' ? 'bad' : 'waiting'}
              />
            ),
          },
        ]}
      />
      {total > things.length && (
        <p class="hint">
          {count(total - things.length)} more: see <a href={`${visit.base}/approvals`}>Approvals</a> and the
          rooms beside it.
        </p>
      )}
    </section>
  )
}
