import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const purchase = (overrides: Args & { package?: Args } = {}) =>
  aPurchase({ account: { account_id: 'acc_lumen_pinnacle' }, ...overrides }, desk.now)
const guaranteed = { product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 5000 }
const open = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000.5,
  bid_price: 5,
}

/** How many rows each table gained by what `act` does; tables that gained none are left out. */
async function gained(act: () => Promise<unknown>) {
  const before = await rowCounts(desk.db)
  await act()
  const after = await rowCounts(desk.db)
  return Object.fromEntries(
    Object.entries(after)
      .map(([table, n]) => [table.replace(/^public\./, ''), n - (before[table] ?? 0)] as const)
      .filter(([, n]) => n !== 0),
  )
}

describe('a purchase', () => {
  test('that is accepted at once is stored with all that follows from it', async () => {
    const args = purchase({ packages: [open, { ...open, budget: 0.25 }], po_number: 'PO-1' })
    let answer: Args = {}
    const rows = await gained(async () => {
      answer = (await buyer.call('create_media_buy', args)).body
    })
    expect(rows).toEqual({
      media_buys: 1,
      media_packages: 2,
      media_buy_events: 1,
      audit_log: 1,
      idempotency_keys: 1,
      fulfilments: 1,
      'graphile_worker._private_jobs': 1,
    })
    const media_buy_id = String(answer['media_buy_id'])
    const stored = await desk.db
      .selectFrom('media_buys')
      .selectAll()
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    expect(stored).toMatchObject({
      status: 'pending_creatives',
      revision: 1,
      total_budget: '4000.75',
      currency: 'EUR',
      po_number: 'PO-1',
      principal_id: 'pinnacle',
      confirmed_at: desk.now,
      created_at: desk.now,
      start_time: new Date(String(args['start_time'])),
    })
    const event = await desk.db
      .selectFrom('media_buy_events')
      .selectAll()
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    expect(event).toMatchObject({
      action: 'created',
      actor_kind: 'buyer',
      actor: 'Pinnacle Media Agency',
      revision: 1,
      to_status: 'pending_creatives',
    })
    const audit = await desk.db
      .selectFrom('audit_log')
      .selectAll()
      .where('subject_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    expect(audit).toMatchObject({
      action: 'create_media_buy',
      actor: 'Pinnacle Media Agency',
      tenant_id: 'northwind',
    })
    const job = await sql<{ payload: { fulfilment_id: string } }>`
      select job.payload from graphile_worker._private_jobs job order by id desc limit 1`.execute(desk.db)
    const { fulfilment_id } = await desk.db
      .selectFrom('fulfilments')
      .select('fulfilment_id')
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    expect(job.rows[0]?.payload).toMatchObject({ fulfilment_id })
  })

  test('on two ad servers is one fulfilment and one job for each', async () => {
    const screens = {
      product_id: 'screens_gyms',
      pricing_option_id: 'cpm_eur_auction',
      budget: 1000,
      bid_price: 9,
    }
    const rows = await gained(() =>
      buyer.call('create_media_buy', purchase({ packages: [open, screens, open] })),
    )
    expect(rows).toMatchObject({ media_packages: 3, fulfilments: 2, 'graphile_worker._private_jobs': 2 })
  })

  test('leaves the one job that whoever finds its order waiting would ask for again', async () => {
    const { body } = await buyer.call('create_media_buy', purchase({ packages: [open] }))
    const { fulfilment_id } = await desk.db
      .selectFrom('fulfilments')
      .select('fulfilment_id')
      .where('media_buy_id', '=', String(body['media_buy_id']))
      .executeTakeFirstOrThrow()
    const again = () =>
      desk.db.transaction().execute((trx) => enqueue(trx, 'fulfil_media_buy', { fulfilment_id }))
    expect(await gained(again)).toEqual({})
  })

  test('that a person must approve holds its impressions, and no ad server hears of it', async () => {
    const rows = await gained(() => buyer.call('create_media_buy', purchase({ packages: [guaranteed] })))
    expect(rows).toEqual({
      media_buys: 1,
      media_packages: 1,
      media_buy_events: 1,
      audit_log: 1,
      idempotency_keys: 1,
      workflow_steps: 1,
      notices: 1,
      reservations: 22,
    })
  })

  test.each([
    ['its answer is kept', 'update', 'idempotency_keys', open],
    ['its job is added', 'insert', 'graphile_worker._private_jobs', open],
    ['its fulfilment is written', 'insert', 'fulfilments', open],
    ['its audit entry is written', 'insert', 'audit_log', open],
    ['its approval is asked for', 'insert', 'workflow_steps', guaranteed],
    ['its impressions are held', 'insert', 'reservations', guaranteed],
  ])('that fails when %s leaves nothing at all, and can be sent again', async (_when, what, table, item) => {
    const args = purchase({
      packages: [item],
      account: { brand: { domain: `${what}-${item.budget}.example` }, operator: 'agency.example' },
    })
    await breaking(what, table, async () => {
      const rows = await gained(async () => {
        const { body } = await buyer.call('create_media_buy', args)
        expect(body.adcp_error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', recovery: 'transient' })
        expect(JSON.stringify(body)).not.toContain('injected')
      })
      expect(rows).toEqual({})
    })
    const { body } = await buyer.call('create_media_buy', args)
    expect(body).toMatchObject({ replayed: false })
  })

  test('asks for webhooks, and its secrets are nowhere to be read', async () => {
    const secret = 'sesame-open-sesame-0123456789abcdef'
    const authentication = { schemes: ['HMAC-SHA256'], credentials: `${secret}-a` }
    const webhooks = {
      push_notification_config: { url: 'https://buyer.example/hook', token: `${secret}-b`, authentication },
      reporting_webhook: {
        url: 'https://buyer.example/report',
        token: `${secret}-c`,
        authentication,
        reporting_frequency: 'daily',
      },
      governance_context: `${secret}-d`,
    }
    for (const packages of [[open], [guaranteed]]) {
      const { body } = await buyer.call('create_media_buy', purchase({ packages, ...webhooks }))
      expect(body).toHaveProperty(packages[0] === open ? 'media_buy_id' : 'task_id')
      expect(JSON.stringify(body)).not.toContain(secret)
    }
    const kept = await everyRow()
    expect(kept).toContain('https://buyer.example/hook')
    expect(kept).toContain('https://buyer.example/report')
    expect(kept).not.toContain(secret)
  })
})

/** While `act` runs, `what` on `table` fails at the last moment. */
async function breaking(what: string, table: string, act: () => Promise<void>) {
  await sql`create function break_it() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$`.execute(
    desk.db,
  )
  await sql`create trigger break_it after ${sql.raw(what)} on ${sql.raw(table)} for each row execute function break_it()`.execute(
    desk.db,
  )
  try {
    await act()
  } finally {
    await sql`drop function break_it cascade`.execute(desk.db)
  }
}

/** All there is in all tables, as one text. */
async function everyRow(): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(desk.db)
  const texts: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ row: unknown }>`select to_jsonb(t) as row from ${sql.raw(name)} t`.execute(
      desk.db,
    )
    texts.push(JSON.stringify(rows))
  }
  return texts.join('\n')
}
