import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { registerCommands } from '../../src/cli/commands.ts'
import { explain } from '../../src/cli/explain.ts'
import { examplePublisher } from '../../src/cli/seed.ts'

import { closeTenant } from '../../src/commands/tenants/close_tenant.ts'
import { reopenTenant } from '../../src/commands/tenants/reopen_tenant.ts'
import { retireTenant } from '../../src/commands/tenants/retire_tenant.ts'
import { selectRunningBuys } from '../../src/commands/tenants/running_buys.ts'
import { enqueue } from '../../src/jobs.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aPurchase, connectBuyer, encryptionKey, testDesk, type TestBuyer } from '../support/desk.ts'
import { buy, everyRow, served } from '../support/orders.ts'
import { member } from '../support/visitor.ts'

const desk = testDesk()
const printed: string[] = []
const southern = {
  ...{ account: { account_id: 'acc_southwind_acme' }, brand: { domain: 'southwind-only.example' } },
  package: { product_id: 'southwind_secret_product' },
}
let [buyer, token, south]: [TestBuyer?, string?, TestBuyer?] = []

beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  token = await desk.token()
  buyer = await connectBuyer(`${desk.url}/mcp`, token)
  south = await desk.buyer('south_agency')
  vi.stubEnv('DATABASE_URL', desk.databaseUrl)
  vi.stubEnv('SALESDESK_ENCRYPTION_KEY', encryptionKey)
  vi.stubEnv('LOG_LEVEL', 'silent')
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0)
}, 60_000)
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** What the command says to the operator, and whether it failed. */
async function salesdesk(...args: string[]): Promise<{ failed: boolean; said: string }> {
  printed.length = 0
  const program = new Command('salesdesk').exitOverride().configureOutput({ writeErr: () => {} })
  await registerCommands(program, args[0])
  let error = ''
  await program.parseAsync(args, { from: 'user' }).catch((thrown: unknown) => (error = explain(thrown)))
  return { failed: error !== '', said: [...printed, error].join('').trim() }
}
const southwind = async () =>
  (await everyRow(desk.db))
    .split('\n')
    .filter((line) => /southwind|south_/.test(line))
    .sort()
const runJobs = () => desk.runJobs()
const statusOf = (tenant_id: string) =>
  desk.db
    .selectFrom('media_buys')
    .select(['status', 'cancellation_reason', 'rejection_reason'])
    .where('tenant_id', '=', tenant_id)
    .orderBy('status')
    .execute()
const call = (it: TestBuyer | undefined, ...args: Parameters<TestBuyer['call']>) => {
  if (!it) throw new Error('there is no such buyer')
  return it.call(...args)
}

