import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completeSchema } from '../../src/mcp/input_schema.ts'
import { sandboxTools, tools } from '../../src/tools/index.ts'
import { scenarios } from '../../src/tools/comply_test_controller/scenarios.ts'
import type { Tool } from '../../src/tools/define-tool.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args } from '../support/desk.ts'
import { httpDoor, sseDoor, stdioDoor, type Door } from '../support/isolation/doors.ts'
import { callsOf, scenarioCalls } from '../support/isolation/calls.ts'
import { holds, idFields, idsSaid, nameOf, opensNothing, withId } from '../support/isolation/fields.ts'
import { liveOn, MARK, MARKED_BUDGETS, type Things } from '../support/isolation/things.ts'
import { everyRow } from '../support/orders.ts'

const variables = { COMPLY_TEST_CONTROLLER: 'true', REQUEST_SIGNING: 'true' }
const desk = testDesk(variables)
const registry: readonly Tool[] = [...tools, ...sandboxTools]
const generatedId = /\b[a-z]{2,4}_[\w-]{22}\b/g
let theirs: Things
let secrets: string[]
const strangers = {
  'another buyer of the same publisher': {
    principal_id: 'acme_direct',
    account_id: 'acc_acme_direct',
    product_id: 'trail_display_run_of_site',
  },
  'a buyer of another publisher': {
    principal_id: 'south_agency',
    account_id: 'acc_southwind_acme',
    product_id: 'southwind_secret_product',
  },
  'a sandbox buyer': {
    principal_id: 'sandbox_agent',
    account_id: 'acc_sandbox',
    product_id: 'trail_display_run_of_site',
  },
} as const

beforeAll(async () => {
  await seedAnotherPublisher(desk.db)
  // what the victim may buy and its neighbours may not know of
  await desk.db
    .updateTable('principals')
    .set({ allowed_product_ids: ['trail_display_run_of_site'] })
    .where('principal_id', 'in', ['acme_direct', 'sandbox_agent'])
    .execute()
  theirs = await liveOn(desk, {
    principal_id: 'pinnacle',
    account_id: 'acc_acme_pinnacle',
    product_id: 'fern_display',
  })
  const everything = await everyRow(desk.db)
  secrets = [...new Set(everything.match(generatedId)), MARK, ...MARKED_BUDGETS.map(String)]
})

/** What a stranger has of each kind itself, where it has any. */
async function ownThings(stranger: keyof typeof strangers): Promise<Things> {
  const { principal_id, ...given } = strangers[stranger]
  const buyer = await desk.buyer(principal_id)
  const account = { account_id: given.account_id }
  const creative_id = `${principal_id}_banner`
  await buyer.call('sync_creatives', aSync({ account, creatives: [aBanner(creative_id)] }))
  const item = { product_id: given.product_id, budget: 900 }
  const { body, texts } = await buyer.call(
    'create_media_buy',
    aPurchase({ account, package: item }, desk.now),
  )
  const [bought] = (body['packages'] ?? []) as { package_id: string }[]
  if (!bought) throw new Error(`not bought: ${texts.join(' ')}`)
  const nothing = { task_id: 'task_none', context_id: 'ctx_none', proposal_id: 'prop_none' }
  return {
    ...{ ...given, ...nothing, creative_id, cursor: 'bm9uZQ', idempotency_key: `own-key-${principal_id}` },
    ...{ media_buy_id: String(body['media_buy_id']), package_id: bought.package_id },
  }
}

describe('a tool or a field of one', () => {
  it.each(registry.map((tool) => [tool.name, tool] as const))(
    'is tried here: %s',
    (name, { input, kind }) => {
      const said = new Set((callsOf(theirs, desk.now)[name] ?? []).flatMap((call) => idsSaid(call)))
      const fields = idFields(completeSchema(input)).filter((field) => !opensNothing(field, kind))
      const toldNowhere = fields.filter((field) => !(nameOf(field) in holds))
      expect(toldNowhere, 'say in tests/support/isolation/fields.ts what they hold').toEqual([])
      const neverSaid = fields.filter((field) => !said.has(field))
      expect(neverSaid, 'make a call with them in tests/support/isolation/calls.ts').toEqual([])
    },
  )

  it('is tried here: every scenario of the test controller', () => {
    expect(Object.keys(scenarioCalls(theirs)).sort()).toEqual([...scenarios.keys()].sort())
  })
})

const offered = (toSandbox: boolean) => (toSandbox ? registry : tools) as readonly Tool[]

