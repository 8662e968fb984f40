import { sql } from 'kysely'
import type { Db } from '../../../src/db/database.ts'
import { eventually } from '../../support/eventually.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import { reconcile, type Wrong } from '../reconcile.ts'
import type { Bought } from './follow_wish.ts'

export type Ending = 'placed' | 'refused' | 'canceled' | 'before a person'
const DEADLINE_MS = 180_000

/** Waits until nothing is left to be done, and counts: the buyers' answers, our tables and the ad servers' books. */
export async function settleUp(
  db: Db,
  servers: readonly AdServer[],
  bought: readonly Bought[],
): Promise<{ wrong: Wrong[]; endings: Record<Ending, number> }> {
  // what does not come to rest is told one by one below
  await eventually('everything comes to rest', () => isAtRest(db), DEADLINE_MS, 200).catch(() => {})
  const buys = await readBuys(db)
  const wrong = [
    ...againstAnswers(bought, new Set(buys.map(({ media_buy_id }) => media_buy_id))),
    ...(await reconcile(db, servers)),
    ...(await strangers(servers, buys)),
  ]
  const endings = { placed: 0, refused: 0, canceled: 0, 'before a person': 0 }
  for (const buy of buys) {
    const ending = endingOf(buy)
    if (ending) endings[ending]++
    else
      wrong.push({
        kind: 'stuck',
        media_buy_id: buy.media_buy_id,
        what: `${buy.status}: ${buy.states.join()}`,
      })
  }
  return { wrong, endings }
}

interface Buy {
  media_buy_id: string
  status: string
  states: string[]
}

async function isAtRest(db: Db): Promise<boolean> {
  const { rows } = await sql<{ busy: boolean }>`
    select exists (select from fulfilments where state in ('placing', 'waiting', 'changing') or state <> 'refused' and desired_revision > planned_revision)
      or exists (select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = 'fulfil_media_buy') as busy`.execute(db)
  return rows[0]?.busy === false
}

async function readBuys(db: Db): Promise<Buy[]> {
  const { rows } = await sql<Buy>`
    select media_buy_id, buy.status, array_agg(f.state::text) as states
    from media_buys buy left join fulfilments f using (media_buy_id) group by media_buy_id, buy.status`.execute(
    db,
  )
  return rows
}

/** Every answer a buyer got is one media buy, and there is no other. */
function againstAnswers(bought: readonly Bought[], ours: ReadonlySet<string>): Wrong[] {
  const told = bought.flatMap(({ media_buy_id }) => media_buy_id ?? [])
  const wrong: Wrong[] = []
  for (const { idempotency_key, media_buy_id, refusals } of bought)
    if (media_buy_id === undefined)
      wrong.push({ kind: 'lost', media_buy_id: idempotency_key, what: `was not sold: ${refusals.join()}` })
    else if (!ours.has(media_buy_id))
      wrong.push({ kind: 'lost', media_buy_id, what: 'was sold, and is not here' })
  for (const media_buy_id of ours)
    if (!told.includes(media_buy_id))
      wrong.push({ kind: 'duplicated', media_buy_id, what: 'no buyer knows of it' })
  if (new Set(told).size < told.length)
    wrong.push({ kind: 'lost', media_buy_id: '', what: 'two buyers were told of one media buy' })
  return wrong
}

/** Orders in the ad servers' books that nobody bought. */
async function strangers(servers: readonly AdServer[], buys: readonly Buy[]): Promise<Wrong[]> {
  const known = new Set(buys.map(({ media_buy_id }) => media_buy_id))
  const orders = await Promise.all(servers.map((server) => server.orders()))
  return orders
    .flat()
    .filter(({ media_buy_id }) => !known.has(media_buy_id))
    .map(({ media_buy_id, order_id }) => ({
      kind: 'duplicated',
      media_buy_id,
      what: `order ${order_id} was bought by nobody`,
    }))
}

function endingOf({ status, states }: Buy): Ending | undefined {
  if (states.includes('needs_human')) return 'before a person'
  if (status === 'rejected')
    return states.every((one) => one === 'refused' || one === 'canceled') ? 'refused' : undefined
  if (status === 'canceled') return states.every((one) => one === 'canceled') ? 'canceled' : undefined
  return states.every((one) => one === 'placed') ? 'placed' : undefined
}