describe('a publisher that leaves', () => {
  let placed: string
  test('is kept while something it sold runs, and nothing of it changes', async () => {
    if (!buyer || !south) throw new Error('nobody buys')
    placed = await buy(buyer)
    const premium = { product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 8000 }
    const { body } = await buyer.call('create_media_buy', aPurchase({ packages: [premium] }))
    expect(body['status']).toBe('submitted')
    await buy(south, southern)
    await runJobs()
    const before = await everyRow(desk.db)
    const { failed, said } = await salesdesk('tenants', 'retire', 'northwind')
    expect([failed, said]).toEqual([
      true,
      expect.stringMatching(
        /^2 media buys of northwind are not over, the last ends on \d{4}-.*--end-buys.*Nothing was changed\.$/,
      ),
    ])
    expect(await everyRow(desk.db)).toBe(before)
    expect((await salesdesk('tenants', 'retire', 'westwind')).said).toContain(
      'There is no publisher "westwind"',
    )
    expect((await salesdesk('tenants')).said.split('\n')).toEqual([
      'northwind  Northwind Media  open, 2 media buys are not over, 0 orders not settled',
      'southwind  Southwind  open, 1 media buys are not over, 0 orders not settled',
    ])
  })

  test('lets nobody in from then on, tells its buyers, and parts with its ad servers when the last order is taken back', async () => {
    const [ada, both] = [await member(desk, 'admin', 'Ada North'), await member(desk, 'admin', 'Bo Both')]
    await desk.db
      .insertInto('memberships')
      .values({ tenant_id: 'southwind', user_id: both.user_id, role: 'admin' })
      .execute()
    const invited = await salesdesk('invite', 'late@northwind.example', '--tenant', 'northwind')
    const [link = ''] = /\/console\/invitation\/\S+/.exec(invited.said) ?? []
    expect((await ada.get(link)).html).toContain('late@northwind.example')
    const theirs = await southwind()
    const { failed, said } = await salesdesk(
      'tenants',
      'retire',
      'northwind',
      '--end-buys',
      'We close.',
      '--by',
      'Dana',
    )
    expect(await southwind()).toEqual(theirs)
    expect(failed).toBe(true)
    expect(said.split('\n')).toEqual([
      'northwind is closed: nobody buys there or signs in any more.',
      '2 of 2 media buys ended; their buyers are told.',
      expect.stringContaining(
        'closed, but not retired yet: 0 media buys are not over, 1 orders not settled.',
      ),
    ])
    expect(await statusOf('northwind')).toEqual([
      { status: 'rejected', cancellation_reason: null, rejection_reason: 'We close.' },
      { status: 'canceled', cancellation_reason: 'We close.', rejection_reason: null },
    ])
    expect((await ada.get('/console/northwind')).to).toContain('/console/sign-in')
    expect((await ada.get(link)).html).not.toContain('late@northwind.example')
    expect((await both.get('/console/northwind')).status).toBe(404)
    expect((await both.get('/console/southwind')).status).toBe(200)
    const answer = await fetch(`${desk.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: '{}',
    })
    expect(answer.status).toBe(401)
    expect((await salesdesk('token', 'pinnacle')).said).toContain('There is no principal "pinnacle"')

    expect((await salesdesk('doctor')).said).toMatch(
      /^ok +leaving +northwind is closed; 0 media buys are not over, 1 orders not settled: run salesdesk tenants retire northwind/m,
    )

    await runJobs()
    expect(await served(desk.db, placed)).toMatchObject([{ order_status: 'canceled' }])
    const untouched = await southwind()
    expect((await salesdesk('tenants', 'retire', 'northwind')).said).toMatch(
      /^northwind is retired\. Its books stay/,
    )
    expect(await southwind()).toEqual(untouched)
    expect((await salesdesk('tenants', 'retire', 'northwind')).said).toBe('northwind was retired before.')
    expect((await salesdesk('tenants')).said).toMatch(
      /^northwind {2}Northwind Media {2}retired on \d{4}-\d\d-\d\d\nsouthwind .*open/,
    )
    expect((await salesdesk('seed', examplePublisher)).said).toMatch(
      /was retired on .* salesdesk tenants reopen northwind first/,
    )

    // what it is to the desk now: nobody, nothing to be read, and all it ever did
    const ours = await desk.db
      .selectFrom('audit_log')
      .select('action')
      .where('tenant_id', '=', 'northwind')
      .where('actor', '=', 'Dana')
      .orderBy('audit_id')
      .execute()
    expect(ours.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['close_publisher', 'cancel_media_buy']),
    )
    desk.now = new Date(desk.now.getTime() + 2 * 86_400_000)
    await desk.db.transaction().execute((trx) => enqueue(trx, 'start_due_syncs', {}))
    await runJobs()
    const read = await desk.db
      .selectFrom('sync_jobs')
      .select('tenant_id')
      .distinct()
      .where('started_at', '=', desk.now)
      .execute()
    expect(read).toEqual([{ tenant_id: 'southwind' }])
  })

  test('opens again with the buyers and ad servers it had, but for their tokens and secrets', async () => {
    expect((await salesdesk('tenants', 'reopen', 'northwind')).said).toMatch(/is open again\. .*new tokens/)
    expect((await salesdesk('tenants', 'reopen', 'northwind')).said).toBe('northwind is open.')
    expect(
      (await call(await desk.buyer(), 'get_media_buys', { media_buy_ids: [placed] })).body['media_buys'],
    ).toHaveLength(1)
    await runJobs()
    const id = await buy(await desk.buyer(), {}, desk.now)
    await runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'approved' }])
    const old = await fetch(`${desk.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: '{}',
    })
    expect(old.status).toBe(401)
    expect((await salesdesk('seed', examplePublisher)).failed).toBe(false)
  })

  test('is never retired with a purchase under way, whoever is first', async () => {
    const by = { kind: 'operator', name: 'Dana' } as const
    const tenant_id = 'northwind'
    const outcomes = new Set<string>()
    for (let round = 0; round < 6; round += 1) {
      const agency = await desk.buyer()
      const before = (await selectRunningBuys(desk.db, tenant_id).execute()).length
      const now = new Date()
      // shut out before it was let in, a call is refused as a whole
      const purchase = () =>
        agency.call('create_media_buy', aPurchase({}, now)).catch(() => ({ isError: true }))
      const purchases = Array.from({ length: 4 }, purchase)
      const leaving = (async () => {
        if (round % 2 === 0) await Promise.race(purchases)
        await closeTenant(desk.db, { tenant_id, while_buys_run: true, by, now })
        return retireTenant(desk.db, { tenant_id, by, now })
      })()
      const [outcome, answers] = await Promise.all([leaving, Promise.all(purchases)])
      outcomes.add(outcome)
      const running = await selectRunningBuys(desk.db, tenant_id).execute()
      if (outcome === 'retired') expect(running).toEqual([])
      expect(running).toHaveLength(before + answers.filter(({ isError }) => !isError).length)
      await salesdesk('tenants', 'retire', tenant_id, '--end-buys', 'We close.')
      await runJobs()
      expect((await salesdesk('tenants', 'retire', tenant_id)).said).toMatch(/is retired|was retired before/)
      await reopenTenant(desk.db, { tenant_id, by })
      await runJobs()
    }
    expect(outcomes.has('orders_stand')).toBe(true)
  })
})
