import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { selectAdServers } from '../../src/queries/ad_servers.ts'
import { buy } from '../support/orders.ts'
import { testDesk } from '../support/desk.ts'
import { manyAdUnits } from '../support/google_ad_manager/inventory.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { startFakeBroadstreet } from '../support/broadstreet/server.ts'
import { startFakeKevel } from '../support/kevel/server.ts'
import { jsonb } from '../../src/db/database.ts'
import { leaksIn, rememberedRows, rememberRows } from '../support/secrets.ts'
import { member } from '../support/visitor.ts'

const google = await startFakeGoogle()
const stranger = await startFakeGoogle()
const kevel = await startFakeKevel()
const broadstreet = await startFakeBroadstreet()
afterAll(() => Promise.all([google, stranger, kevel, broadstreet].map((server) => server.close())))
const desk = testDesk()
const own = '/console/northwind'
let admin: Awaited<ReturnType<typeof member>>
let pages = ''

beforeAll(async () => {
  // ahead of the wall clock, so that what a job asks for is due at once
  desk.now = new Date(Date.now() + 86_400_000)
  await rememberRows(desk.db)
  admin = await member(desk, 'admin')
})
afterEach(() => (google.books.minded.seesNetworks = true))

const key = JSON.parse(google.serviceAccount) as Record<string, string>
const toGoogle = (secret = google.serviceAccount): Record<string, string> => ({
  name: 'Our network',
  secret,
  'setting.base_url': google.url,
  'setting.calls_per_second': '100',
})
const read = async (path: string) => {
  const { html } = await admin.get(path)
  pages += html
  return html
}

/** Begins to connect one, has it tested, and gives the address of its page. */
async function begin(form = toGoogle(), kind = 'google_ad_manager'): Promise<string> {
  const { status, to, html } = await admin.post(`${own}/connect/${kind}`, form)
  if (status !== 303) throw new Error(html)
  await desk.runJobs()
  return to ?? ''
}
async function stampIn(path: string): Promise<string> {
  return /name="stamp" value="([^"]*)"/.exec(await read(path))?.[1] ?? ''
}
async function choose(page: string, network = '21700000000') {
  const form = { stamp: await stampIn(page), name: 'Our network', 'setting.network_code': network }
  const answer = await admin.post(`${page}/settings`, form)
  await desk.runJobs()
  return answer
}
const idOf = (page: string) => page.split('/').at(-1) ?? ''
const rowOf = (page: string) =>
  selectAdServers(desk.db, 'northwind').where('c.connection_id', '=', idOf(page)).executeTakeFirst()
const audited = async (page: string) => {
  const rows = await desk.db
    .selectFrom('audit_log')
    .select(['action', 'user_id'])
    .where('subject_id', '=', idOf(page))
    .orderBy('audit_id')
    .execute()
  expect(new Set(rows.map(({ user_id }) => user_id))).toEqual(new Set([admin.user_id]))
  return rows.map(({ action }) => action)
}

