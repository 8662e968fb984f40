import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import type { FulfilmentState } from '../../src/db/schema.ts'

/** What our tables say of one media buy on one ad server. */
export interface Ours {
  media_buy_id: string
  state: FulfilmentState
  rejection_reason: string | null
  /** What should stand, in the buyer's last words. */
  packages: { package_id: string; budget: string; paused: boolean; end: number; creatives: string[] }[]
  /** What the ad server called everything it made for us. */
  external_ids: ReadonlySet<string>
  /** A call may have arrived, and nobody has looked yet. */
  in_doubt: boolean
  open_steps: string[]
  /** Asked of people and not answered. */
  questions: number
  /** What the queue still holds for it. */
  jobs: string[]
}

interface Row extends Omit<Ours, 'packages' | 'external_ids'> {
  packages: (Omit<Ours['packages'][number], 'end'> & { end: string })[]
  external_ids: string[]
}

/** Every fulfilment on this ad server, or only those of these media buys. */
export async function readOurs(
  db: Db,
  connectionId: string,
  mediaBuyIds?: readonly string[],
): Promise<Ours[]> {
  const { rows } = await sql<Row>`
    select f.media_buy_id, f.state, buy.rejection_reason,
      array(select value from fulfilment_steps s, jsonb_each_text(s.external_ids) where s.fulfilment_id = f.fulfilment_id) as external_ids,
      exists (select from fulfilment_steps s where s.fulfilment_id = f.fulfilment_id
        and (s.state = 'intent' or s.state = 'needs_human' and s.intent_at is not null)) as in_doubt,
      array(select s.kind || ' ' || s.state || coalesce(' ' || (s.last_error ->> 'message'), '') from fulfilment_steps s
        where s.fulfilment_id = f.fulfilment_id and s.state not in ('done', 'dropped', 'failed') order by s.position) as open_steps,
      (select count(*)::int from workflow_steps w where w.fulfilment_id = f.fulfilment_id
        and w.kind = 'needs_human' and w.status = 'pending') as questions,
      array(select format('attempt %s of %s, due %s, locked by %s: %s', j.attempts, j.max_attempts, j.run_at, j.locked_by, j.last_error)
        from graphile_worker._private_jobs j where j.payload ->> 'fulfilment_id' = f.fulfilment_id) as jobs,
      (select coalesce(json_agg(json_build_object('package_id', p.package_id, 'budget', p.budget::text,
          'paused', p.paused or buy.status = 'paused', 'end', p.end_time,
          'creatives', array(select a.creative_id from creative_assignments a where a.package_id = p.package_id order by a.creative_id collate "C"))), '[]')
        from media_packages p where p.media_buy_id = f.media_buy_id and p.connection_id = f.connection_id and not p.canceled) as packages
    from fulfilments f join media_buys buy using (media_buy_id)
    where f.connection_id = ${connectionId}
      and (${mediaBuyIds === undefined} or f.media_buy_id = any (${mediaBuyIds ?? []}))`.execute(db)
  return rows.map(({ packages, external_ids, ...row }) => ({
    ...row,
    packages: packages.map((one) => ({ ...one, end: inSeconds(one.end) })),
    external_ids: new Set(external_ids),
  }))
}

/** Ad servers keep no more than seconds of a flight. */
const inSeconds = (iso: string) => Math.floor(Date.parse(iso) / 1000) * 1000
