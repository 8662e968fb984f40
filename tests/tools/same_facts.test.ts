import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

/** A buyer of each release, and one that states none. */
const releases: readonly Args[] = [{ adcp_version: '3.0' }, {}, { adcp_version: '3.1' }]

const someBudgets = fc.array(
  fc.integer({ min: 40_000, max: 400_000 }).map((cents) => cents / 100),
  {
    minLength: 1,
    maxLength: 4,
  },
)
const aPackage = fc.record(
  {
    pacing: fc.constantFrom('even', 'asap', 'front_loaded'),
    paused: fc.boolean(),
    targeting_overlay: fc.record({ geo_countries: fc.subarray(['DE', 'AT', 'CH'], { minLength: 1 }) }),
    context: fc.record({ line: fc.integer() }),
    agency_estimate_number: fc.stringMatching(/^E[0-9]{1,9}$/),
  },
  { requiredKeys: [] },
)
const somePurchase = fc.record({ budgets: someBudgets, item: aPackage, paused: fc.boolean() })

test('the same buy tells buyers of every release the same, each in its own shape', async () => {
  await fc.assert(
    fc.asyncProperty(somePurchase, async ({ budgets, item, paused }) => {
      const packages = budgets.map((budget) => ({ ...auction, ...item, budget }))
      const told: unknown[] = []
      for (const release of releases) {
        const { body } = await buyer.call(
          'create_media_buy',
          aPurchase({ ...release, packages, paused }, desk.now),
        )
        inShapeOf(release, body)
        const facts = factsOf(body)
        const media_buy_ids = [body['media_buy_id']]
        for (const reader of releases) expect(factsOf(await listed(reader, media_buy_ids))).toEqual(facts)
        told.push(withoutIds(facts))
      }
      expect(told).toEqual(told.map(() => told[0]))
    }),
    { numRuns: 8 },
  )
})

test('what a person approved is told the same by its task, by webhook and among the media buys', async () => {
  const told: unknown[] = []
  for (const release of releases) {
    const push_notification_config = { url: 'https://buyer.example/hook' }
    const asked = { ...release, push_notification_config, package: guaranteed }
    const { body } = await buyer.call('create_media_buy', aPurchase(asked, desk.now))
    const task_id = String(body['task_id'])
    const decision = {
      tenant_id: 'northwind',
      decision: 'approved',
      decided_by: 'Kim',
      now: desk.now,
    } as const
    await decideApproval(desk.db, { ...decision, id: task_id })
    const heard = await webhookOf(task_id)
    inShapeOf(release, heard)
    const facts = factsOf(heard)
    for (const reader of releases) {
      const task = await buyer.call('tasks_get', { ...reader, task_id })
      const result = task.body['result'] as Args
      inShapeOf(reader, result)
      expect(factsOf(result)).toEqual(facts)
      expect(factsOf(await listed(reader, [result['media_buy_id']]))).toEqual(facts)
    }
    told.push(withoutIds(facts))
  }
  expect(told).toEqual(told.map(() => told[0]))
})

const auction = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  bid_price: 5,
}
const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}

async function listed(reader: Args, media_buy_ids: unknown[]): Promise<Args> {
  const { body } = await buyer.call('get_media_buys', { ...reader, media_buy_ids })
  return (body['media_buys'] as Args[])[0] ?? expect.unreachable('not listed')
}

async function webhookOf(task_id: string): Promise<Args> {
  const rows = await desk.db.selectFrom('webhook_events').select('payload').execute()
  const heard = rows.map(({ payload }) => JSON.parse(payload) as { task_id: string; result: Args })
  return heard.find((one) => one.task_id === task_id)?.result ?? expect.unreachable('not heard')
}

/** 3.1 says in status how the task went, 3.0 how the buy stands; who states no release gets both words of 3.0 and fields of 3.1. */
function inShapeOf({ adcp_version }: Args, answer: Args) {
  expect(answer['status']).toBe(adcp_version === '3.1' ? 'completed' : answer['media_buy_status'])
  expect('total_budget' in answer).toBe(adcp_version !== '3.0')
  expect('available_actions' in answer).toBe(adcp_version === '3.1')
}

type Package = Args & { budget: number; package_id: string }

/** What an answer tells of a buy, whatever its shape. */
function factsOf(answer: Args) {
  const packages = (answer['packages'] as Package[]).map(({ creative_approvals: _, ...item }) => item)
  const { media_buy_id, account, confirmed_at, creative_deadline, revision } = answer
  const spent = Math.round(packages.reduce((sum, { budget }) => sum + budget * 100, 0)) / 100
  expect(answer['total_budget'] ?? spent).toBe(spent)
  return {
    media_buy_id,
    account,
    confirmed_at,
    creative_deadline,
    revision,
    status: answer['media_buy_status'] ?? answer['status'],
    packages,
    actions: (answer['valid_actions'] as string[]).filter((action) => inAnyRelease.includes(action)).sort(),
  }
}
/** What 3.1 splits into finer words, it says in these as well. */
const inAnyRelease = [
  ...['pause', 'resume', 'cancel', 'add_packages'],
  ...['update_budget', 'update_dates', 'update_packages', 'sync_creatives'],
]

const withoutIds = ({ media_buy_id: _, packages, ...facts }: ReturnType<typeof factsOf>) => ({
  ...facts,
  packages: packages.map(({ package_id: _id, ...item }) => item),
})
