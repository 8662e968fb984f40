import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { mediaBuyTransitions } from '../../src/adcp/media_buy_lifecycle.ts'
import { decideApproval, type Decision } from '../../src/commands/decide_approval.ts'
import { moveMediaBuy, WrongStatusError } from '../../src/commands/move_media_buy.ts'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { workflowStepTransitions } from '../../src/commands/workflow_step_lifecycle.ts'
import { fulfilmentTransitions, stepTransitions } from '../../src/tasks/fulfilment/states.ts'
import { webhookEventTransitions } from '../../src/webhooks/states.ts'
import { aPurchase, testDesk, type Args } from '../support/desk.ts'
import { behave } from '../support/orders.ts'

const desk = testDesk()

/** PostgreSQL itself writes down every move of every row, whoever makes it. */
const machines: { table: string; column: string; transitions: Record<string, readonly string[]> }[] = [
  { table: 'media_buys', column: 'status', transitions: mediaBuyTransitions },
  { table: 'workflow_steps', column: 'status', transitions: workflowStepTransitions },
  { table: 'fulfilments', column: 'state', transitions: fulfilmentTransitions },
  { table: 'fulfilment_steps', column: 'state', transitions: stepTransitions },
  { table: 'webhook_events', column: 'state', transitions: webhookEventTransitions },
]

beforeAll(async () => {
  await desk.pool.query(`create table moves (machine text, before text, after text)`)
  for (const { table, column } of machines)
    await desk.pool.query(`
      create function note_${table}() returns trigger language plpgsql as $$ begin
        insert into moves values ('${table}', old.${column}, new.${column});
        return new;
      end $$;
      create trigger note_move after update on ${table} for each row
        when (old.${column} is distinct from new.${column}) execute function note_${table}()`)
  await live()
})

/** Days on which everything happens that may happen to an order. */
async function live() {
  const everything = [
    {},
    { busy: 1 },
    { lose_answers: 1 },
    { approval_ms: 3_600_000 },
    { refuse: 'Not this advertiser' },
    { needs_person: 'Somebody must look' },
  ]
  for (const behaviour of everything) {
    await behave(desk.db, behaviour)
    await buy()
  }
  await changeEverything()
  await behave(desk.db, {})
  await desk.db.updateTable('products').set({ approval_policy: 'person' }).execute()
  await decide(await buy(), 'approved')
  await decide(await buy(), 'rejected')
}

/** What was bought is changed and canceled at every moment of its life. */
async function changeEverything() {
  const days: [behaviour: Args, between?: (id: string) => Promise<unknown>][] = [
    [{}],
    [{ busy: 1000 }],
    [{ approval_ms: 86_400_000 }],
    [{ needs_person: 'Somebody must look' }],
    [{ lose_answers: 1 }],
    [
      { lose_answers: 1 },
      (id) => sql`delete from simulated.orders where reference = ${`adcp:${id}`}`.execute(desk.db),
    ],
    [{ lose_answers: 1 }, foundTwice],
    [{ lose_answers: 1 }, foundTwiceAndThenNotAtAll],
  ]
  for (const [behaviour, between] of days) {
    await behave(desk.db, behaviour)
    const id = await buy(0)
    await desk.runJobs()
    await between?.(id)
    await cancel(id)
    await pass()
  }
  await behave(desk.db, {})
  await behave(desk.db, { needs_person: 'Somebody must look' })
  const asked = { tenant_id: 'northwind', id: await buy(), by: 'Dana' }
  await resolveStep(desk.db, { ...asked, how: { type: 'retried' }, now: desk.now })
  await desk.runJobs()
  await resolveStep(desk.db, { ...asked, how: { type: 'abandoned', reason: 'no' }, now: desk.now })
  await pass()
  await behave(desk.db, {})
  await sql`update adapter_configs set settings = '{"changes": []}'`.execute(desk.db)
  await cancel(await buy())
  await pass()
  await sql`update adapter_configs set settings = '{}'`.execute(desk.db)
}

async function foundTwice(id: string) {
  await sql`insert into simulated.orders (network, reference, name, advertiser)
    select network, reference, name, advertiser from simulated.orders where reference = ${`adcp:${id}`}`.execute(
    desk.db,
  )
  await pass()
  await sql`delete from simulated.orders where reference = ${`adcp:${id}`}
    and order_id <> (select min(order_id) from simulated.orders where reference = ${`adcp:${id}`})`.execute(
    desk.db,
  )
}

async function foundTwiceAndThenNotAtAll(id: string) {
  await foundTwice(id)
  await sql`alter table simulated.calls rename to calls_away`.execute(desk.db)
  await cancel(id)
  await desk.runJobs()
  await sql`alter table simulated.calls_away rename to calls`.execute(desk.db)
}

async function cancel(media_buy_id: string) {
  const move = {
    tenant_id: 'northwind',
    media_buy_id,
    to: 'canceled',
    action: 'canceled',
    now: desk.now,
  } as const
  await desk.db
    .transaction()
    .execute((trx) => moveMediaBuy(trx, { kind: 'buyer', name: 'test' }, move))
    .catch((error: unknown) => {
      if (!(error instanceof WrongStatusError)) throw error
    })
}

async function buy(days = 3): Promise<string> {
  const buyer = await desk.buyer()
  const { body, texts } = await buyer.call('create_media_buy', aPurchase({}, desk.now))
  const id = body['task_id'] ?? body['media_buy_id']
  if (typeof id !== 'string') throw new Error(texts.join('\n'))
  await pass(days)
  return id
}

async function pass(times = 3) {
  for (let time = 0; time < times; time += 1) {
    desk.now = new Date(desk.now.getTime() + 10 * 60_000)
    await desk.runJobs()
  }
}

async function decide(id: string, decision: Decision['decision']) {
  await decideApproval(desk.db, {
    tenant_id: 'northwind',
    id,
    decision,
    decided_by: 'Dana',
    reason: 'seen',
    now: desk.now,
  })
  await desk.runJobs()
}

describe('docs/state-machines.md can be believed:', () => {
  test.each(machines)('$table move only as they are drawn', async ({ table, transitions }) => {
    const drawn = Object.entries(transitions).flatMap(([from, to]) =>
      to.map((state) => `${from} -> ${state}`),
    )
    const made = await movesOf(table)
    expect(made.filter((move) => !drawn.includes(move))).toEqual([])
  })

  test('and enough happened here to say so', async () => {
    expect(await movesOf('media_buys')).toEqual(
      expect.arrayContaining(['pending_approval -> pending_creatives', 'pending_creatives -> rejected']),
    )
    expect(await movesOf('workflow_steps')).toEqual(
      expect.arrayContaining(['requires_approval -> completed', 'requires_approval -> rejected']),
    )
    expect(await movesOf('fulfilments')).toEqual(
      expect.arrayContaining([
        'placing -> needs_human',
        'placing -> placed',
        'placing -> refused',
        'placing -> waiting',
      ]),
    )
    expect(await movesOf('fulfilment_steps')).toEqual(
      Object.entries(stepTransitions)
        .flatMap(([from, to]) => to.map((state) => `${from} -> ${state}`))
        .sort(),
    )
  })
})

async function movesOf(table: string): Promise<string[]> {
  const { rows } = await desk.pool.query<{ move: string }>(
    `select distinct before || ' -> ' || after as move from moves where machine = $1 order by 1`,
    [table],
  )
  return rows.map(({ move }) => move)
}
