import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { askedOfPeople, behave, buy, callsFor, fulfilmentsOf, served } from '../support/orders.ts'
import { killAll, run } from '../support/processes.ts'
import { aChange } from '../support/updates.ts'

const desk = testDesk()
const here = (...args: string[]) => run(args, { DATABASE_URL: desk.databaseUrl })
let buyer: TestBuyer
beforeEach(async () => {
  desk.now = new Date()
  buyer = await desk.buyer()
})
afterEach(killAll)

// each call is a process of its own
vi.setConfig({ testTimeout: 120_000 })

describe('a publisher’s person at the command line', () => {
  test('sees what waits, retries it by the buy’s id, and the order is placed', async () => {
    expect(await here('steps')).toEqual({ code: 0, stdout: 'No order needs a person.', stderr: '' })
    const id = await stuck({ needs_person: 'The rate card changed.' })
    const listed = (await here('steps')).stdout.split('\n')
    expect(listed).toEqual([
      expect.stringMatching(new RegExp(`^wf_\\S+  ${id} on House ad server, since \\d{4}-`)),
      '  The rate card changed.',
      expect.stringContaining('try again'),
    ])
    await sql`update fulfilment_steps set body = jsonb_set(body, '{simulate,needs_person}', 'null') where kind = 'create_order'`.execute(
      desk.db,
    )
    const retried = await here('retry', id, '--by', 'Dana')
    expect(retried).toMatchObject({ code: 0, stdout: `${id}: retried. A worker goes on with it now.` })
    await desk.runJobs()
    expect(await placementOf(id)).toMatchObject({ state: 'placed' })
    const again = await here('skip', listed[0]?.split(' ')[0] ?? '')
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toContain(`${id} was seen to before, by Dana: retried. Nothing was changed.`)
  })

  test('skips what was booked by hand with the id it has there, and the buyer sees that id', async () => {
    const id = await stuck({ needs_person: 'Book this one yourself.' })
    const { rows } = await sql<{ order_id: string }>`
      insert into simulated.orders (network, reference, name, advertiser)
      values ('house', ${`adcp:${id}`}, 'by hand', 'x') returning order_id::text`.execute(desk.db)
    const order = rows[0]?.order_id ?? ''
    const [nameless, done] = [await here('skip', id), await here('skip', id, '--external-id', order)]
    expect(nameless).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Say which id the order made by hand has'),
    })
    expect(done.stdout).toContain(`${id}: skipped.`)
    await desk.runJobs()
    expect(await placementOf(id)).toMatchObject({ state: 'placed', ad_servers: [{ orders: [order] }] })
    expect(await callsFor(desk.db, id)).toEqual(['create_line_item'])
  })

  test('is told of a wrong id, a missing reason, and that a whole order cannot be skipped', async () => {
    const id = await stuck({ not_a_setting: true })
    const answers = await Promise.all([
      here('retry', 'wf_nowhere'),
      here('skip', id),
      here('abandon', id),
      here('steps', '--tenant', 'nobody'),
    ])
    expect(answers.map(({ code }) => code)).toEqual([1, 1, 1, 1])
    expect(answers.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining('No order with the id wf_nowhere waits for a person. Run salesdesk steps'),
      expect.stringContaining('nothing can be skipped. Retry or abandon it.'),
      expect.stringContaining('--reason'),
      expect.stringContaining('There is no publisher "nobody"'),
    ])
    for (const { stderr } of answers) expect(stderr).not.toMatch(/\n\s+at /)
    expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'pending' }])
    expect((await here('abandon', id, '--reason', 'Not for us.')).code).toBe(0)
    expect(await seen(id)).toMatchObject({ status: 'rejected', rejection_reason: 'Not for us.' })
  })

  test('is told when the buyer made the question void meanwhile', async () => {
    const id = await stuck({ needs_person: 'Look at this.' })
    await buyer.call('update_media_buy', aChange(id, { canceled: true }))
    await desk.runJobs()
    const late = await here('retry', id)
    expect(late.code).toBe(1)
    expect(late.stderr).toContain(
      `${id} was seen to before, by the worker: The order changed, and the question is void. Nothing was changed.`,
    )
    expect(await callsFor(desk.db, id)).toEqual([])
  })

  test('abandons a buy that runs: it is canceled there, and the buyer sees by whom and why', async () => {
    await behave(desk.db, { change: { refuse: 'below what was delivered' } })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    await desk.db.updateTable('media_buys').set({ status: 'active' }).where('media_buy_id', '=', id).execute()
    await buyer.call('update_media_buy', aChange(id, { paused: true }))
    await desk.runJobs()
    await behave(desk.db, {})
    const given = await here('abandon', id, '--reason', 'The page is gone.', '--by', 'Kim')
    expect(given.stdout).toContain(`${id}: abandoned.`)
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'canceled' }])
    expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'canceled' }])
    expect(await seen(id)).toMatchObject({
      status: 'canceled',
      cancellation: { canceled_by: 'seller', reason: 'The page is gone.' },
    })
  })
})

