import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { linesOf } from '../../src/cli/creative_agents/line.ts'
import { checkCreativeAgents } from '../../src/cli/doctor/creative_agents.ts'
import { examplePublisher } from '../../src/cli/seed.ts'
import { keepBearer } from '../../src/commands/keep_bearer.ts'
import { enqueue } from '../../src/jobs.ts'
import { selectCreativeAgents } from '../../src/queries/creative_agents.ts'
import { createSeal } from '../../src/seal.ts'
import { readPublisherFile, type PublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { readCreativeAgent } from '../../src/tasks/creative_agents/read.ts'
import { startCreativeAgent, type Fault } from '../support/creative_agent.ts'
import { aSync } from '../support/creatives.ts'
import { aPurchase, encryptionKey, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { everyItem, everyPage } from '../support/pages.ts'

const DAY = 24 * 3600 * 1000
const STUDIO = 'https://studio.example/adcp'
const product_id = 'trail_display_run_of_site'
const agent = await startCreativeAgent()
const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const start = Date.now()
let buyer: TestBuyer
let file: PublisherFile
let own: string[]
let asInFile = false
afterAll(() => agent.close())

const studio = () => ({
  creative_agent_id: 'studio',
  name: 'The Studio',
  agent_url: STUDIO,
  mcp_url: agent.mcp_url,
  refresh_hours: 24,
  grace_days: 7,
})
/** One of the studio's formats, with a picture of that width and a click. */
const aFormat = (id: string, rest: Args = {}): Args => ({
  format_id: { agent_url: STUDIO, id },
  name: `Studio ${id}`,
  renders: [{ role: 'primary', dimensions: { width: 480, height: 120 } }],
  assets: [
    {
      item_type: 'individual',
      asset_id: 'picture',
      asset_type: 'image',
      required: true,
      requirements: { min_width: 480, max_width: 480, formats: ['png'] },
    },
  ],
  ...rest,
})
const picture = (width: number) => ({
  picture: { asset_type: 'image', url: 'https://cdn.acme.example/1.png', width, height: 120 },
})
const seeded = (products: PublisherFile['products'] = file.products, rest: Partial<PublisherFile> = {}) => {
  asInFile = false
  return savePublisher(desk.db, { ...file, creative_agents: [studio()], products, ...rest })
}
/** Northwind, which sells one product with these formats of the studio besides its own, or instead. */
const selling = (ids: string[], alone = false) =>
  seeded(
    file.products.map((one) =>
      one.product_id === product_id
        ? {
            ...one,
            format_ids: [...(alone ? [] : one.format_ids), ...ids.map((id) => ({ id, agent_url: STUDIO }))],
          }
        : one,
    ),
  )
/** What the clock of a worker does within a minute. */
async function clock(): Promise<void> {
  await desk.db.transaction().execute((trx) => enqueue(trx, 'start_due_creative_agents', {}))
  await desk.runJobs()
}
async function known() {
  const [row] = await selectCreativeAgents(desk.db).execute()
  if (!row) throw new Error('no creative agent')
  return row
}
const listed = async (args: Args = {}) => {
  const formats = await everyItem<{ format_id: { agent_url: string; id: string } }>(
    buyer,
    'list_creative_formats',
    'formats',
    args,
  )
  return formats.map(({ format_id }) => (format_id.agent_url === STUDIO ? format_id.id : 'own'))
}
const theirs = async (args: Args = {}) => (await listed(args)).filter((id) => id !== 'own')

beforeAll(async () => {
  buyer = await desk.buyer()
  file = await readPublisherFile(examplePublisher)
  own = file.formats.map(({ format_id }) => format_id)
})
beforeEach(async () => {
  agent.reset()
  desk.now = new Date(start)
  await desk.db
    .updateTable('creative_formats')
    .set({ archived_at: desk.now })
    .where('creative_agent_id', 'is not', null)
    .execute()
  const unread = {
    asked_at: null,
    read_at: null,
    next_read_at: null,
    lapsed_at: null,
    left_out: 0,
    problem: '',
  }
  const tokenless = { bearer_sealed: null, bearer_set_at: null, bearer_set_by: null }
  await desk.db
    .updateTable('creative_agents')
    .set({ ...unread, ...tokenless })
    .execute()
  if (!asInFile) await seeded()
  asInFile = true
})

describe('a buyer', () => {
  test.each(['json', 'events', 'text'] as const)(
    'sees the formats of a creative agent that speaks %s behind the publisher’s own',
    async (speaks) => {
      agent.formats = ['c', 'a', 'b'].map((id) => aFormat(id))
      agent.pageSize = 2
      agent.speaks = speaks
      await clock()
      expect(await listed()).toEqual([...own.map(() => 'own'), 'c', 'a', 'b'])
      const { body, texts } = await buyer.call('list_creative_formats', { name_search: 'studio a' })
      expect(body['formats']).toEqual([
        {
          format_id: { agent_url: STUDIO, id: 'a' },
          name: 'Studio a',
          renders: agent.formats.map((one) => (one as Args)['renders'])[0],
          assets: agent.formats.map((one) => (one as Args)['assets'])[0],
        },
      ])
      expect(body['creative_agents']).toEqual([{ agent_url: STUDIO, agent_name: 'The Studio' }])
      expect(body).not.toHaveProperty('ext')
      expect(texts.join()).toContain(`a of ${STUDIO}`)
    },
  )

  test('finds them by every filter, and none of the publisher’s that fit no better', async () => {
    const dimensions = (width: number) => [{ role: 'primary', dimensions: { width, height: 120 } }]
    const [vast, brief] = ['vast', 'brief'].map((asset_type) => ({
      item_type: 'individual',
      asset_id: asset_type,
      asset_type,
      required: true,
    }))
    agent.formats = [
      aFormat('wide', {
        renders: dimensions(1920),
        accessibility: { wcag_level: 'AAA' },
        supported_disclosure_positions: ['footer'],
      }),
      aFormat('tall', {
        assets: [vast],
        accessibility: { wcag_level: 'A' },
        disclosure_capabilities: [
          { position: 'footer', persistence: ['initial'] },
          { position: 'overlay', persistence: ['continuous', 'flexible'] },
        ],
      }),
      aFormat('fluid', {
        assets: [brief],
        renders: [{ role: 'primary', dimensions: { responsive: { width: true, height: false } } }],
        output_format_ids: [{ agent_url: STUDIO, id: 'wide' }],
      }),
    ]
    await clock()
    const found: [Args, string[]][] = [
      [{ format_ids: [{ agent_url: 'https://Studio.example:443/adcp/', id: 'tall' }] }, ['tall']],
      [{ format_ids: [{ agent_url: 'https://other.example', id: 'tall' }] }, []],
      [{ format_ids: [{ id: 'tall' }, { id: 'wide' }] }, ['wide', 'tall']],
      [{ asset_types: ['vast'] }, ['tall']],
      [{ min_width: 1900 }, ['wide']],
      [{ max_height: 119 }, []],
      [{ is_responsive: true }, ['fluid']],
      [{ name_search: 'STUDIO' }, ['wide', 'tall', 'fluid']],
      [{ wcag_level: 'AA' }, ['wide']],
      [{ wcag_level: 'A' }, ['wide', 'tall']],
      [{ disclosure_positions: ['footer'] }, ['wide', 'tall']],
      [{ disclosure_positions: ['footer', 'overlay'] }, ['tall']],
      [{ disclosure_persistence: ['continuous'] }, ['tall']],
      [{ output_format_ids: [{ agent_url: STUDIO, id: 'wide' }] }, ['fluid']],
      [{ input_format_ids: [{ id: 'wide' }] }, []],
    ]
    for (const [filter, expected] of found) expect([filter, await theirs(filter)]).toEqual([filter, expected])
  })

  test('pages through all of them, each once, in order', async () => {
    agent.formats = ['z', 'y', 'x'].map((id) => aFormat(id))
    await clock()
    for (const max_results of [1, 7, 50]) {
      const pages = await everyPage(buyer, 'list_creative_formats', { pagination: { max_results } })
      const seen = pages.flatMap(({ body }) => body['formats'] as { format_id: { id: string } }[])
      expect(seen.map(({ format_id }) => format_id.id)).toEqual([...own, 'z', 'y', 'x'])
    }
  })

  test('buys with them, and brings creatives that are judged by what the agent says', async () => {
    agent.formats = [aFormat('wide')]
    await selling(['wide'])
    await clock()
    const format_id = { agent_url: STUDIO, id: 'wide' }
    const products = await everyItem<Args>(buyer, 'get_products', 'products', {
      filters: { format_ids: [format_id] },
    })
    expect(products.map((one) => one['product_id'])).toEqual([product_id])
    expect(products[0]?.['format_ids']).toContainEqual(format_id)
    const creative = (width: number) => ({
      creative_id: `wide_${width}`,
      name: 'Wide',
      format_id,
      assets: picture(width),
    })
    const refused = await buyer.call(
      'create_media_buy',
      aPurchase({ package: { creatives: [creative(300)] } }),
    )
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ code: 'INVALID_REQUEST', message: 'It is 300; min_width is 480.' }),
    ])
    const bought = await buyer.call(
      'create_media_buy',
      aPurchase({ package: { format_ids: [format_id], creatives: [creative(480)] } }),
    )
    expect(bought.body).toMatchObject({ media_buy_status: 'pending_start' })
    const synced = await buyer.call(
      'sync_creatives',
      aSync({ creatives: [{ ...creative(480), creative_id: 'second' }] }),
    )
    expect(synced.body['creatives']).toEqual([
      expect.objectContaining({ action: 'created', status: 'approved' }),
    ])
    const unfit = await buyer.call(
      'sync_creatives',
      aSync({ creatives: [creative(481)], validation_mode: 'lenient' }),
    )
    expect(unfit.body['creatives']).toEqual([expect.objectContaining({ action: 'failed' })])
  })

  test('means the publisher’s own format where it names an id alone that an agent uses too', async () => {
    const [id = ''] = own
    agent.formats = [aFormat(id)]
    await clock()
    expect(await theirs()).toEqual([id])
    const { body } = await buyer.call(
      'sync_creatives',
      aSync({ creatives: [{ ...(aSync()['creatives'] as Args[])[0], format_id: { id } }] }),
    )
    expect(body['creatives']).toEqual([expect.objectContaining({ action: 'created' })])
  })

  test('is not offered what is sold with formats the agent does not have, and cannot buy it', async () => {
    agent.formats = [aFormat('wide'), aFormat('tall')]
    await selling(['wide', 'tall'], true)
    await clock()
    const offered = async () => {
      const all = await everyItem<Args>(buyer, 'get_products', 'products')
      return all.find((one) => one['product_id'] === product_id)?.['format_ids']
    }
    expect(await offered()).toEqual(['wide', 'tall'].map((id) => ({ id, agent_url: STUDIO })))
    agent.formats = [aFormat('tall')]
    desk.now = new Date(start + 2 * DAY)
    await clock()
    expect(await offered()).toEqual([{ id: 'tall', agent_url: STUDIO }])
    expect(await checkCreativeAgents(desk.db)).toMatchObject({
      ok: false,
      text: expect.stringContaining(`no format wide, with which ${product_id} is sold`),
    })
    agent.formats = [aFormat('other')]
    desk.now = new Date(start + 4 * DAY)
    await clock()
    expect(await offered()).toBeUndefined()
    const { body } = await buyer.call('create_media_buy', aPurchase({}, desk.now))
    expect(body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE', field: 'packages[0].product_id' })
  })
})

