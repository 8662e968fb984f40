import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { completeSchema } from '../../src/mcp/input_schema.ts'
import { sandboxTools, tools } from '../../src/tools/index.ts'
import type { Tool } from '../../src/tools/define-tool.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { placesOf, withValue } from '../support/hostile/places.ts'
import { hostileFor, inbornNames } from '../support/hostile/values.ts'
import { callsOf } from '../support/isolation/calls.ts'
import { liveOn, type Things } from '../support/isolation/things.ts'
import { listeningLog } from '../support/log_lines.ts'
import { buy, stepsOf } from '../support/orders.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { rowCounts } from '../support/row_counts.ts'

const heard = listeningLog()
const desk = testDesk({ COMPLY_TEST_CONTROLLER: 'true' }, { log: heard.log })
const registry: readonly Tool[] = [...tools, ...sandboxTools]
const product_id = 'trail_display_run_of_site'
const buyers = [
  { principal_id: 'pinnacle', account_id: 'acc_acme_pinnacle', product_id },
  { principal_id: 'sandbox_agent', account_id: 'acc_sandbox', product_id },
]
const own: Things[] = []
const tokens: string[] = []
let buyer: TestBuyer
beforeAll(async () => {
  for (const one of buyers) {
    own.push(await liveOn(desk, one))
    tokens.push(await desk.token(one.principal_id))
  }
  buyer = await desk.buyer()
  heard.forget()
})

