import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { checkAuthorisations } from '../../src/cli/doctor/authorisation.ts'
import { enqueue } from '../../src/jobs.ts'
import { checkDomain } from '../../src/tasks/authorisation/check.ts'
import { complaints } from '../support/adcp_schemas.ts'
import { aPurchase, connectBuyer, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { everyItem } from '../support/pages.ts'

const DAY = 24 * 3600 * 1000
const domain = 'matchday.example'
const us = 'https://Sales.Northwind.example:443/mcp/'
const files = new Map<string, (response: ServerResponse, headers: Args) => void>()
let asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  const file = files.get(request.url ?? '')
  if (file) file(response, request.headers)
  else response.writeHead(404).end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const desk = testDesk(
  { PUBLIC_URL: 'https://sales.northwind.example', WEBHOOK_ALLOW_LOOPBACK: 'true' },
  { adagentsAt: (name) => `${base}/${name}` },
)
const start = Date.now()
afterAll(() => server.close())

const entry = (rest: Args = {}) => ({
  url: us,
  authorized_for: 'Everything',
  authorization_type: 'publisher_properties',
  publisher_properties: [{ publisher_domain: domain, selection_type: 'all' }],
  ...rest,
})
const somebodyElse = entry({ url: 'https://other.example/mcp' })

/** The owner of the domain puts this at its well-known address. */
function publish(file: unknown, path = `/${domain}`): void {
  files.set(path, (response) => response.end(JSON.stringify(file)))
}

async function check(): Promise<void> {
  const { db } = desk
  await db
    .transaction()
    .execute((trx) =>
      enqueue(trx, 'check_authorisation', { tenant_id: 'northwind', publisher_domain: domain }),
    )
  await desk.runJobs(new Date(Math.max(Date.now(), desk.now.getTime())))
}

const partner = () =>
  desk.db
    .selectFrom('publisher_partners')
    .selectAll()
    .where('publisher_domain', '=', domain)
    .executeTakeFirstOrThrow()
const properties = () =>
  desk.db
    .selectFrom('authorized_properties')
    .select(['property_id', 'verification'])
    .where('publisher_domain', '=', domain)
    .orderBy('property_id')
    .execute()

async function verdict(file: unknown): Promise<[string, string]> {
  publish(file)
  await check()
  const { verification, detail } = await partner()
  return [verification, detail]
}

beforeEach(async () => {
  files.clear()
  asked = []
  desk.now = new Date(start)
  await desk.db
    .updateTable('publisher_partners')
    .set({
      verification: 'unverified',
      detail: '',
      declaration: null,
      declared_at: null,
      declared_by: null,
      etag: null,
      last_modified: null,
      checked_at: null,
      revoked_until: null,
      verified_at: null,
    })
    .execute()
  await desk.db.updateTable('authorized_properties').set({ verification: 'unverified' }).execute()
  await desk.db.updateTable('tenants').set({ sells_unverified: true }).execute()
})

const own = async () => {
  const [first] = await desk.db
    .selectFrom('authorized_properties')
    .selectAll()
    .where('publisher_domain', '=', domain)
    .orderBy('property_id')
    .execute()
  if (!first) throw new Error(`${domain} has no property`)
  return first
}
const asDeclared = ({
  property_id,
  property_type,
  name,
  identifiers,
  tags,
}: Awaited<ReturnType<typeof own>>) => ({
  property_id,
  property_type,
  name,
  identifiers,
  tags: [...tags, 'sold_here'],
})

describe('a domain is verified', () => {
  test('that names this agent, however its URL is written', async () => {
    const file = { authorized_agents: [somebodyElse, entry()] }
    expect(complaints('3.0', 'adagents', file)).toEqual([])
    expect(await verdict(file)).toEqual(['verified', ''])
    expect((await properties()).every(({ verification }) => verification === 'verified')).toBe(true)
  })

  test.each([
    ['property_ids', (id: string) => ({ property_ids: [id] })],
    ['property_tags', () => ({ property_tags: ['sold_here'] })],
  ])('for the properties it names by %s, and for no others', async (authorization_type, names) => {
    const property = asDeclared(await own())
    const file = {
      properties: [property],
      authorized_agents: [entry({ authorization_type, ...names(property.property_id) })],
    }
    expect(complaints('3.0', 'adagents', file)).toEqual([])
    expect((await verdict(file))[0]).toBe('verified')
    for (const { property_id, verification } of await properties())
      expect([property_id, verification]).toEqual([
        property_id,
        property_id === property.property_id ? 'verified' : 'refused',
      ])
  })

  test('for properties written with the agent', async () => {
    const file = {
      authorized_agents: [
        entry({ authorization_type: 'inline_properties', properties: [asDeclared(await own())] }),
      ],
    }
    expect((await verdict(file))[0]).toBe('verified')
  })

  test('whose file is kept elsewhere, one step away and no further', async () => {
    publish({ authorized_agents: [entry()] }, '/network')
    expect(await verdict({ authoritative_location: `${base}/network` })).toEqual(['verified', ''])
    publish({ authoritative_location: `${base}/third` }, '/network')
    asked = []
    await check()
    expect(asked).toEqual([`/${domain}`, '/network'])
  })
})

describe('a domain is refused', () => {
  test.each([
    ['names others only', { authorized_agents: [somebodyElse] }, /does not name this agent/],
    [
      'names this agent for a time that is over',
      { authorized_agents: [entry({ effective_until: '2020-01-01T00:00:00Z' })] },
      /not for the present time/,
    ],
    [
      'names this agent for another domain',
      {
        authorized_agents: [
          entry({ publisher_properties: [{ publisher_domain: 'else.example', selection_type: 'all' }] }),
        ],
      },
      /none of/,
    ],
  ])('that %s', async (_what, file, detail) => {
    await verdict({ authorized_agents: [entry()] })
    expect(complaints('3.0', 'adagents', file)).toEqual([])
    expect(await verdict(file)).toEqual(['refused', expect.stringMatching(detail)])
  })

  test('that was revoked, for seven days more after the file has forgotten it', async () => {
    const revoked_publisher_domains = [{ publisher_domain: domain, revoked_at: '2026-01-01T00:00:00Z' }]
    const authorized_agents = [entry()]
    expect((await verdict({ authorized_agents, revoked_publisher_domains }))[0]).toBe('refused')
    desk.now = new Date(start + 6 * DAY)
    expect((await verdict({ authorized_agents }))[0]).toBe('refused')
    desk.now = new Date(start + 8 * DAY)
    expect((await verdict({ authorized_agents }))[0]).toBe('verified')
  })
})

describe('an outage', () => {
  const outages: [string, (response: ServerResponse) => void][] = [
    ['answers 503', (response) => response.writeHead(503).end()],
    ['hangs up', (response) => response.destroy()],
    ['answers no JSON', (response) => response.end('<html>')],
    ['answers a file that is not valid', (response) => response.end('{"authorized_agents":[{"url":"x"}]}')],
    ['redirects', (response) => response.writeHead(302, { location: `${base}/other` }).end()],
    ['answers without end', (response) => response.end(' '.repeat(6 * 1024 * 1024))],
  ]
  test.each(outages)('in which the domain %s leaves it verified for seven days', async (_what, reply) => {
    publish({ authorized_agents: [entry()] }, '/other')
    expect((await verdict({ authorized_agents: [entry()] }))[0]).toBe('verified')
    files.set(`/${domain}`, reply)
    desk.now = new Date(start + 6 * DAY)
    await check()
    expect(await partner()).toMatchObject({
      verification: 'verified',
      detail: expect.stringMatching(/^counts as verified until/),
    })
    desk.now = new Date(start + 8 * DAY)
    await check()
    expect((await partner()).verification).toBe('unreachable')
  })

  test('makes no refusal undone', async () => {
    await verdict({ authorized_agents: [somebodyElse] })
    files.clear()
    desk.now = new Date(start + 30 * DAY)
    await check()
    expect((await partner()).verification).toBe('refused')
  })
})

test('a file that has not changed is not sent again, and still counts', async () => {
  files.set(`/${domain}`, (response, headers) =>
    headers['if-none-match'] === '"one"'
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"one"' }).end(JSON.stringify({ authorized_agents: [entry()] })),
  )
  await check()
  desk.now = new Date(start + 6 * DAY)
  await check()
  expect(await partner()).toMatchObject({ verification: 'verified', etag: '"one"', declared_at: desk.now })
})

describe('a check', () => {
  const checkNow = (signal = new AbortController().signal) =>
    checkDomain(
      {
        db: desk.db,
        clock: () => desk.now,
        agentUrls: ['https://sales.northwind.example/mcp'],
        reach: { allowLoopback: true, signal, adagentsAt: (name) => `${base}/${name}` },
      },
      { tenant_id: 'northwind', publisher_domain: domain },
    )
  const rows = async () => [await partner(), await properties()]

  test('of which ten run at once leaves the rows of one', async () => {
    publish({ authorized_agents: [entry()] })
    await checkNow()
    const once = await rows()
    await Promise.all(Array.from({ length: 10 }, () => checkNow()))
    expect(await rows()).toEqual(once)
  })

  test('that is overtaken by a later one does not undo it', async () => {
    const held: ServerResponse[] = []
    files.set(`/${domain}`, (response) => held.push(response))
    const slow = checkNow()
    await expect.poll(() => held.length).toBe(1)
    desk.now = new Date(start + 60_000)
    await verdict({ authorized_agents: [entry()] })
    const after = await rows()
    held[0]?.end(JSON.stringify({ authorized_agents: [somebodyElse] }))
    await slow
    expect(await rows()).toEqual(after)
  })

  test('that is killed while it waits leaves everything as it was', async () => {
    publish({ authorized_agents: [entry()] })
    await checkNow()
    const before = await rows()
    const worker = new AbortController()
    files.set(`/${domain}`, () => worker.abort())
    await expect(checkNow(worker.signal)).rejects.toThrow()
    expect(await rows()).toEqual(before)
  })
})

test('the clock has every domain asked that is due, and no other', async () => {
  // one domain is asked after another, so that the last one's turn comes a little later
  const soon = () => new Date(Date.now() + 60_000)
  const start_due = () => desk.db.transaction().execute((trx) => enqueue(trx, 'start_due_authorisations', {}))
  await desk.db.updateTable('publisher_partners').set({ next_check_at: null }).execute()
  await start_due()
  await desk.runJobs(soon())
  expect(asked).toHaveLength(8)
  asked = []
  publish({ authorized_agents: [entry()] })
  await desk.db
    .updateTable('publisher_partners')
    .set({ next_check_at: new Date(start - 1) })
    .where('publisher_domain', '=', domain)
    .execute()
  await start_due()
  await desk.runJobs(soon())
  expect(asked).toEqual([`/${domain}`])
})

describe('doctor', () => {
  test('tells what to put into the file of a domain that does not name us, and that makes it verified', async () => {
    await verdict({ authorized_agents: [somebodyElse] })
    const finding = await checkAuthorisations(desk.db, 'https://sales.northwind.example/mcp')
    expect(finding).toMatchObject({
      ok: false,
      text: expect.stringMatching(
        /1 not sold .*matchday\.example: its file does not name this agent; .* need \{/,
      ),
    })
    const added: unknown = JSON.parse(finding.text.slice(finding.text.indexOf('{')))
    const file = { authorized_agents: [somebodyElse, added] }
    expect(complaints('3.0', 'adagents', file)).toEqual([])
    expect(await verdict(file)).toEqual(['verified', ''])
  })

  test('says that nobody can name an agent without a PUBLIC_URL', async () => {
    expect(await checkAuthorisations(desk.db, undefined)).toMatchObject({
      ok: true,
      text: expect.stringMatching(/PUBLIC_URL is not set/),
    })
  })
})

describe('a buyer', () => {
  const open: TestBuyer[] = []
  afterAll(() => Promise.all(open.map(({ client }) => client.close())))
  /** By its own address: nobody answers at the public one. */
  const buyer = async () => {
    const one = await connectBuyer(`http://127.0.0.1:${desk.port}/mcp`, await desk.token())
    open.push(one)
    return one
  }
  const offered = async () => {
    interface Product {
      product_id: string
      publisher_properties: { publisher_domain: string }[]
    }
    const args = { buying_mode: 'wholesale' }
    const products = await everyItem<Product>(await buyer(), 'get_products', 'products', args)
    const of = (product: Product) => product.publisher_properties.map((one) => one.publisher_domain)
    return products.filter((product) => of(product).includes(domain)).map(({ product_id }) => product_id)
  }
  /** It has nothing of any other domain. */
  const onMatchday = 'matchday_live_scores'
  const priceOf = async (product_id: string) => {
    const query = desk.db.selectFrom('pricing_options').select('pricing_option_id')
    return (await query.where('product_id', '=', product_id).executeTakeFirstOrThrow()).pricing_option_id
  }
  const listed = async () => {
    const { body } = await (await buyer()).call('list_authorized_properties')
    return (body['publisher_domains'] ?? []) as string[]
  }

  test('is offered nothing of a domain that refuses, whatever the tenant allows', async () => {
    expect(await offered()).toContain('group_display')
    await verdict({ authorized_agents: [somebodyElse] })
    expect(await offered()).toEqual([])
    expect(await listed()).not.toContain(domain)
  })

  test('is offered what is verified only, unless the tenant sells the rest', async () => {
    await desk.db.updateTable('tenants').set({ sells_unverified: false }).execute()
    expect(await offered()).toEqual([])
    const { body } = await (await buyer()).call('get_adcp_capabilities')
    expect(body['media_buy']).not.toHaveProperty('portfolio')
    await verdict({ authorized_agents: [entry()] })
    expect(await listed()).toEqual([domain])
    expect(await offered()).toContain(onMatchday)
    expect(await offered()).not.toContain('group_display')
  })

  test('cannot buy what is refused since it was offered; what it bought before it may still pause', async () => {
    const one = await buyer()
    const item = {
      product_id: 'matchday_live_scores',
      pricing_option_id: await priceOf('matchday_live_scores'),
    }
    const bought = await one.call('create_media_buy', aPurchase({ package: item }, desk.now))
    expect(bought.isError).toBe(false)
    await verdict({ authorized_agents: [somebodyElse] })
    const again = await one.call('create_media_buy', aPurchase({ package: item }, desk.now))
    expect(again.body.adcp_error?.code ?? again.body.errors?.[0]?.code).toBe('PRODUCT_NOT_FOUND')
    const { media_buy_id } = bought.body
    const [line] = bought.body['packages'] as { package_id: string }[]
    const changed = await one.call('update_media_buy', {
      idempotency_key: 'pause-after-refusal-0001',
      account: aPurchase()['account'],
      media_buy_id,
      packages: [{ package_id: line?.package_id, paused: true }],
    })
    expect(changed.body).toMatchObject({ media_buy_id })
    expect(changed.isError).toBe(false)
  })

  test('may still ask for less of what is refused since, and for no more; what is left stays held', async () => {
    const one = await buyer()
    const product_id = 'matchday_live_scores'
    const pricing_option_id = await priceOf(product_id)
    const counted = {
      delivery_type: 'guaranteed',
      approval_policy: 'auto',
      daily_capacity: '1000000',
    } as const
    await desk.db.updateTable('products').set(counted).where('product_id', '=', product_id).execute()
    await desk.db
      .updateTable('pricing_options')
      .set({ floor_price: null, fixed_price: '5' })
      .where('product_id', '=', product_id)
      .execute()
    const bought = await one.call(
      'create_media_buy',
      aPurchase({ package: { product_id, pricing_option_id, budget: 4000, bid_price: undefined } }, desk.now),
    )
    expect(bought.isError, bought.texts.join()).toBe(false)
    const { media_buy_id } = bought.body
    const [line] = bought.body['packages'] as { package_id: string }[]
    const held = async () => {
      const query = desk.db
        .selectFrom('reservations')
        .select((eb) => eb.fn.sum<string>('amount').as('amount'))
      const { amount } = await query
        .where('package_id', '=', line?.package_id ?? '')
        .executeTakeFirstOrThrow()
      return Number(amount)
    }
    const before = await held()
    expect(before).toBeGreaterThan(0)
    await verdict({ authorized_agents: [somebodyElse] })
    const ask = (change: Args) =>
      one.call('update_media_buy', {
        idempotency_key: `after-refusal-${JSON.stringify(change).replaceAll(/\W/g, '')}`,
        account: aPurchase()['account'],
        media_buy_id,
        packages: [{ package_id: line?.package_id, ...change }],
      })
    const less = await ask({ budget: 2000 })
    expect(less.isError, less.texts.join()).toBe(false)
    expect(less.body['affected_packages']).toMatchObject([{ budget: 2000 }])
    expect(await held()).toBeCloseTo(before / 2, -2)
    const more = await ask({ budget: 5000 })
    expect(more.body.adcp_error).toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
  })

  test('is told which domains are not verified', async () => {
    await verdict({ authorized_agents: [entry()] })
    const { body } = await (await buyer()).call('get_adcp_capabilities')
    const { salesdesk } = body['ext'] as { salesdesk: { unverified_publisher_domains: string[] } }
    expect(salesdesk.unverified_publisher_domains).toContain('gridwatt.example')
    expect(salesdesk.unverified_publisher_domains).not.toContain(domain)
  })
})
