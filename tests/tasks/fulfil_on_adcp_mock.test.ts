import { beforeEach, describe, expect, test } from 'vitest'
import { checkFigures } from '../../src/cli/doctor/checks.ts'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { adcpMockDesk, secret } from '../support/adcp_mock_desk.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import type { TestBuyer } from '../support/desk.ts'
import { faults } from '../support/fault_proxy.ts'
import { readFigures } from '../support/figures.ts'
import { askedOfPeople, buy, everyRow, fulfilmentsOf, stepsOf } from '../support/orders.ts'
import { askStandings, seen } from '../support/standings.ts'

const it = adcpMockDesk()
const { desk } = it
const once = { orders: 1, line_items: 1 }

beforeEach(() => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
  it.proxy.forget()
})

describe('an order on the ad server of the AdCP SDK', () => {
  test('is bought over MCP, waits for approval there, and is placed once that comes', async () => {
    const id = await it.buy(await desk.buyer())
    await desk.runJobs()
    expect(await stateOf(id)).toBe('waiting')
    expect((await stepsOf(desk.db, id)).map(({ kind, state }) => [kind, state])).toEqual([
      ['create_order', 'done'],
      ['create_line_item', 'done'],
      ['await_approval', 'waiting'],
    ])
    await atNextTry(id)
    expect(await stateOf(id)).toBe('placed')
    expect(await it.orders(id)).toEqual(once)
  })

  test.each(['lostAnswer', 'garbage', 'reset', 'unavailable'] as const)(
    'is there once when its first call met %s',
    async (fault) => {
      const id = await it.buy(await desk.buyer())
      it.proxy.next(faults[fault])
      await desk.runJobs()
      expect(await stepsOf(desk.db, id)).toMatchObject([{ kind: 'create_order', state: 'intent' }, {}, {}])
      await untilPlaced(id)
      expect(await it.orders(id)).toEqual(once)
    },
  )

  test('is looked for until the ad server lets itself be asked', async () => {
    const id = await it.buy(await desk.buyer())
    it.proxy.next(faults.lostAnswer)
    await desk.runJobs()
    it.proxy.next({ forward: false, answer: { status: 429, headers: { 'retry-after': '7' } } }, 'GET')
    await atNextTry(id)
    const [sent] = await stepsOf(desk.db, id)
    expect(sent).toMatchObject({ state: 'intent', attempts: 1 })
    expect(sent?.next_at?.getTime()).toBe(desk.now.getTime() + 7000)
    await untilPlaced(id)
    expect(await it.orders(id)).toEqual(once)
  })

  test('that may be there is not called refused because looking for it is', async () => {
    const id = await it.buy(await desk.buyer())
    it.proxy.next(faults.lostAnswer)
    await desk.runJobs()
    it.proxy.next({ forward: false, answer: { status: 404 } }, 'GET')
    await atNextTry(id)
    expect(await stateOf(id)).toBe('needs_human')
    const buy = await desk.db
      .selectFrom('media_buys')
      .select('status')
      .where('media_buy_id', '=', id)
      .executeTakeFirst()
    expect(buy?.status).toBe('pending_creatives')
  })
})

test('an order that runs there has a snapshot of what it delivered in all, and no days, which the doctor says', async () => {
  const buyer = await desk.buyer()
  await buyer.call('sync_creatives', aSync({ creatives: [aBanner('shown')] }))
  const flight = { start_time: desk.now.toISOString(), end_time: at(30 * 24).toISOString() }
  const item = { bid_price: undefined, creative_assignments: [{ creative_id: 'shown' }] }
  const id = await buy(buyer, { ...flight, package: item }, desk.now)
  await untilPlaced(id)
  await it.begin(id)
  desk.now = at(1)
  await askStandings(desk, 'turn_media_buys')
  await askStandings(desk)
  const { status, packages } = await seen({ buyer, id })
  expect(status).toBe('active')
  // of 4,000 it says it spent two fifths, at a price of its own
  const impressions = Math.floor((1600 / 35) * 1000)
  const snapshot = { as_of: desk.now.toISOString(), impressions, spend: 1600 }
  expect(packages).toMatchObject([{ snapshot: { ...snapshot, delivery_status: 'delivering' } }])
  desk.now = at(24)
  await readFigures(desk)
  const { body } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [id] })
  expect(body['media_buy_deliveries']).toMatchObject([
    { status: 'reporting_delayed', totals: { impressions: 0, spend: 0 } },
  ])
  expect(await checkFigures(desk.db)).toMatchObject({
    ok: true,
    text: expect.stringMatching(/no reports are made by .*AdCP ad server/),
  })
})

