import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { askBuyer } from '../../src/commands/ask_buyer.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { startSync } from '../../src/commands/start_sync.ts'
import { barriers, hasBrowser, testBrowser } from '../support/browser.ts'
import { findConcern } from '../support/concerns.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { behave } from '../support/orders.ts'
import { member, type Visitor } from '../support/visitor.ts'

const desk = testDesk()
const browser = testBrowser()
let buyer: TestBuyer
let who: Visitor
beforeAll(async () => {
  buyer = await desk.buyer()
  who = await member(desk, 'viewer')
})

const first = '/console/northwind'
const words = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
const seen = async () => words((await who.get(first)).html)
/** What stands under a heading of the page. */
async function panel(id: string) {
  const { html } = await who.get(first)
  return words(html.split(`aria-labelledby="${id}"`)[1]?.split('</section>')[0] ?? '')
}
const billboard = { product_id: 'news_billboard', pricing_option_id: 'cpm_gbp_fixed', bid_price: undefined }
async function buy(item: Args = {}) {
  const { body, texts } = await buyer.call('create_media_buy', aPurchase({ package: item }, desk.now))
  expect(body['task_id'] ?? body['media_buy_id'], texts.join('\n')).toBeTypeOf('string')
  return body
}

describe('somebody who opens the console', () => {
  it('reads what is left to do until the desk can sell, and nothing of it once it can', async () => {
    const start = await panel('set-up')
    expect(start).toContain('Setting up: 3 of 5 done')
    expect(start).toMatch(/to do\s+Read its inventory/)
    const house = await desk.db
      .selectFrom('adapter_configs')
      .select('connection_id')
      .where('name', '=', 'House ad server')
      .executeTakeFirstOrThrow()
    await startSync(desk.db, { ...house, kind: 'ad_units', mode: 'whole', asked_by: 'Dana', now: desk.now })
    await desk.runJobs()
    expect(await panel('set-up')).toContain('4 of 5 done')
    expect(start).toMatch(/to do\s+Invite your people/)
    expect(start).toMatch(/done\s+Give a buyer a token/)
    expect(start).toMatch(/if you like\s+Decide in Slack/)
    await sql`update products set archived_at = now()`.execute(desk.db)
    expect(await panel('set-up')).toMatch(/3 of 5 done.*to do\s+Put a product on sale/)
    await sql`update products set archived_at = null`.execute(desk.db)
    await desk.db.updateTable('tenants').set({ sells_unverified: false }).execute()
    expect(await panel('set-up')).toMatch(/to do\s+Put a product on sale.*buyers are offered none of them/)
    await desk.db.updateTable('tenants').set({ sells_unverified: true }).execute()
    await member(desk, 'admin', 'Another Admin')
    expect(await panel('set-up')).toBe('')
  })

  it('sees what waits for a person, whatever it is, with the way to each', async () => {
    expect(await seen()).toContain('Nothing waits for you')
    const { task_id } = await buy({ ...billboard, budget: 12_000 })
    await behave(desk.db, { needs_person: 'The rate card changed.' })
    const stuck = await buy({ budget: 700 })
    await desk.runJobs()
    await behave(desk.db, {})
    const waits = await panel('waits')
    expect(waits).toContain('Waits for you: 2')
    expect(waits).toMatch(/Pinnacle Media Agency wants to buy .* to approve/)
    expect(waits).toContain('order needs a person')
    const { html } = await who.get(first)
    expect(html).toMatch(new RegExp(`href="${first}/media_buys/${String(stuck['media_buy_id'])}/steps/wf_`))
    expect(html).toMatch(new RegExp(`href="${first}/approvals/wf_`))
    const by = { tenant_id: 'northwind', id: String(task_id), now: desk.now }
    await askBuyer(desk.db, { ...by, question: 'Why?', asked_by: 'Kim' })
    expect(await panel('waits')).toContain('waits for the buyer')
    await decideApproval(desk.db, { ...by, decision: 'rejected', decided_by: 'Kim' })
    expect(await panel('waits')).toContain('Waits for you: 1')
    const slow = String(stuck['media_buy_id'])
    await findConcern(desk, slow, 'behind', '28 % behind: 90000 impressions, where 125000 were due.')
    expect(await panel('waits')).toMatch(
      /Waits for you: 2.*28 % behind.*acme-outdoor.example.*does not deliver/,
    )
    expect((await who.get(first)).html).toContain(`href="${first}/media_buys/${slow}"`)
    expect(await panel('activity')).toContain('saw that a media buy does not deliver as it should')
    await findConcern(desk, slow, 'behind', undefined)
    expect(await panel('waits')).toContain('Waits for you: 1')
  })

  it('sees what was bought today and booked in a month, each currency by itself, the sandbox and what was called off left out', async () => {
    const before = await panel('today')
    expect(before).toContain('1 media buy, €700.00')
    await buy({ budget: 1300 })
    expect(await panel('today')).toContain('2 media buys, €2,000.00')
    await sql`insert into media_buys (media_buy_id, tenant_id, principal_id, account_id, status, brand, currency, total_budget,
        start_time, end_time, request, confirmed_at)
      select 'mb_old_' || n, tenant_id, case n when 4 then 'sandbox_agent' else principal_id end, account_id,
        (array['active', 'active', 'canceled', 'active', 'active'])[n]::media_buy_status, brand,
        (array['EUR', 'GBP', 'EUR', 'EUR', 'EUR'])[n], (array[100, 250, 400, 800, 1600])[n], start_time, end_time, request,
        ${desk.now}::timestamptz - (array[3, 29, 3, 3, 30])[n] * interval '1 day'
      from (select * from media_buys where status <> 'rejected' limit 1) one, generate_series(1, 5) n`.execute(
      desk.db,
    )
    const booked = await panel('booked')
    expect(booked).toContain('EUR, last 30 days')
    expect(booked).toContain('GBP, last 30 days')
    const { html } = await who.get(first)
    expect(html).toContain('EUR, last 30 days. 30 days, €2,100.00 in all.')
    expect(html).toContain('GBP, last 30 days. 30 days, £250.00 in all.')
    expect(await panel('today')).toContain('2 media buys, €2,000.00')
  })

  it('sees how the ad servers fare and how old what is known of them is', async () => {
    expect(await panel('ad-servers')).toMatch(/House ad server\s+well\s+inventory .*, figures not read yet/)
    const [{ connection_id = '' } = {}] = await desk.db
      .selectFrom('adapter_configs')
      .select('connection_id')
      .where('name', '=', 'House ad server')
      .execute()
    const traffic = { connection_id, next_call_at: desk.now, broken_until: desk.now }
    await desk.db
      .insertInto('ad_server_traffic')
      .values(traffic)
      .onConflict((oc) => oc.column('connection_id').doUpdateSet({ broken_until: desk.now }))
      .execute()
    expect(await panel('ad-servers')).toContain('out of order, its orders wait')
    await desk.db.updateTable('ad_server_traffic').set({ broken_until: null }).execute()
  })

  it('sees whether the work gets done: jobs that wait and were given up, and whether a worker runs', async () => {
    await desk.runJobs()
    expect(await panel('work')).toContain('no worker runs, so no order is placed')
    await sql`select graphile_worker.add_job('nobody_does_this', run_at => now() - interval '90 seconds')`.execute(
      desk.db,
    )
    const seen_at = sql<Date>`now()`
    await desk.db
      .insertInto('workers')
      .values({ worker_id: 'w1', host: 'here', process_id: 1, seen_at })
      .execute()
    expect(await panel('work')).toMatch(/late\s+Jobs due 1, the oldest for 9\d s\s+Given up 0/)
    await sql`update graphile_worker._private_jobs set attempts = max_attempts where run_at < now() - interval '80 seconds'`.execute(
      desk.db,
    )
    expect(await panel('work')).toMatch(/on time\s+Jobs due 0\s+Given up 1/)
  })

  it('reads what happened lately, by whom', async () => {
    const lately = await panel('activity')
    expect(lately).toMatch(/Pinnacle Media Agency\s+asked for a purchase/)
    expect(lately).toMatch(/Kim\s+rejected a request/)
    expect(lately).toMatch(/Kim\s+asked a buyer something/)
  })
})

describe.runIf(hasBrowser)('the first page in a browser', () => {
  it('follows what happens, and what was unfolded stays so', { timeout: 60_000 }, async () => {
    const page = await browser.open(desk, who)
    await page.goto(first)
    await page.locator('.chart summary').first().click()
    await buy({ ...billboard, budget: 21_000 })
    await page.getByText('Waits for you: 2').waitFor()
    expect(await page.locator('.chart details').first().getAttribute('open')).not.toBeNull()
    expect(await barriers(page)).toEqual([])
  })
})