test('formats that cannot be taken are left out, and the publisher is told of each why', async () => {
  const [asset] = aFormat('x')['assets'] as [Args]
  const odd: [string, Args, RegExp][] = [
    [
      'that is another agent’s',
      { format_id: { agent_url: 'https://other.example', id: 'odd' } },
      /belongs to https:..other.example/,
    ],
    ['that has no assets', { assets: undefined }, /assets/],
    [
      'that asks for what AdCP does not know',
      { assets: [{ ...asset, requirements: { formats: ['bmp'] } }] },
      /requirements.formats/,
    ],
    ['with an asset of no known type', { assets: [{ ...asset, asset_type: 'hologram' }] }, /asset_type/],
    ['with two assets of one name', { assets: [asset, asset] }, /two assets of one name/],
    ['whose name would break a line', { name: 'a\n- forged (display_1 of us)' }, /control characters/],
    ['that is too long', { delivery: { junk: 'x'.repeat(17_000) } }, /larger than 16 kB/],
    [
      'that is one size of a format',
      { format_id: { agent_url: STUDIO, id: 'odd', width: 10, height: 10 } },
      /one size of a format/,
    ],
    ['that comes twice', { format_id: { agent_url: STUDIO, id: 'good' } }, /listed twice/],
  ]
  agent.formats = [aFormat('good'), ...odd.map(([, rest], i) => aFormat(`odd_${i}`, rest))]
  await clock()
  expect(await theirs()).toEqual(['good'])
  const [first = '', ...others] = linesOf(await known(), desk.now)
  expect(first).toMatch(/; 1 formats, as of .*; 9 left out$/)
  for (const [i, [what, , why]] of odd.entries())
    expect([what, others[i]]).toEqual([what, expect.stringMatching(why)])
  expect((await checkCreativeAgents(desk.db)).text).toContain('9 left out')
})