describe('creatives on the ad server of the AdCP SDK', () => {
  test('bought with the package are uploaded and shown', async () => {
    const buyer = await desk.buyer()
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('with_it'), aBanner('and_it')] }))
    const creative_assignments = [{ creative_id: 'with_it' }, { creative_id: 'and_it' }]
    const id = await it.buy(buyer, { creative_assignments })
    await untilPlaced(id)
    expect(await it.creatives(id)).toEqual({ 'Banner with_it': 1, 'Banner and_it': 1 })
  })

  test.each(['lostAnswer', 'garbage', 'reset', 'unavailable'] as const)(
    'assigned to an order that stands are there once when both calls met %s',
    async (fault) => {
      const buyer = await desk.buyer()
      const id = await it.buy(buyer)
      await untilPlaced(id)
      await assign(buyer, id, fault)
      it.proxy.next(faults[fault])
      await desk.runJobs()
      expect((await stepsOf(desk.db, id)).at(-2)).toMatchObject({ kind: 'upload_creative', state: 'intent' })
      it.proxy.next(faults[fault])
      await untilPlaced(id)
      const uploads = (await stepsOf(desk.db, id)).filter(({ kind }) => kind === 'upload_creative')
      expect(uploads).toMatchObject([{ state: 'done', external_ids: { creative: expect.any(String) } }])
      expect(await it.creatives(id)).toEqual({ [`Banner ${fault}`]: 1 })
    },
  )

  test('that change are uploaded anew and shown; a person takes the old ones off and says so', async () => {
    const buyer = await desk.buyer()
    const id = await it.buy(buyer)
    await untilPlaced(id)
    await assign(buyer, id, 'changing')
    await untilPlaced(id)
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('changing', { name: 'Changed' })] }))
    await desk.runJobs()
    expect(await it.creatives(id)).toEqual({ 'Banner changing': 1, Changed: 1 })
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { status: 'pending', suggested_action: expect.stringContaining('of creative changing off line item') },
    ])
    const how = { type: 'skipped' } as const
    await resolveStep(desk.db, { tenant_id: 'northwind', id, how, by: 'Lee', now: desk.now })
    await untilPlaced(id)
  })

  test('with a weight are shown, and a person is asked to see to the weight', async () => {
    const buyer = await desk.buyer()
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('heavy')] }))
    const id = await it.buy(buyer, { creative_assignments: [{ creative_id: 'heavy', weight: 70 }] })
    await desk.runJobs()
    expect(await it.creatives(id)).toEqual({ 'Banner heavy': 1 })
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      {
        suggested_action: expect.stringMatching(/show creative heavy on line item li_\w+ .* with weight 70/),
      },
    ])
  })
})

test('whatever the ad server says of our key reaches no row and no log line', async () => {
  const headers = { 'content-type': 'application/json' }
  for (const status of [200, 401, 422, 500]) {
    const id = await it.buy(await desk.buyer())
    const body = JSON.stringify({ code: secret, message: `Authorization: Bearer ${secret} is wrong` })
    it.proxy.next({ forward: false, answer: { status, headers, body } })
    await desk.runJobs()
    if (status === 401) expect(await askedOfPeople(desk.db, id)).toHaveLength(1)
  }
  expect(it.log.text()).toContain('fulfil_media_buy')
  expect(it.log.text()).not.toContain(secret)
  expect(await everyRow(desk.db)).not.toContain(secret)
})

const at = (hours: number) => new Date(desk.now.getTime() + hours * 3_600_000)

async function assign(buyer: TestBuyer, id: string, creative_id: string): Promise<void> {
  const [first] = (await stepsOf(desk.db, id)).filter(({ package_id }) => package_id !== null)
  const assignments = [{ creative_id, package_id: first?.package_id }]
  const synced = await buyer.call('sync_creatives', aSync({ creatives: [aBanner(creative_id)], assignments }))
  expect(synced.isError ? synced.texts : []).toEqual([])
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await fulfilmentsOf(desk.db, id))[0]?.state
}

async function atNextTry(id: string): Promise<void> {
  const next = (await stepsOf(desk.db, id)).find(({ next_at }) => next_at !== null)?.next_at
  if (!next) throw new Error('nothing is to be tried again')
  desk.now = next
  await desk.runJobs()
}

async function untilPlaced(id: string): Promise<void> {
  await desk.runJobs()
  for (let i = 0; i < 5 && (await stateOf(id)) !== 'placed'; i++) await atNextTry(id)
  expect(await stateOf(id)).toBe('placed')
}
