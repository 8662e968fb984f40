import { expect } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import type { Args, TestBuyer, TestDesk } from './desk.ts'

/** A media buy of one package that runs on an ad server and shows a creative there. */
export interface RunningThere {
  desk: TestDesk
  buyer: TestBuyer
  id: string
  /** Somebody there stops its line item, or lets it go on. */
  stop(stopped: boolean): void
  /** Its line item has shown so much in all; absent where the ad server tells no totals. */
  show?(impressions: number, clicks: number): void
  /** How long ago it was counted when it is told. */
  lag_minutes?: number
}

/** The clock has every ad server asked how its orders stand. */
export async function askStandings(
  desk: TestDesk,
  job: 'start_standings' | 'turn_media_buys' = 'start_standings',
) {
  await desk.db.transaction().execute((trx) => enqueue(trx, job, {}))
  await desk.runJobs()
}

/** What the buyer sees of it in get_media_buys, with its snapshot. */
export async function seen({ buyer, id }: Pick<RunningThere, 'buyer' | 'id'>) {
  const asked = { media_buy_ids: [id], include_snapshot: true, include_history: 20 }
  const { body } = await buyer.call('get_media_buys', asked)
  const [buy] = body['media_buys'] as (Args & { packages: Args[]; history: { action: string }[] })[]
  if (!buy) throw new Error('not seen')
  return buy
}

/** What people are told of it. */
export const concernsOf = ({ desk, id }: Pick<RunningThere, 'desk' | 'id'>) =>
  desk.db
    .selectFrom('delivery_concerns')
    .select(['concern', 'reason'])
    .where('media_buy_id', '=', id)
    .where('closed_at', 'is', null)
    .orderBy('delivery_concern_id')
    .execute()

/** What an ad server says of a running order through the clock: served, stopped there, served again; and what it delivered in all. */
export async function standsAsTheAdServerSays(it: RunningThere): Promise<void> {
  await askStandings(it.desk)
  expect(await concernsOf(it)).toEqual([])
  it.stop(true)
  await askStandings(it.desk)
  expect(await concernsOf(it)).toEqual([
    { concern: 'not_serving', reason: expect.stringMatching(/^Line item \d+ was paused there\.$/) },
  ])
  it.stop(false)
  it.show?.(60_000, 12)
  await askStandings(it.desk)
  expect(await concernsOf(it)).toEqual([])
  const { packages, history } = await seen(it)
  expect(history.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['not_serving', 'no_longer_not_serving']),
  )
  if (!it.show)
    return expect(packages).toMatchObject([
      { snapshot_unavailable_reason: 'SNAPSHOT_TEMPORARILY_UNAVAILABLE' },
    ])
  const as_of = new Date(it.desk.now.getTime() - (it.lag_minutes ?? 0) * 60_000).toISOString()
  // 60,000 at 5 EUR for a thousand
  expect(packages).toMatchObject([{ snapshot: { as_of, impressions: 60_000, clicks: 12, spend: 300 } }])
}