describe('a publisher who connects Google Ad Manager', () => {
  it('gives a key, chooses the network, confirms, and sees what it holds', async () => {
    const page = await begin()
    expect(await read(page)).toMatch(
      /salesdesk-[\w-]+@northwind\.iam\.example[\s\S]*Northwind Media \(21700000000\), USD/,
    )
    expect((await rowOf(page))?.connected_at).toBeNull()
    await choose(page)
    const chosen = await read(page)
    expect(chosen).toContain('America/New_York')
    expect(chosen).toMatch(/<option value="7002">Tom Trafficker, Trafficker<\/option>/)
    expect(chosen).toMatch(/<option value="5001">Volta<\/option>/)
    expect(chosen).not.toContain('Gone Person')
    await admin.post(`${page}/finish`, {
      'setting.trafficker_id': '7002',
      'setting.create_advertisers': 'true',
    })
    await desk.runJobs()
    const connected = await read(page)
    expect(connected).toMatch(/in order/)
    expect(connected).toContain('Northwind Media')
    expect((await rowOf(page))?.settings).toEqual({
      base_url: google.url,
      calls_per_second: 100,
      network_code: '21700000000',
      trafficker_id: '7002',
      create_advertisers: true,
    })
    expect(await read(`${page}/inventory`)).toContain('Inventory 2001')
    expect(await read(`${page}/inventory/placements`)).toContain('Inventory 3001')
    expect(await read(`${page}/inventory/keys/6002`)).toContain('tragedy')
    expect(await read(`${page}/inventory/audiences`)).toMatch(/Readers of sport[\s\S]*412,000/)
    expect(await audited(page)).toEqual(['set_secret', 'begin_connection', 'change_connection', 'connect'])
  })

  it('may send the key as the file it came in', async () => {
    const form = new FormData()
    form.set('name', 'From a file')
    form.set('setting.base_url', google.url)
    form.set(
      'secret_file',
      new File([`${google.serviceAccount}\n`], 'key.json', { type: 'application/json' }),
    )
    const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(`${desk.url}${own}/connect/google_ad_manager`, {
      method: 'POST',
      body: form,
      headers: { cookie, origin: desk.url },
      redirect: 'manual',
    })
    expect(answer.status).toBe(303)
    await desk.runJobs()
    expect(await read(answer.headers.get('location') ?? '')).toContain('Northwind Media (21700000000)')
  })

  it('is told at once of what can be no key, and finds what else was typed', async () => {
    const { status, html } = await admin.post(`${own}/connect/google_ad_manager`, {
      ...toGoogle('{"private_key": "my own secret words"}'),
      name: 'Kept name',
    })
    expect(status).toBe(422)
    expect(html).toContain('is not usable: client_email, private_key')
    expect(html).toContain('value="Kept name"')
    expect(html).not.toContain('my own secret words')
  })

  it('sees what Google has against a key it does not take, and gives another', async () => {
    const wrong = JSON.stringify({
      ...(JSON.parse(stranger.serviceAccount) as object),
      token_uri: key['token_uri'],
    })
    const page = await begin(toGoogle(wrong))
    expect(await read(page)).toMatch(/to be settled[\s\S]*no access token \(invalid_grant\)/)
    const refused = await admin.post(`${page}/finish`)
    expect(refused.status).toBe(303)
    expect(await read(page)).toContain('something still has to be chosen')
    await admin.post(`${page}/key`, { secret: google.serviceAccount, 'setting.base_url': google.url })
    await desk.runJobs()
    expect(await read(page)).toContain('Choose and test again')
  })

  it('is told whom to let in where the key sees no network, and only has to test again', async () => {
    google.books.minded.seesNetworks = false
    const page = await begin()
    const html = await read(page)
    expect(html).toMatch(
      /the account sees no network[\s\S]*add salesdesk-[\w-]+@northwind\.iam\.example as a user/,
    )
    expect(html).not.toContain('Choose and test again')
    google.books.minded.seesNetworks = true
    await admin.post(`${page}/check`)
    expect(await read(page)).toContain('Being tested since')
    await desk.runJobs()
    expect(await read(page)).toContain('Choose and test again')
  })

  it('learns that the network is away, and cannot connect it', async () => {
    const page = await begin()
    google.next('getCurrentNetwork', { carried_out: false, answer: 'drop' })
    await choose(page)
    expect(await read(page)).toMatch(
      /network<\/strong> NetworkService.getCurrentNetwork: the connection broke/,
    )
    await admin.post(`${page}/finish`)
    expect(await read(page)).toContain('the last test must be over and have found nothing wrong')
    expect((await rowOf(page))?.connected_at).toBeNull()
  })

  it('loses nothing where the worker dies while it tests', async () => {
    const { to } = await admin.post(`${own}/connect/google_ad_manager`, toGoogle())
    const page = to ?? ''
    // as a killed worker leaves it: begun, and nobody at it
    const { rowCount } = await desk.pool.query(
      `delete from graphile_worker._private_jobs where key like 'check_connection:%'`,
    )
    expect(rowCount).toBe(1)
    await desk.runJobs()
    expect(await read(page)).toContain('Being tested since')
    await admin.post(`${page}/check`)
    await desk.runJobs()
    expect(await read(page)).toContain('Choose and test again')
  })

  it('overwrites nothing somebody else chose meanwhile', async () => {
    const page = await begin()
    const stamp = await stampIn(page)
    const form = (network: string) => ({ stamp, name: 'Our network', 'setting.network_code': network })
    await Promise.all(
      ['21700000000', '21700000099'].map((network) => admin.post(`${page}/settings`, form(network))),
    )
    expect((await audited(page)).filter((action) => action === 'change_connection')).toHaveLength(1)
    expect(['21700000000', '21700000099']).toContain(
      ((await rowOf(page))?.settings as Record<string, unknown>)['network_code'],
    )
  })

  it('connects once, however many press the button', async () => {
    const page = await begin()
    await choose(page)
    await Promise.all([1, 2, 3].map(() => admin.post(`${page}/finish`)))
    expect((await audited(page)).filter((action) => action === 'connect')).toHaveLength(1)
  })

  it('discards what was never used, key and all', async () => {
    const page = await begin()
    await admin.post(`${page}/disconnect`)
    expect((await admin.get(page)).status).toBe(404)
    const left = await desk.db
      .selectFrom('ad_server_secrets')
      .select('connection_id')
      .where('connection_id', '=', idOf(page))
      .execute()
    expect(left).toEqual([])
  })
})