describe('what was read before stays when the agent', () => {
  test.each<[string, Fault, number, RegExp]>([
    ['fails', 'http_500', 0, /^it answers HTTP 500$/],
    ['breaks off', 'cut_off', 0, /cannot be reached|cannot be read/],
    ['breaks off after half its pages', 'cut_off', 1, /cannot be reached|cannot be read/],
    ['refuses', 'refuses', 0, /^it refuses with RATE_LIMITED$/],
    ['lists no formats', 'no_list', 1, /no list of formats/],
    ['names no next page', 'no_cursor', 0, /gives no cursor/],
    ['goes round in a circle', 'circle', 0, /round in a circle/],
    ['never comes to an end', 'endless', 1, /more than 50 pages/],
    ['tells a very long story', 'too_long', 0, /longer than 20 MB/],
  ])('%s', async (_what, fault, fromPage, why) => {
    agent.formats = ['a', 'b', 'c'].map((id) => aFormat(id))
    agent.pageSize = 1
    await clock()
    agent.formats = ['d', 'e', 'f'].map((id) => aFormat(id))
    Object.assign(agent, { fault, fromPage, speaks: fault === 'cut_off' ? 'events' : 'json' })
    desk.now = new Date(start + 1.2 * DAY)
    await clock()
    expect(await theirs()).toEqual(['a', 'b', 'c'])
    const { problem } = await known()
    expect(problem).toMatch(why)
    expect(problem).not.toMatch(/secret|password/)
    expect(await checkCreativeAgents(desk.db)).toMatchObject({
      ok: true,
      text: expect.stringContaining(problem),
    })
    agent.fault = undefined
    desk.now = new Date(desk.now.getTime() + 1.2 * 3600 * 1000)
    await clock()
    expect(await theirs()).toEqual(['d', 'e', 'f'])
    expect((await known()).problem).toBe('')
  })

  test('sends it elsewhere: nobody there is asked, nor told the token', async () => {
    const asked: unknown[] = []
    const elsewhere = createServer((request, response) => {
      asked.push(request.headers)
      response.end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    agent.redirectTo = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/mcp`
    agent.fault = 'redirect'
    await clock()
    elsewhere.close()
    expect(asked).toEqual([])
    expect((await known()).problem).toMatch(/redirects to another host/)
  })

  test('is silent', async () => {
    agent.fault = 'silent'
    const reach = { allowLoopback: true, signal: new AbortController().signal, deadlineMs: 200 }
    const outcome = await readCreativeAgent(
      { db: desk.db, clock: () => desk.now, seal: undefined, reach },
      'studio',
    )
    expect(outcome).toEqual({ left_out: 0, problem: 'it does not answer in time' })
  })

  test('is on an address that is not public: it is not asked', async () => {
    const reach = { allowLoopback: false, signal: new AbortController().signal, deadlineMs: 400 }
    const outcome = await readCreativeAgent(
      { db: desk.db, clock: () => desk.now, seal: undefined, reach },
      'studio',
    )
    expect(outcome?.problem).toMatch(/not asked/)
    expect(agent.heard).toEqual([])
  })

  test('lists nothing that can be taken', async () => {
    agent.formats = [aFormat('a')]
    await clock()
    agent.formats = [{ name: 'no format' }]
    desk.now = new Date(start + 1.2 * DAY)
    await clock()
    expect(await theirs()).toEqual(['a'])
    expect((await known()).problem).toMatch(/none of the 1 formats/)
  })
})

test('formats that are old are told as such, are gone after the days of grace, and come back', async () => {
  agent.formats = [aFormat('a')]
  await clock()
  agent.fault = 'http_500'
  desk.now = new Date(start + 2 * DAY)
  await clock()
  const { body, texts } = await buyer.call('list_creative_formats', {
    adcp_version: '3.1',
    name_search: 'studio',
  })
  expect(body['formats']).toHaveLength(1)
  expect(body.errors).toEqual([
    expect.objectContaining({
      code: 'STALE_RESPONSE',
      recovery: 'transient',
      details: expect.objectContaining({
        cache_age_seconds: 2 * 86_400,
        upstream: { url: STUDIO, name: 'The Studio' },
      }),
    }),
  ])
  const told = { agent_url: STUDIO, formats: 'stale', as_of: new Date(start).toISOString() }
  expect(body['ext']).toEqual({ salesdesk: { creative_agents: [told] } })
  expect(texts.join()).toContain('has not been read anew since')
  const before = await buyer.call('list_creative_formats', { adcp_version: '3.0', name_search: 'studio' })
  expect(before.body.errors).toBeUndefined()

  desk.now = new Date(start + 8 * DAY - 1000)
  await clock()
  expect(await theirs()).toEqual(['a'])
  desk.now = new Date(start + 8 * DAY)
  await clock()
  expect(await theirs()).toEqual([])
  const after = await buyer.call('list_creative_formats', { adcp_version: '3.1' })
  expect(after.body.errors).toBeUndefined()
  expect(after.body['ext']).toEqual({
    salesdesk: { creative_agents: [{ agent_url: STUDIO, formats: 'unavailable' }] },
  })
  expect(await checkCreativeAgents(desk.db)).toMatchObject({
    ok: false,
    text: expect.stringContaining('too old'),
  })
  const format_id = { agent_url: STUDIO, id: 'a' }
  const sync = aSync({ creatives: [{ creative_id: 'late', name: 'Late', format_id, assets: picture(480) }] })
  expect((await buyer.call('sync_creatives', sync)).body.adcp_error).toMatchObject({
    field: 'creatives[0].format_id',
  })

  agent.fault = undefined
  desk.now = new Date(start + 9 * DAY)
  await clock()
  expect(await theirs()).toEqual(['a'])
})

describe('a publisher', () => {
  test('gives an agent the token it asks for, sealed', async () => {
    agent.token = 'a-token-nobody-should-see'
    agent.formats = [aFormat('a')]
    await clock()
    expect((await known()).problem).toMatch(/HTTP 401.*creative-agents secret/)
    const seal = createSeal(encryptionKey)
    const bearer = { seal, plain: agent.token }
    await keepBearer(desk.db, {
      tenant_id: 'northwind',
      creative_agent_id: 'studio',
      bearer,
      by: 'test',
      now: desk.now,
    })
    await clock()
    expect(await theirs()).toEqual(['a'])
    expect(agent.heard.at(-1)).toBe(`Bearer ${agent.token}`)
  })

  test('describes a format of the agent itself, and takes that back', async () => {
    agent.formats = [aFormat('a'), aFormat('b')]
    await clock()
    const [first] = file.formats
    if (!first) throw new Error('no format')
    const described = { ...first, format_id: 'a', agent_url: STUDIO, name: 'As we take it' }
    await seeded(file.products, { formats: [...file.formats, described] })
    await clock()
    const names = async () => {
      const { body } = await buyer.call('list_creative_formats', {
        format_ids: [{ agent_url: STUDIO, id: 'a' }],
      })
      return (body['formats'] as { name: string }[]).map(({ name }) => name)
    }
    expect(await names()).toEqual(['As we take it'])
    await seeded()
    await clock()
    expect(await names()).toEqual(['Studio a'])
  })

  test('takes the agent out of its file, and its formats are gone at once', async () => {
    agent.formats = [aFormat('a')]
    await clock()
    await seeded(file.products, { creative_agents: [] })
    expect(await theirs()).toEqual([])
    const { body } = await buyer.call('list_creative_formats', {})
    expect(body).not.toHaveProperty('creative_agents')
    await seeded()
    await clock()
    expect(await theirs()).toEqual(['a'])
  })

  test('seeds the same again, and nothing is written or asked', async () => {
    agent.formats = [aFormat('a')]
    await clock()
    const asked = agent.heard.length
    expect(await seeded()).toMatchObject({ changed: 0, creative_agents: 1 })
    await clock()
    expect(agent.heard).toHaveLength(asked)
  })
})

test('of two readings at once the one that asked later stands', async () => {
  agent.formats = [aFormat('old')]
  agent.onPage = async () => {
    agent.onPage = () => Promise.resolve()
    const answered = agent.formats
    agent.formats = [aFormat('new')]
    await readCreativeAgent(asking(new Date(start + 60_000)), 'studio')
    agent.formats = answered
  }
  const reach = { allowLoopback: true, signal: new AbortController().signal, deadlineMs: 5000 }
  const asking = (now: Date) => ({ db: desk.db, clock: () => now, seal: undefined, reach })
  expect(await readCreativeAgent(asking(new Date(start)), 'studio')).toBeUndefined()
  expect(await theirs()).toEqual(['new'])
})