/** Strangers come by different doors, so that every door there is sees every tool. */
const doorsOf: Record<keyof typeof strangers, (token: string) => Promise<Door[]> | Door[]> = {
  'another buyer of the same publisher': (token) => [
    httpDoor(desk, 'mcp', token),
    httpDoor(desk, 'mcp-strict', token),
  ],
  'a buyer of another publisher': (token) =>
    Promise.all([sseDoor(desk, token), stdioDoor(desk, token, variables)]),
  'a sandbox buyer': (token) => [httpDoor(desk, 'mcp', token)],
}

/** Creatives that are to be synced must be among those the call brings. */
const inTheCallItself = ['creative_ids[]', 'creatives[].creative_id']

describe.each(Object.keys(strangers) as (keyof typeof strangers)[])('%s', (stranger) => {
  const { principal_id } = strangers[stranger]
  const isSandbox = principal_id === 'sandbox_agent'
  let own: Things
  let doors: Door[]
  beforeAll(async () => {
    own = await ownThings(stranger)
    const token = await desk.token(principal_id)
    doors = await doorsOf[stranger](token)
  })
  afterAll(() => Promise.all(doors.map((door) => door.close())))

  it.each(offered(isSandbox).map((tool) => [tool.name, tool] as const))(
    'learns nothing of somebody else by %s, and changes nothing: theirs is as if it were not there',
    async (name, { aliases = [], kind }) => {
      const before = await victimsRows()
      const open = doors.filter(({ onlyReads }) => kind === 'read' || !onlyReads)
      let turn = 0
      for (const call of callsOf(own, desk.now)[name] ?? []) {
        for (const door of open) await answer(name, call, door)
        for (const field of new Set(idsSaid(call))) {
          const door = open[turn++ % open.length]
          const id = victimsId(nameOf(field), principal_id)
          const none = `${id.slice(0, -4)}AAAA`
          for (const said of [name, ...aliases]) {
            const [to, toNone] = [
              await answer(said, withId(call, field, id), door),
              await answer(said, withId(call, field, none), door),
            ]
            // a cursor is a place in one's own list, and has to be one
            if (nameOf(field) === 'cursor') continue
            // in the sandbox whatever account one names is one's own, with what one did on it before
            if (isSandbox && nameOf(field) === 'account_id') continue
            // what was done to one's own things is told with what was done to them before
            if (kind === 'write' && [to, toNone].every((text) => !text.includes('"isError":true'))) continue
            expect([field, blank(to, id)]).toEqual([field, blank(toNone, none)])
            if (!inTheCallItself.includes(field))
              expect(to, `${field} was looked at`).not.toMatch(/INVALID_REQUEST|VALIDATION_ERROR/)
          }
        }
      }
      const after = await victimsRows()
      const ours = (line: string) => [principal_id, 'Sandbox Agent', '~'].some((mark) => line.includes(mark))
      expect([...before].filter((line) => !after.has(line))).toEqual([])
      expect([...after].filter((line) => !before.has(line) && !ours(line))).toEqual([])

      async function answer(tool: string, args: unknown, door: Door | undefined): Promise<string> {
        const text = (await door?.call(tool, withFreshKey(args as Args))) ?? ''
        expect(text).toContain('"jsonrpc"')
        const said = JSON.stringify(args)
        const leaked = secrets.filter((secret) => text.includes(secret) && !said.includes(secret))
        expect([tool, args, leaked]).toEqual([tool, args, []])
        return text
      }
    },
  )
})

/** A product the victim may buy and the stranger may not know of; of all other kinds what the victim has. */
const victimsId = (field: string, principal_id: string): string => {
  const kind = holds[field] ?? 'media_buy_id'
  if (kind !== 'product_id') return theirs[kind]
  return principal_id === 'south_agency' ? 'trail_display_run_of_site' : theirs.product_id
}

/** The victim's rows and jobs as they are. */
async function victimsRows(): Promise<Set<string>> {
  const lines = (await everyRow(desk.db)).split('\n')
  return new Set(lines.filter((line) => secrets.some((secret) => line.includes(secret))))
}

let serial = 0
/** A key is used once, unless it is the one that is tried. */
const withFreshKey = (args: Args): Args =>
  typeof args['idempotency_key'] === 'string' && /^(isolation-key|test-)/.test(args['idempotency_key'])
    ? { ...args, idempotency_key: `isolation-key-${String(++serial).padStart(8, '0')}` }
    : args

/** An answer without what differs from call to call, and without the id that was asked for. */
const blank = (text: string, id: string): string =>
  text
    .replaceAll(id, '…')
    .replaceAll(generatedId, '…')
    .replaceAll(/isolation-key-\d+/g, '…')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')
    .replaceAll(/\beyJ[\w-]+/g, '…')
    .replaceAll(/(revision\\?"?[: ]+)\d+/g, '$1…')