describe('a publisher who looks after an ad server', () => {
  let page: string
  beforeAll(async () => {
    page = await begin()
    await choose(page)
    await admin.post(`${page}/finish`)
    await desk.runJobs()
    await desk.db
      .updateTable('products')
      .set({ connection_id: idOf(page), ad_server_config: jsonb(onHomepage) })
      .where('product_id', '=', 'trail_display_run_of_site')
      .execute()
  })

  it('chooses which of its advertisers a buyer is by name', async () => {
    const terms = '/console/northwind/buyers/acme_direct/terms'
    const html = await read(terms)
    expect(html).toContain(`<datalist id="advertiser.${idOf(page)}-known">`)
    expect(html).toContain('<option value="5001">Volta</option>')
  })

  it('sees how far a synchronisation is, and stops it', async () => {
    google.books.inventory.adUnits = manyAdUnits(2600, desk.now)
    await admin.post(`${page}/sync`, { kind: 'ad_units' })
    expect(await read(page)).toContain('0 so far')
    const { sync_job_id } = await desk.db
      .updateTable('sync_jobs')
      .set({ done: 500, total: 2600, updated_at: new Date(desk.now.getTime() + 5000) })
      .where('finished_at', 'is', null)
      .returning('sync_job_id')
      .executeTakeFirstOrThrow()
    expect(await read(page)).toMatch(
      /<progress value="500" max="2600"[\s\S]*500 of 2,600, 100 a second, 21 s left/,
    )
    await admin.post(`${page}/syncs/${sync_job_id}/stop`)
    await desk.runJobs()
    expect(await read(page)).toContain('Stopped by Ada admin')
    expect(await read(`${page}/history`)).toMatch(/Ad units[\s\S]*Ada admin[\s\S]*Stopped by Ada admin/)
    expect((await rowOf(page))?.not_read).toEqual([])
    expect(await audited(page)).toContain('stop_synchronisation')
  })

  it('has everything read, goes down the tree and finds a unit by its name', async () => {
    await admin.post(`${page}/sync`)
    await desk.runJobs()
    const root = await read(`${page}/inventory`)
    expect(root).toMatch(/Unit 0<\/a>[\s\S]*26<[^>]*>? below|26 below/)
    expect(root).not.toContain('>Unit 1<')
    const [, section = ''] = /href="([^"]+)" hx-get/.exec(root) ?? []
    expect(await read(section)).toContain('>Unit 101<')
    expect(await read(`${page}/inventory?q=unit+2599`)).toMatch(/>Unit 2599<[\s\S]*10002599/)
    expect(await read(`${page}/inventory?q=unit`)).toMatch(/1–100 of 2,600 ad units/)
  })

  it('sees which products sell a unit, by name or by one above it', async () => {
    await desk.db
      .updateTable('products')
      .set({ ad_server_config: jsonb({ ...onHomepage, ad_unit_ids: ['10000101'] }) })
      .where('product_id', '=', 'trail_display_run_of_site')
      .execute()
    expect(await read(`${page}/inventory/units/10000150`)).toMatch(
      /Unit 0<\/a>[\s\S]*Unit 101<\/a>[\s\S]*Sold by[\s\S]*products\/trail_display_run_of_site/,
    )
    expect(await read(`${page}/inventory/units/10000250`)).toContain('No product')
  })

  it('changes limits, is told what is wrong with them, and cannot move to another network', async () => {
    const form = { name: 'Our network', sync_orders_minutes: '1', sync_inventory_minutes: '600' }
    const wrong = await admin.post(`${page}/settings`, { ...form, stamp: await stampIn(`${page}/settings`) })
    expect(wrong.status).toBe(422)
    expect(wrong.html).toContain('A whole number from 5 to 10080.')
    expect(wrong.html).toContain('value="600"')
    const stamp = /name="stamp" value="([^"]*)"/.exec(wrong.html)?.[1] ?? ''
    await admin.post(`${page}/settings`, {
      ...form,
      sync_orders_minutes: '15',
      stamp,
      'setting.poll_minutes': '9',
      'setting.network_code': '21700000099',
      'setting.base_url': 'https://elsewhere.example',
    })
    const row = await rowOf(page)
    expect(row).toMatchObject({ sync_orders_minutes: 15, sync_inventory_minutes: 600 })
    expect(row?.settings).toMatchObject({
      poll_minutes: 9,
      network_code: '21700000000',
      base_url: google.url,
    })
  })

  it('sends the key to another address only when it gives the key again', async () => {
    const sealed = () =>
      desk.db
        .selectFrom('ad_server_secrets')
        .select('secret_sealed')
        .where('connection_id', '=', idOf(page))
        .executeTakeFirstOrThrow()
    const before = await sealed()
    const refused = await admin.post(`${page}/key`, {
      secret: '',
      'setting.base_url': 'https://elsewhere.example',
    })
    expect(refused.status).toBe(422)
    expect((await rowOf(page))?.settings).toMatchObject({ base_url: google.url })
    expect((await sealed()).secret_sealed.equals(before.secret_sealed)).toBe(true)
    const manager = await member(desk, 'manager')
    const { status } = await manager.post(`${page}/key`, { secret: google.serviceAccount })
    expect(status).toBe(403)
  })

  it('withdraws it: buyers are offered nothing of it, and what was bought is placed', async () => {
    const buyer = await desk.buyer()
    const media_buy_id = await buy(buyer, {}, desk.now)
    await admin.post(`${page}/withdraw`)
    const { body } = await buyer.call('get_products', { buying_mode: 'wholesale' })
    expect(JSON.stringify(body)).not.toContain('trail_display_run_of_site')
    await admin.post(`${page}/disconnect`)
    expect(await read(`${page}/settings`)).toContain('Orders still stand there')
    expect(await read(page)).toContain('withdrawn')
    await desk.db
      .updateTable('media_buys')
      .set({ status: 'canceled' })
      .where('media_buy_id', '=', media_buy_id)
      .execute()
    await desk.db.updateTable('fulfilments').set({ state: 'canceled' }).execute()
    await admin.post(`${page}/disconnect`)
    expect((await admin.get(page)).status).toBe(404)
  })
})

