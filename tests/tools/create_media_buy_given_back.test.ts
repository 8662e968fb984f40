import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { behave } from '../support/orders.ts'
import { finalize, proposalsFor, proposalsOf } from '../support/proposals.ts'
import { aChange, updates } from '../support/updates.ts'

const desk = testDesk()
const product_id = 'trail_video_premium' // 70,000 impressions a day, EUR 32 per thousand
let buyer: TestBuyer
let other: TestBuyer
const { buy, change, see } = updates(desk, () => buyer)

beforeAll(async () => {
  desk.now = new Date('2027-01-04T08:00:00Z')
  await sql`update products set approval_policy = 'auto', lead_days = 0, min_flight_days = 1, format_ids = (
    select format_ids from products where product_id = 'trail_display_run_of_site')
    where product_id = ${product_id}`.execute(desk.db)
  await desk.db.updateTable('pricing_options').set({ min_spend_per_package: null }).execute()
  buyer = await desk.buyer()
  other = await desk.buyer('acme_direct')
})
beforeEach(async () => {
  desk.now = new Date('2027-01-04T08:00:00Z')
  await desk.db.updateTable('reservations').set({ released_at: desk.now }).execute()
  await behave(desk.db, {}, product_id)
})

/** A flight in January 2027; days, or moments of a day. */
const january = (from: string, to: string) => {
  const moment = (text: string) => `2027-01-${text.includes('T') ? text : `${text}T00:00:00`}Z`
  return { start_time: moment(from), end_time: moment(to) }
}
const week = january('11', '18')
/** What so many impressions a day cost on so many days. */
const euros = (impressions: number, days = 7) => Math.ceil(impressions * days * 3.2) / 100
const video = (budget: number, rest: Args = {}) => ({
  product_id,
  pricing_option_id: 'cpm_eur_fixed',
  budget,
  ...rest,
})
/** What another buyer is answered that wants some of it. */
async function answerTo(budget: number, flight = week): Promise<string> {
  const wish = aPurchase({ ...flight, packages: [video(budget)] }, desk.now)
  const { body, texts } = await other.call('create_media_buy', wish)
  return body.adcp_error?.code ?? (body['media_buy_id'] ? 'bought' : texts.join('\n'))
}
/** The clock strikes, and the workers do all there is to do. */
async function strike(at: string) {
  desk.now = new Date(`2027-01-${at}Z`)
  await desk.db.transaction().execute((trx) => enqueue(trx, 'turn_media_buys', {}))
  await desk.runJobs()
}

