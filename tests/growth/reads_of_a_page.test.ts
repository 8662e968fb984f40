import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../../src/db/database.ts'
import { copyRows, withoutTriggers } from '../bench/grow/copy_rows.ts'
import { growMediaBuys } from '../bench/grow/media_buys.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { listenToQueries } from '../support/queries_sent.ts'
import { buffersOf } from '../support/plans.ts'

/** Of these every fourth is the buyer's. */
const BUYS = 44_000
const TASKS = 20_000
let listening: ReturnType<typeof listenToQueries>
beforeAll(() => {
  listening = listenToQueries()
})
const desk = testDesk()
let buyer: TestBuyer
let client: pg.Client

beforeAll(async () => {
  buyer = await desk.buyer()
  const { body } = await buyer.call('create_media_buy', aPurchase())
  await growMediaBuys(desk.db, String(body['media_buy_id']), BUYS)
  await growTasks(desk.db)
  client = new pg.Client(desk.databaseUrl)
  await client.connect()
  await eventually('everybody may see every row', async () => {
    await client.query('vacuum analyze workflow_steps, media_buys')
    const { rows } = await client.query(`select from pg_class
      where relname in ('workflow_steps', 'media_buys') and relallvisible < 0.99 * relpages`)
    return rows.length === 0
  })
  // as on connections of the desk's, so that what is counted is what happens
  await client.query('set plan_cache_mode = force_generic_plan; set max_parallel_workers_per_gather = 0')
}, 120_000)
afterAll(async () => {
  listening.end()
  await client.end()
})

/** Further tasks of the buyer's, each like one it has. */
const growTasks = (db: Db) =>
  withoutTriggers(db, async (quick) => {
    const own = (column: string) => sql`original.${sql.ref(column)} || '_' || n`
    await copyRows(
      quick,
      'workflow_steps',
      { have: 0, total: TASKS },
      {
        from: sql`cross join (select * from workflow_steps where principal_id = 'pinnacle' and task_id is not null limit 1) original`,
        anew: { workflow_step_id: own('workflow_step_id'), task_id: own('task_id') },
      },
    )
  })

/** How many pages of memory PostgreSQL looks at to answer each statement about this table. */
async function looked(table: string, name: string, args: Args): Promise<number[]> {
  listening.heard.length = 0
  await buyer.call(name, args)
  const about = listening.heard.filter(({ text }) => text.includes(`from "${table}"`))
  const counts: number[] = []
  for (const sent of about) counts.push(await buffersOf(client, sent))
  return counts
}

describe('a buyer with eleven thousand purchases', () => {
  it.for(['rejected', 'paused', 'active', ['rejected', 'paused']])(
    'finds those that are %j without PostgreSQL reading the others',
    async (status_filter) => {
      const args = { status_filter, pagination: { max_results: 1 } }
      const counts = await looked('media_buys', 'get_media_buys', args)
      expect(counts).not.toEqual([])
      expect(Math.max(...counts)).toBeLessThan(150)
    },
  )

  it('sees its latest tasks without PostgreSQL reading all there were', async () => {
    const counts = await looked('workflow_steps', 'tasks_list', { pagination: { max_results: 1 } })
    expect(counts).not.toEqual([])
    expect(Math.max(...counts)).toBeLessThan(50)
  })

  it('is told how many tasks match while they can be counted at a glance, and else only that there are more', async () => {
    const tasks = async (args: Args) => (await buyer.call('tasks_list', args)).body
    const all = await tasks({ pagination: { max_results: 1 } })
    expect(all['pagination']).toMatchObject({ has_more: true })
    expect(all['pagination']).not.toHaveProperty('total_count')
    expect(all['query_summary']).toMatchObject({ returned: 1 })
    for (const name of ['total_matching', 'domain_breakdown', 'status_breakdown'])
      expect(all['query_summary']).not.toHaveProperty(name)
    const [first] = all['tasks'] as { task_id: string }[]
    const one = await tasks({ filters: { task_ids: [first?.task_id] } })
    expect(one['query_summary']).toMatchObject({ total_matching: 1, status_breakdown: { completed: 1 } })
  })
})