describe('other ad servers', () => {
  it('are connected by what their settings ask for', async () => {
    const form = {
      name: 'Kevel',
      secret: kevel.key,
      'setting.base_url': kevel.url,
      'setting.network_id': '9872',
      'setting.calls_per_second': '100',
    }
    const wrong = await admin.post(`${own}/connect/kevel`, { ...form, 'setting.currency': 'euro' })
    expect(wrong.status).toBe(422)
    expect(wrong.html).toContain('must be a currency such as USD')
    expect(wrong.html).not.toContain(kevel.key)
    const page = await begin({ ...form, 'setting.currency': 'EUR' }, 'kevel')
    expect(await read(page)).toMatch(/Kevel takes the key[\s\S]*Nobody in particular[\s\S]*House/)
    await admin.post(`${page}/finish`, { 'setting.advertiser_id': '502' })
    await desk.runJobs()
    expect(await rowOf(page)).toMatchObject({
      connected_at: expect.any(Date),
      settings: { advertiser_id: 502 },
    })
    await offersAdvertisers(page, { 501: 'Volta', 502: 'House' })
  })

  it('that cannot be asked what they are do not seem to be waited for', async () => {
    const { capabilities } = await desk.db
      .selectFrom('adapter_configs')
      .select('capabilities')
      .where('connection_id', '=', 'house')
      .executeTakeFirstOrThrow()
    const able = jsonb({ ...(capabilities as object), reads: { ad_units: 'whole' } })
    const row = { tenant_id: 'northwind', kind: 'adcp_mock', name: 'A mock', connection_id: 'mock' }
    await desk.db
      .insertInto('adapter_configs')
      .values({ ...row, settings: jsonb({}), secret_name: null, capabilities: able })
      .execute()
    const html = await read(`${own}/ad_servers/mock`)
    expect(html.match(/It does not tell/g)).toHaveLength(3)
    expect(html).not.toMatch(/Not read yet|Not known yet/)
  })

  it('say themselves which networks and advertisers there are', async () => {
    const form = {
      name: 'Broadstreet',
      secret: broadstreet.token,
      'setting.base_url': broadstreet.url,
      'setting.time_zone': 'America/New_York',
      'setting.currency': 'EUR',
      'setting.calls_per_second': '100',
    }
    const page = await begin(form, 'broadstreet')
    expect(await read(page)).toMatch(/<option value="85"[^>]*>Northwind \(85\)<\/option>/)
    await admin.post(`${page}/finish`)
    expect((await rowOf(page))?.connected_at).toBeNull()
    const chosen = { stamp: await stampIn(page), name: 'Broadstreet', 'setting.network_id': '85' }
    await admin.post(`${page}/settings`, chosen)
    await desk.runJobs()
    expect(await read(page)).toMatch(/Northwind \(85\)[\s\S]*Nobody in particular[\s\S]*Volta/)
    await admin.post(`${page}/finish`, { 'setting.advertiser_id': '301' })
    await desk.runJobs()
    expect(await rowOf(page)).toMatchObject({
      connected_at: expect.any(Date),
      settings: { network_id: 85, advertiser_id: 301 },
    })
    await offersAdvertisers(page, { 301: 'Volta', 302: 'House' })
    const wrong = await begin({ ...form, name: 'Another', secret: 'not-the-token' }, 'broadstreet')
    expect(await read(wrong)).toMatch(/networks[\s\S]*401/)
  })

  /** Whoever changes a buyer chooses its advertiser there by name. */
  async function offersAdvertisers(page: string, names: Record<string, string>) {
    const html = await read(`${own}/buyers/acme_direct/terms`)
    const list = html.split(`<datalist id="advertiser.${idOf(page)}-known">`)[1]?.split('</datalist>')[0]
    const offered = [...(list ?? '').matchAll(/<option value="(\d+)">([^<]*)/g)].map(([, id, name]) => [
      id,
      name,
    ])
    expect(Object.fromEntries(offered)).toEqual(names)
  }

  it('that ask for no key need none', async () => {
    const page = await begin({ name: 'To try things' }, 'simulated')
    await admin.post(`${page}/finish`)
    await desk.runJobs()
    expect(await read(page)).toContain('in order')
  })
})

describe('a key', () => {
  it('is seen by nobody after it was given: on no page, in no row, in no job', async () => {
    const secrets = {
      'the key of Google': key['private_key'] ?? '',
      'the key of Kevel': kevel.key,
      'the token of Broadstreet': broadstreet.token,
    }
    expect(pages.length).toBeGreaterThan(1000)
    expect(leaksIn({ pages, ...(await rememberedRows(desk.db)) }, secrets)).toEqual([])
  })
})