describe('what a package was promised can be bought by others', () => {
  test('once the ad server refused it for good', async () => {
    await behave(desk.db, { refuse: 'The category is blocked.' }, product_id)
    const { media_buy_id } = await buy({ ...week, packages: [video(euros(70_000))] })
    expect(await answerTo(1)).toBe('PRODUCT_UNAVAILABLE')
    await desk.runJobs()
    expect(await see(media_buy_id)).toMatchObject({ status: 'rejected' })
    expect(await answerTo(euros(70_000))).toBe('bought')
    expect(await answerTo(1)).toBe('PRODUCT_UNAVAILABLE')
  })

  test.each([
    ['completed', true],
    ['canceled', false],
  ])('from the moment its flight is over and it is %s', async (status, creatives) => {
    const flight = january('11', '14T12:00:00')
    const { media_buy_id, package_id } = await buy({ ...flight, packages: [video(euros(70_000, 4))] })
    if (creatives) await buyer.call('sync_creatives', aSync({ assignments: [shown(package_id)] }))
    const rest = january('14T13:00:00', '15')
    await strike('14T11:59:59')
    expect(await answerTo(1, rest)).toBe('PRODUCT_UNAVAILABLE')
    await strike('14T12:00:00')
    expect(await see(media_buy_id)).toMatchObject({ status })
    expect(await answerTo(euros(70_000, 1), rest)).toBe('bought')
  })

  test('as far as it was made smaller', async () => {
    const { media_buy_id, package_id } = await buy({ ...week, packages: [video(euros(70_000))] })
    const smaller = { packages: [{ package_id, budget: euros(30_000) }] }
    expect((await change(media_buy_id, smaller)).isError).toBe(false)
    expect(await answerTo(euros(40_001))).toBe('PRODUCT_UNAVAILABLE')
    expect(await answerTo(euros(40_000))).toBe('bought')
    expect(await answerTo(1)).toBe('PRODUCT_UNAVAILABLE')
  })

  test('on the days it no longer runs', async () => {
    const { media_buy_id, package_id } = await buy({ ...week, packages: [video(euros(70_000))] })
    const end_time = january('11', '15').end_time
    const crammed = await change(media_buy_id, { packages: [{ package_id, end_time }] })
    expect(crammed.body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
    const shorter = { packages: [{ package_id, end_time, budget: euros(70_000, 4) }] }
    expect((await change(media_buy_id, shorter)).isError).toBe(false)
    expect(await answerTo(1, january('14', '15'))).toBe('PRODUCT_UNAVAILABLE')
    expect(await answerTo(euros(70_000, 3), january('15', '18'))).toBe('bought')
  })

  test('on the days to come where it was made smaller half-way, and the days gone by count as used', async () => {
    const { media_buy_id, package_id } = await buy({ ...week, packages: [video(euros(70_000))] })
    await buyer.call('sync_creatives', aSync({ assignments: [shown(package_id)] }))
    await strike('14T08:00:00')
    const smaller = { packages: [{ package_id, budget: euros(350_000, 1) }] } // 210,000 of them on three days
    expect((await change(media_buy_id, smaller)).isError).toBe(false)
    expect(await answerTo(euros(35_001, 3), january('15', '18'))).toBe('PRODUCT_UNAVAILABLE')
    expect(await answerTo(euros(35_000, 3), january('15', '18'))).toBe('bought')
  })

  test('once it is canceled, and what its media buy holds beside it cannot', async () => {
    const packages = [video(euros(40_000)), video(euros(30_000))]
    const { media_buy_id, package_ids } = await buy({ ...week, packages })
    expect(await answerTo(1)).toBe('PRODUCT_UNAVAILABLE')
    await change(media_buy_id, { packages: [{ package_id: package_ids[0], canceled: true }] })
    expect(await answerTo(euros(40_001))).toBe('PRODUCT_UNAVAILABLE')
    expect(await answerTo(euros(40_000))).toBe('bought')
  })
})

describe('a buyer in the sandbox', () => {
  let sandbox: TestBuyer
  const practise = (tool: string, args: Args) =>
    sandbox.call(tool, { ...args, account: { account_id: 'acc_sandbox' } })
  const packages = [video(euros(70_000))]
  beforeAll(async () => {
    sandbox = await desk.buyer('sandbox_agent')
  })

  test('that buys everything, and more of it, leaves everything to others', async () => {
    const all = await practise('create_media_buy', aPurchase({ ...week, packages }, desk.now))
    const [{ package_id = '' } = {}] = all.body['packages'] as { package_id?: string }[]
    const grow = { packages: [{ package_id, budget: euros(140_000) }], new_packages: packages }
    const grown = await practise('update_media_buy', aChange(String(all.body['media_buy_id']), grow))
    expect([...all.texts, ...grown.texts].filter(() => all.isError || grown.isError)).toEqual([])
    expect(await answerTo(euros(70_000))).toBe('bought')
  })

  test('can go on practising when everything is sold', async () => {
    expect(await answerTo(euros(70_000))).toBe('bought')
    const { isError, texts } = await practise('create_media_buy', aPurchase({ ...week, packages }, desk.now))
    expect(isError ? texts : []).toEqual([])
  })

  test('that has proposals promised keeps nothing from others', async () => {
    const filters = {
      delivery_type: 'guaranteed',
      channels: ['streaming_audio'],
      countries: ['DE'],
      start_date: '2027-02-01',
      end_date: '2027-02-02',
      budget_range: { max: 2970, currency: 'EUR' },
    }
    const [draft] = await proposalsFor(sandbox, 'radio drive time', { filters })
    const promised = await finalize(sandbox, [draft?.proposal_id ?? ''])
    expect(proposalsOf(promised)).toMatchObject([
      { proposal_status: 'committed', allocations: [{ product_id: 'harbour_stream_guaranteed' }] },
    ])
    expect(await desk.db.selectFrom('proposal_holds').selectAll().execute()).toEqual([])
  })
})

const shown = (package_id: string) => ({ creative_id: 'banner_1', package_id })
