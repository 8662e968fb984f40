import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { aPurchase, encryptionKey, testDesk, type Args } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { behave, booked, fulfilmentsOf, served } from '../support/orders.ts'
import { killAll, salesdesk, type Salesdesk } from '../support/processes.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { aChange } from '../support/updates.ts'
import { seededRandom } from './random.ts'

const desk = testDesk()
afterAll(killAll)

const DAY_MS = 86_400_000
/** A purchase goes from the first call to the changed order in about this time, so a kill may come anywhere in it. */
const JOURNEY_MS = 1500
const JOURNEYS_AT_ONCE = 3
const end_time = new Date((Math.floor(Date.now() / DAY_MS) + 100) * DAY_MS).toISOString()
const placing = { latency_ms: 150, line_item_latency_ms: 150, change: { latency_ms: 150 } }
const twoPackages = [0, 1].map(() => ({
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}))

interface Member {
  process: Salesdesk
  /** Of a server: where it answers. */
  url?: string
}
type Role = 'serve' | 'work'

async function join(role: Role): Promise<Member> {
  const env = { DATABASE_URL: desk.databaseUrl, SALESDESK_ENCRYPTION_KEY: encryptionKey, PORT: '0' }
  const process = salesdesk([role], { ...env, LOG_LEVEL: 'error' })
  if (role === 'work') await process.said(/is ready/)
  const [, url = ''] = role === 'serve' ? await process.said(/answers at (\S+\/mcp)/) : []
  return { process, ...(role === 'serve' && { url }) }
}

test('two servers and three workers serve buyers to the end while each of them in turn is killed at any moment: nothing is lost, nothing twice', async () => {
  const seed = Date.now()
  const random = seededRandom(seed)
  const roles: Role[] = ['serve', 'serve', 'work', 'work', 'work']
  const crew = await Promise.all(roles.map(join))
  await behave(desk.db, placing)
  const token = await desk.token()

  /** As a careful agent: what came to no answer is sent again, with the same key, to whichever server answers. */
  async function call(tool: string, args: Args): Promise<Args> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return eventually(
      `an answer to ${tool}, seed ${seed}`,
      async () => {
        const { url = '' } = random.pick(crew.filter((member) => member.url !== undefined))
        const answer = await ask(url, { headers, body: JSON.stringify(rpcCall(tool, args)) }).catch(
          () => null,
        )
        const body = answer?.json().result?.structuredContent
        if (body?.adcp_error && body.adcp_error.recovery !== 'transient')
          throw new Error(`${tool}: ${body.adcp_error.message}, seed ${seed}`)
        return body?.adcp_error ? undefined : body
      },
      40_000,
      25,
    )
  }

  async function journey(): Promise<string> {
    const found = await call('get_products', { buying_mode: 'wholesale' })
    expect((found['products'] as unknown[]).length).toBeGreaterThan(0)
    const bought = await call('create_media_buy', aPurchase({ packages: twoPackages }))
    const id = String(bought['media_buy_id'])
    await call('update_media_buy', aChange(id, { end_time }))
    await eventually(`the order as it is wanted, seed ${seed}`, async () =>
      (await fulfilmentsOf(desk.db, id)).every(
        ({ state, desired_revision, applied_revision }) =>
          state === 'placed' && applied_revision === desired_revision,
      ),
    )
    return id
  }

  const bought: string[] = []
  let back: Promise<void> = Promise.resolve()
  for (const victim of random.shuffled([...roles.keys()])) {
    const journeys = Promise.all(Array.from({ length: JOURNEYS_AT_ONCE }, journey))
    journeys.catch(() => {})
    await pause(random.below(JOURNEY_MS))
    crew[victim]?.process.kill('SIGKILL')
    bought.push(...(await journeys))
    await back
    // the next one dies while this one may still be coming up
    const role = roles[victim] ?? 'work'
    back = join(role).then((member) => void (crew[victim] = member))
  }
  await back

  const media_buys = await desk.db.selectFrom('media_buys').select('media_buy_id').execute()
  expect(media_buys.map(({ media_buy_id }) => media_buy_id).sort(), `seed ${seed}`).toEqual(bought.sort())
  for (const id of bought) {
    expect(await booked(desk.db, id), `seed ${seed}`).toEqual({ orders: 1, line_items: 2 })
    for (const item of await served(desk.db, id))
      expect(item.body, `seed ${seed}`).toMatchObject({ end_time })
  }
  const people = await desk.db.selectFrom('workflow_steps').select('title').execute()
  expect(people, `seed ${seed}`).toEqual([])
}, 120_000)