test('salesdesk doctor tells of a job that was given up and of the person it needs, until somebody retries', async () => {
  const told = async () =>
    (await here('doctor')).stdout.split('\n').filter((line) => /queue|people/.test(line))
  const lookForStuckOrders = async () => {
    await desk.db.transaction().execute((trx) => enqueue(trx, 'find_stuck_orders', {}))
    await desk.runJobs()
  }
  await desk.runJobs()
  await behave(desk.db, {})
  const id = await buy(buyer, {}, desk.now)
  await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(desk.db)
  await lookForStuckOrders()
  expect(await told()).toEqual([
    expect.stringMatching(/^FAIL {2}queue .*1 given up \(fulfil_media_buy\); see the worker's log$/),
    expect.stringMatching(/^FAIL {2}people .*1 orders need a person; run salesdesk steps$/),
  ])
  expect((await here('retry', id)).code).toBe(0)
  await desk.runJobs()
  expect(await placementOf(id)).toMatchObject({ state: 'placed' })
  await lookForStuckOrders()
  expect(await told()).toEqual([expect.stringMatching(/^ok +queue/), expect.stringMatching(/^ok +people/)])
})

test('names and reasons are read on the line they stand on, and no terminal obeys them', async () => {
  const hostile = 'x\u001b[2J\u001b]0;owned\u0007\r\nok    all is well\u202e\u009b31m\u2028'
  await stuck({ needs_person: hostile })
  await desk.db.updateTable('adapter_configs').set({ name: hostile }).execute()
  await desk.db
    .updateTable('principals')
    .set({ name: hostile })
    .where('principal_id', '=', 'pinnacle')
    .execute()
  const asked = aPurchase({ po_number: hostile, package: { budget: 60_000 } }, desk.now)
  expect((await buyer.call('create_media_buy', asked)).body).toHaveProperty('task_id')
  for (const command of ['steps', 'approve', 'check', 'secret', 'sync']) {
    const args = { secret: ['secret', 'list'], sync: ['sync', '--status'] }[command] ?? [command]
    const { stdout, stderr } = await here(...args)
    expect([command, `${stdout}${stderr}`.replaceAll('\n', '')]).not.toEqual([
      command,
      expect.stringMatching(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u),
    ])
    expect([command, stdout]).not.toEqual([command, expect.stringMatching(/^ok    all is well/m)])
    if (['steps', 'approve', 'check'].includes(command)) expect(stdout).toContain('x [2J ]0;owned')
  }
})

/** A purchase whose order a person is asked about at once. */
async function stuck(behaviour: Args): Promise<string> {
  await behave(desk.db, behaviour)
  const id = await buy(buyer, {}, desk.now)
  await desk.runJobs()
  expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'needs_human' }])
  await behave(desk.db, {})
  return id
}

async function seen(id: string): Promise<Args> {
  const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
  const [found] = body['media_buys'] as Args[]
  return found ?? {}
}

async function placementOf(id: string): Promise<unknown> {
  const { ext } = (await seen(id)) as { ext: { salesdesk: { placement: unknown } } }
  return ext.salesdesk.placement
}
