import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../../src/db/database.ts'
import { chance, copyRows, count, pick, withoutTriggers } from './copy_rows.ts'

/** The buyer that asks has every fourth purchase. */
const BUYERS = ['pinnacle', 'other_1', 'other_2', 'other_3']
const YEARS = 3
/** Every so manyth purchase waited for a person once, and has a creative. */
const TASKS = 5

/**
 * Brings the buys up to `total`, copies of one that was bought: of several buyers and over years, so that most are over and the latest run
 * or are about to; with what they delivered, their tasks and their creatives.
 */
export async function growMediaBuys(db: Db, like: string, total: number): Promise<void> {
  const range = { have: await count(db, 'media_buys'), total }
  const of = (table: string, column = 'media_buy_id') =>
    sql`join ${sql.table(table)} original on original.${sql.ref(column)} = ${like}`
  const media_buy_id = sql`'mb_' || lpad(n::text, 26, '0')`
  const package_id = sql`'pkg_' || lpad(n::text, 25, '0')`
  const principal_id = sql`(${BUYERS}::text[])[1 + n % ${BUYERS.length}]`
  const creative_id = sql`'creative_' || n`
  const age = sql`${chance(7)} * interval '${sql.raw(String(YEARS))} years'`
  const aged = (column: string) => sql`original.${sql.ref(column)} - ${age}`
  const times = { start_time: aged('start_time'), end_time: aged('end_time') }
  const created_at = aged('created_at')
  await withoutTriggers(db, async (quick) => {
    await addBuyers(quick)
    const grow = (table: string, anew: Record<string, RawBuilder<unknown>>, from = of(table)) =>
      copyRows(quick, table, range, { from, anew })
    await grow('media_buys', {
      media_buy_id,
      principal_id,
      created_at,
      confirmed_at: created_at,
      status: statusOf(times),
      ...times,
    })
    await grow('media_packages', { media_buy_id, package_id, ...times })
    await grow('fulfilments', {
      fulfilment_id: sql`'ful_' || n`,
      media_buy_id,
      state: sql`'placed'`,
      placed_at: created_at,
    })
    await sql`insert into package_delivery (tenant_id, media_buy_id, package_id, day, source, impressions, spend, as_of, recorded_at)
      select p.tenant_id, p.media_buy_id, p.package_id, p.start_time::date + day, 'ad_server', 1000, 5, now(), now()
      from generate_series(${range.have + 1}::int, ${total}::int) n join media_packages p on p.package_id = ${package_id},
        generate_series(0, 6) day where p.start_time < now()`.execute(quick)
    await sql`insert into workflow_steps (workflow_step_id, tenant_id, principal_id, media_buy_id, task_id, task_type, kind, status, title, decided_by, decided_at,
        created_at, updated_at)
      select 'wfs_' || n, buy.tenant_id, buy.principal_id, buy.media_buy_id, 'task_' || n, 'create_media_buy', 'approval', 'completed', 'Approve it', 'Dana',
        buy.created_at, buy.created_at, buy.created_at
      from generate_series(${range.have + 1}::int, ${total}::int) n join media_buys buy on buy.media_buy_id = ${media_buy_id}
      where n / ${BUYERS.length} % ${TASKS} = 0`.execute(quick)
    await sql`insert into creatives (tenant_id, principal_id, creative_id, account_id, name, agent_url, format_id, assets, status, created_at, updated_at)
      select buy.tenant_id, buy.principal_id, ${creative_id}, buy.account_id, ${pick(['Banner', 'Video', 'Story'], 8)} || ' ' || n,
        format.agent_url, format.format_id, '{}', 'approved', buy.created_at, buy.created_at
      from generate_series(${range.have + 1}::int, ${total}::int) n join media_buys buy on buy.media_buy_id = ${media_buy_id},
        (select * from creative_formats limit 1) format
      where n / ${BUYERS.length} % ${TASKS} = 0`.execute(quick)
    await sql`insert into creative_assignments (principal_id, creative_id, package_id, created_at)
      select ${principal_id}, ${creative_id}, ${package_id}, now() from generate_series(${range.have + 1}::int, ${total}::int) n
      where n / ${BUYERS.length} % ${TASKS} = 0`.execute(quick)
    await sql`vacuum analyze media_buys, media_packages, fulfilments, package_delivery, workflow_steps, creatives, creative_assignments`.execute(
      quick,
    )
  })
}

/** By its dates; some were stopped or called off. */
const statusOf = ({
  start_time,
  end_time,
}: Record<'start_time' | 'end_time', RawBuilder<unknown>>) => sql`case
  when ${chance(9)} < 0.05 then 'canceled' when ${end_time} < now() then 'completed' when ${start_time} > now() then 'pending_start'
  when ${chance(10)} < 0.1 then 'paused' else 'active' end::media_buy_status`

const addBuyers = (db: Db) =>
  sql`insert into principals (principal_id, tenant_id, name) select id, 'northwind', id from unnest(${BUYERS}::text[]) id
    on conflict do nothing`.execute(db)
