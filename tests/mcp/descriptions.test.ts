import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { parseInput } from '../../src/mcp/parse_input.ts'
import type { Tool } from '../../src/tools/define-tool.ts'
import { sandboxTools, tools } from '../../src/tools/index.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { deliver, runningBuy } from '../support/delivery.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { stableAnswer } from '../support/stable_answer.ts'

const all: readonly Tool[] = [...tools, ...sandboxTools]
/** The example a description ends with. */
const exampleIn = ({ description }: Tool) => {
  const [, json] = / Example: (\{.*\})$/.exec(description) ?? expect.unreachable('no example')
  return JSON.parse(json ?? '') as Args
}

describe.each(all.map((tool) => ({ name: tool.name, tool })))(
  'the description of $name',
  ({ name, tool }) => {
    test('ends with an example that the tool takes as it stands', () => {
      expect(() => parseInput(tool, exampleIn(tool))).not.toThrow()
    })

    test('says which tool to use for what it is not for', () => {
      const others = all.filter((other) => other.name !== name && tool.description.includes(other.name))
      expect(others.length).toBeGreaterThan(0)
    })

    test('fits a screen', () => {
      expect(tool.description.length).toBeLessThanOrEqual(850)
      expect(tool.description).not.toContain('\n')
    })
  },
)

test('the instructions fit into 1.5 kB and name only tools there are', async () => {
  const instructions = (await desk.buyer()).client.getInstructions() ?? ''
  expect(Buffer.byteLength(instructions)).toBeLessThanOrEqual(1500)
  for (const [word] of instructions.matchAll(/\b(get|create|update|sync|list|tasks|provide)_\w+/g))
    expect(tools.map(({ name }) => name)).toContain(word)
})

const desk = testDesk({ COMPLY_TEST_CONTROLLER: 'true' })
let buyer: TestBuyer
let known: Record<string, unknown>

beforeAll(async () => {
  desk.now = new Date('2027-03-20T09:00:00Z')
  buyer = await desk.buyer()
  await buyer.call(
    'sync_creatives',
    aSync({ account, creatives: [aBanner('banner_0'), aBanner('banner_1')] }),
  )
  const flight = { start_time: '2027-04-01T00:00:00Z', end_time: '2027-05-01T00:00:00Z' }
  const shown = { creative_assignments: [{ creative_id: 'banner_0' }] }
  const { id } = await runningBuy(desk, buyer, { account, ...flight, package: shown })
  const decided = await submitted()
  await submitted()
  const decision = { tenant_id: 'northwind', decision: 'approved', decided_by: 'Kim', now: desk.now } as const
  await decideApproval(desk.db, { ...decision, id: decided })
  desk.now = new Date('2027-04-10T12:00:00Z')
  for (const day of ['2027-04-01', '2027-04-02'])
    await deliver(desk, id, { day, figures: { impressions: 9000, spend: 40, clicks: 20 } })
  known = {
    domain: 'acmeoutdoor.example',
    operator: 'pinnacle-agency.example',
    ...account,
    media_buy_id: id,
    media_buy_ids: [id],
    task_id: decided,
    product_id: 'trail_display_run_of_site',
    pricing_option_id: 'cpm_eur_auction',
  }
})
async function submitted() {
  const { body, texts } = await buyer.call(
    'create_media_buy',
    aPurchase({ account: inPounds, package: guaranteed }, desk.now),
  )
  return typeof body['task_id'] === 'string' ? body['task_id'] : expect.unreachable(texts.join('\n'))
}
const guaranteed = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}

const account = { account_id: 'acc_acme_pinnacle' }
const inPounds = { account_id: 'acc_lumen_pinnacle' }

/** The example with ids that exist in place of those that only show their form, and a key of its own. */
function withOwnIds(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withOwnIds(item, name))
  if (typeof value !== 'object' || value === null) return value
  const own: Args = { ...known, idempotency_key: `an-example-of-${name}` }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, own[key] ?? withOwnIds(item, name)]),
  )
}

// what is changed comes last, so that every answer is about the same
const order = [...tools].sort((a, b) => Number(a.kind === 'write') - Number(b.kind === 'write'))

test.each([...order, ...sandboxTools].map((tool: Tool) => ({ name: tool.name, tool })))(
  'the example of $name succeeds, and its whole answer looks as when somebody last looked at it',
  async ({ name, tool }) => {
    const agent = sandboxTools.some((one) => one.name === name) ? await desk.buyer('sandbox_agent') : buyer
    const { isError, body, texts } = await agent.call(name, withOwnIds(exampleIn(tool), name) as Args)
    expect(isError, texts.at(-1)).toBe(false)
    const answer = stableAnswer({ structuredContent: body, text: texts.at(-1) })
    await expect(answer).toMatchFileSnapshot(`./__surface__/answers/${name}.json`)
  },
)
