import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { MediaBuyStatus } from '../../../db/schema.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count, money, When } from '../../parts/figures.tsx'
import { Place } from '../../parts/place.tsx'
import { Table } from '../../parts/table.tsx'

interface Buy {
  media_buy_id: string
  buyer: string
  brand: string
  total_budget: string
  currency: string
  status: MediaBuyStatus
  confirmed_at: string
}
export interface BoughtToday {
  sums: { currency: string; buys: number; amount: string }[]
  latest: Buy[]
}
const LATEST = 6

/** What was accepted since midnight UTC: how much, and the latest of it. Sandbox buys do not count. */
export function readBoughtToday(db: ReadDb, tenant_id: string, now: Date): Promise<BoughtToday> {
  return db
    .with('today', (cte) =>
      cte
        .selectFrom('media_buys as buy')
        .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
        .select(['buy.media_buy_id', 'buy.currency', 'buy.status', 'buy.confirmed_at', 'agent.name as buyer'])
        .select(sql<string>`buy.total_budget::text`.as('total_budget'))
        .select(sql<string>`buy.brand ->> 'domain'`.as('brand'))
        .where('buy.tenant_id', '=', tenant_id)
        .where('buy.confirmed_at', '>=', new Date(now.toISOString().slice(0, 10)))
        .where('agent.sandbox', '=', false),
    )
    .selectNoFrom([
      sql<BoughtToday['sums']>`(select coalesce(json_agg(s), '[]') from (
        select currency, count(*) as buys, sum(total_budget::numeric)::text as amount from today
        group by currency order by count(*) desc) s)`.as('sums'),
      sql<Buy[]>`(select coalesce(json_agg(l), '[]') from (
        select * from today order by confirmed_at desc limit ${LATEST}) l)`.as('latest'),
    ])
    .executeTakeFirstOrThrow()
}

/** How much was bought today, and the latest of it. */
export function Today({ visit, bought: { sums, latest } }: { visit: Visit; bought: BoughtToday }) {
  const buys = sums.reduce((all, one) => all + one.buys, 0)
  return (
    <section aria-labelledby="today">
      <h2 id="today">Bought today</h2>
      {buys > 0 && (
        <p>
          {buys === 1 ? '1 media buy' : `${count(buys)} media buys`}
          {sums.map(({ currency, amount }) => `, ${money(amount, currency)}`)}
        </p>
      )}
      <Table
        label="The latest buys of today"
        rows={latest}
        empty="No buy was accepted today."
        columns={[
          {
            label: 'Media buy',
            cell: ({ media_buy_id, brand, buyer }) => (
              <>
                <Place visit={visit} room="media_buys" rest={`/${media_buy_id}`}>
                  {brand}
                </Place>
                <div class="faint">{buyer}</div>
              </>
            ),
          },
          {
            label: 'Budget',
            number: true,
            cell: ({ total_budget, currency }) => money(total_budget, currency),
          },
          {
            label: 'Accepted',
            cell: ({ confirmed_at }) => <When at={new Date(confirmed_at)} now={visit.now} />,
          },
          { label: 'Status', cell: ({ status }) => <Badge status={status} /> },
        ]}
      />
    </section>
  )
}