const inborn = Object.getOwnPropertyNames(Object.prototype).join()
/** Calls as this buyer with a body as it is written; nothing may break inside, and nothing be put on every object. */
async function say(body: string, who = 0) {
  const headers = { authorization: `Bearer ${tokens[who]}` }
  const answer = await ask(`${desk.url}/mcp`, { headers, body })
  const worst = heard.lines().filter(({ level }) => Number(level) >= 40)
  heard.forget()
  expect([body.slice(0, 2000), answer.status, worst]).toEqual([body.slice(0, 2000), 200, []])
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(inborn)
  return answer.json().result
}
const call = (tool: string, args: string, who = 0) =>
  say(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`, who)

let serial = 0
/** A call this buyer might well make, with one value of it out of all bounds. */
function spoilt(tool: Tool, { path }: { path: readonly (string | 0)[] }, value: unknown, who: number): Args {
  const calls = (own[who] && callsOf(own[who], desk.now)[tool.name]) ?? [{}]
  const base = calls.find((one) => String(path[0]) in one) ?? calls[0] ?? {}
  const args = withValue(base, path, value) as Args
  const fresh = 'idempotency_key' in base && path[0] !== 'idempotency_key'
  return fresh ? { ...args, idempotency_key: `hostile-key-${String(++serial).padStart(8, '0')}` } : args
}

describe.each(registry.map((tool) => [tool.name, tool] as const))('%s', (name, tool) => {
  it('answers whatever stands in any of its fields, at any depth, with its answer or an error of AdCP', async () => {
    const places = placesOf(completeSchema(tool.input))
    const runs = fc.asyncProperty(fc.nat({ max: 1000 }), async (turn) => {
      for (const [i, place] of places.entries()) {
        const values = hostileFor(place.schema)
        const who = tools.some((one) => one.name === name) ? (turn + i) % 2 : 1
        const args = spoilt(tool, place, values[(turn + i * 5) % values.length], who)
        await say(JSON.stringify(rpcCall(name, args)), who)
      }
    })
    await fc.assert(runs, { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1), endOnFailure: true })
  })

  it('takes a field that is called as what every object has for just a field', async () => {
    const value = JSON.parse(`{${inbornNames.map((one) => `"${one}":"x"`).join()}}`) as unknown
    for (const { path, schema } of placesOf(completeSchema(tool.input)))
      if (schema.type === 'object')
        await say(JSON.stringify(rpcCall(name, spoilt(tool, { path }, value, 1))), 1)
  })

  it('refuses a number that is none, wherever it stands, and says where', async () => {
    const before = await rowCounts(desk.db)
    for (const [args, field] of [
      ['{"context":{"a":[1,-1e400]}}', 'context.a[1]'],
      ['{"ext":{"a":1e999}}', 'ext.a'],
    ] as const) {
      const result = await call(name, args, 1)
      expect(result?.structuredContent?.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field })
    }
    expect(await rowCounts(desk.db)).toEqual(before)
  })
})

it('of a field that is said twice the last one counts, as everywhere in the desk', async () => {
  const { idempotency_key, ...rest } = aPurchase({}, desk.now)
  const said = JSON.stringify(rest).slice(1, -1)
  const twice = `{"idempotency_key":"a-key-nobody-ever-uses",${said},"idempotency_key":"${String(idempotency_key)}"}`
  const bought = await call('create_media_buy', twice)
  const again = await buyer.call('create_media_buy', { ...rest, idempotency_key })
  expect(again.body).toMatchObject({
    media_buy_id: bought?.structuredContent?.['media_buy_id'],
    replayed: true,
  })
})

describe('an id that looks like another one', () => {
  const twins = [
    ['written with a letter and its accent apart', 'caf\u00e9_1', 'cafe\u0301_1'],
    ['in other letters, the Greek Α', 'A_1', '\u0391_1'],
    ['with something unseen in it', 'banner_9', 'banner\u200b_9'],
    ['in capitals', 'banner_x', 'BANNER_X'],
    ['with a space behind it', 'banner_y', 'banner_y '],
    ['twice as wide', 'banner_z', '\uff42anner_z'],
  ] as const
  it.each(twins)('is another one: %s', async (_how, creative_id, twin) => {
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner(creative_id)] }))
    const list = async (id: string) => {
      const { body } = await buyer.call('list_creatives', { filters: { creative_ids: [id] } })
      return (body['creatives'] as { creative_id: string }[]).map((one) => one.creative_id)
    }
    expect([await list(creative_id), await list(twin)]).toEqual([[creative_id], []])
    const purchase = (creative_assignments: Args[]) =>
      aPurchase({ package: { creative_assignments } }, desk.now)
    const { body } = await buyer.call('create_media_buy', purchase([{ creative_id: twin }]))
    expect(body.adcp_error?.code).toBe('CREATIVE_NOT_FOUND')
    const brought = await buyer.call('sync_creatives', aSync({ creatives: [aBanner(twin)] }))
    expect((brought.body['creatives'] as Args[])[0]).toMatchObject({ creative_id: twin, action: 'created' })
    expect([await list(creative_id), await list(twin)]).toEqual([[creative_id], [twin]])
  })

  it('is nobody’s, when it is that of another buyer', async () => {
    const acme = await desk.buyer('acme_direct')
    const account = { account_id: 'acc_acme_direct' }
    await acme.call(
      'sync_creatives',
      aSync({ account, creatives: twins.map(([, id]) => aBanner(`theirs_${id}`)) }),
    )
    const creative_ids = twins.flatMap(([, id, twin]) => [`theirs_${id}`, `theirs_${twin}`])
    const { body } = await buyer.call('list_creatives', { filters: { creative_ids } })
    expect(body['creatives']).toEqual([])
  })
})

it('what people of the publisher read in their ad server is on one line and not turned round', async () => {
  const text = 'PO\u202e 7\u0007\u001b[31m\r\nPaid: yes\u200b'
  const creatives = [aBanner('odd', { name: text })]
  const bought = await buy(buyer, { po_number: text, package: { creatives } }, desk.now)
  await desk.runJobs()
  const sent = JSON.stringify((await stepsOf(desk.db, bought)).map(({ body }) => body))
  expect(sent.match(/"PO 7 \[31m Paid: yes"/g)?.length).toBeGreaterThan(1)
  expect(sent).not.toMatch(/\\u00|[\p{Cf}\p{Cc}\u2028]/u)
})

it('what was taken of all this is read by every tool, and worked off without a line of complaint', async () => {
  // hosts of webhooks that nobody has are no complaint
  const complaints = () => heard.lines().filter(({ level, msg }) => Number(level) >= 40 && msg !== 'webhook')
  expect(complaints()).toEqual([])
  heard.forget()
  for (const [who, things] of own.entries())
    for (const { name, kind } of tools)
      if (kind !== 'write')
        for (const args of callsOf(things, desk.now)[name] ?? [])
          await say(JSON.stringify(rpcCall(name, args)), who)
  await desk.runJobs()
  expect(complaints()).toEqual([])
})
