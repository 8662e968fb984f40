import { beforeAll, describe, expect, it } from 'vitest'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { examplePublisher } from '../../src/cli/seed.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { formIn, member, type Answer, type Visitor } from '../support/visitor.ts'

const desk = testDesk()
const products = '/console/northwind/products'
let manager: Visitor & { name: string }
let buyer: TestBuyer
beforeAll(async () => {
  manager = await member(desk, 'manager', 'Mia Manager')
  buyer = await desk.buyer()
})

/** What somebody types who makes a new product, beside what the empty form says already. */
const aProduct = (product_id: string, over: Args = {}): Record<string, string | string[]> => ({
  do: 'save',
  name: 'Harbour Cruise Takeover',
  product_id,
  description: 'Every banner on the cruise pages for a day.',
  keywords: 'cruise, harbour, ferry',
  delivery_type: 'non_guaranteed',
  approval_policy: '',
  connection_id: 'house',
  channels: ['display'],
  countries: 'de, gb',
  places: ['harbourradio.example'],
  formats: ['"display_300x250_image"'],
  'prices.0.pricing_model': 'cpm',
  'prices.0.currency': 'EUR',
  'prices.0.kind': 'fixed',
  'prices.0.amount': '12.50',
  ...(over as Record<string, string | string[]>),
})
const make = (product_id: string, over: Args = {}) =>
  manager.post(`${products}/new`, aProduct(product_id, over))
const audits = async (product_id: string) => {
  const rows = await desk.db
    .selectFrom('audit_log')
    .select(['action', 'actor', 'detail', 'user_id'])
    .where('subject_kind', '=', 'product')
    .where('subject_id', '=', product_id)
    .orderBy('audit_id')
    .execute()
  return rows
}
const found = async (brief: string, who = buyer): Promise<string[]> => {
  const { body } = await who.call('get_products', { brief, buying_mode: 'brief' })
  return (body['products'] as { product_id: string }[]).map(({ product_id }) => product_id)
}
const problemOf = ({ html }: Answer, field: string): string =>
  new RegExp(`id="${field.replaceAll('.', '\\.')}-problem">([^<]*)`).exec(html)?.[1]?.trim() ?? ''

describe('a publisher', () => {
  it('makes a product in the console, and a buyer’s agent finds and buys it over MCP', async () => {
    const answer = await make('harbour_cruise')
    expect([answer.status, answer.to]).toEqual([303, `${products}/harbour_cruise`])
    expect((await manager.get(answer.to ?? '')).html).toContain('Buyers find it from now on.')
    expect(await found('a ferry cruise')).toEqual(['harbour_cruise'])
    const item = { product_id: 'harbour_cruise', pricing_option_id: 'cpm_eur_fixed', bid_price: undefined }
    const { isError, body, texts } = await buyer.call(
      'create_media_buy',
      aPurchase({ package: item }, desk.now),
    )
    expect(isError ? texts : []).toEqual([])
    expect(body['media_buy_id']).toBeDefined()
    const page = await manager.get(`${products}/harbour_cruise`)
    expect(page.html).toContain('acme-outdoor.example')
    expect(page.html).toContain('€4,000.00')
    const [line] = await audits('harbour_cruise')
    expect(line).toMatchObject({ action: 'create', actor: 'Mia Manager' })
  })

  it('is told beside each field what is wrong with it, in the words of the publisher file, and keeps what was typed', async () => {
    const answer = await make('not an id', {
      name: '',
      description: 'Kept <b>words</b>',
      countries: 'Germany',
      delivery_type: 'guaranteed',
      places: ['elsewhere.example'],
      formats: [],
      lead_days: 'two',
      'prices.0.kind': 'auction',
      'prices.0.currency': 'CHF',
      'prices.0.terms': 'parameters: [',
    })
    expect(answer.status).toBe(422)
    expect(problemOf(answer, 'prices.0.terms')).toContain('cannot be read')
    const next = await make('not an id', {
      ...{ name: '', description: 'Kept <b>words</b>', countries: 'Germany', delivery_type: 'guaranteed' },
      ...{ places: ['elsewhere.example'], formats: [], lead_days: 'two' },
    })
    expect(next.status).toBe(422)
    expect(problemOf(next, 'product_id')).toContain('must be letters, digits, _ and - only')
    expect(problemOf(next, 'name')).toContain('is missing')
    expect(problemOf(next, 'countries')).toContain('must be an ISO 3166-1 alpha-2 code')
    expect(problemOf(next, 'formats')).toContain('needs at least 1')
    expect(problemOf(next, 'lead_days')).toContain('must be a')
    expect(next.html).toContain('Kept &lt;b&gt;words&lt;/b&gt;')
    const sound = await make('cross_checked', {
      ...{ delivery_type: 'guaranteed', places: ['elsewhere.example'] },
      ...{ 'prices.0.kind': 'auction', 'prices.0.currency': 'CHF' },
    })
    expect(problemOf(sound, 'places')).toContain(
      '&quot;elsewhere.example&quot;, which is not among publishers',
    )
    expect(problemOf(sound, 'prices.0.amount')).toContain('is in CHF')
    expect(problemOf(sound, 'prices.0.amount')).toContain('needs a fixed price')
    expect(await audits('cross_checked')).toEqual([])
  })

  it('is told after saving, on its page and in the list that buyers are not offered a product, and why', async () => {
    const withheld = (html: string) => /<div class="warning">.*?<\/div>/s.exec(html)?.[0] ?? ''
    await desk.db.updateTable('tenants').set({ sells_unverified: false }).execute()
    const { to } = await make('unconfirmed')
    const { html } = await manager.get(to ?? '')
    expect(html).toContain('Saved. Buyers are not offered it yet, see why below.')
    expect(withheld(html)).toMatch(
      /harbourradio\.example has not confirmed.*adagents\.json.*an admin lets you/s,
    )
    expect(await found('ferry cruise')).toEqual([])
    expect((await manager.get(`${products}?q=unconfirmed`)).html).toContain('not offered')
    await desk.db.updateTable('tenants').set({ sells_unverified: true }).execute()
    expect(withheld((await manager.get(to ?? '')).html)).toBe('')
    const house = () => desk.db.updateTable('adapter_configs').where('connection_id', '=', 'house')
    await house().set({ withdrawn_at: desk.now }).execute()
    expect(withheld((await manager.get(to ?? '')).html)).toMatch(/House ad server.*takes no new\s+orders/s)
    await house().set({ withdrawn_at: null }).execute()
    expect((await manager.get(`${products}?q=unconfirmed`)).html).not.toContain('not offered')
  })

  it('makes an id of the name where none is typed, and is told where that is taken', async () => {
    const nameless = aProduct('', { name: ' Façade & Straße – 2027! ' })
    expect((await manager.post(`${products}/new`, nameless)).to).toBe(`${products}/facade_strasse_2027`)
    const again = await manager.post(`${products}/new`, nameless)
    expect([again.status, problemOf(again, 'product_id')]).toEqual([
      422,
      expect.stringMatching(/./) as string,
    ])
    expect(formIn(again, 'product')['product_id']).toBe('facade_strasse_2027')
  })

  it('cannot take an id that is taken, or the name of a page', async () => {
    expect(problemOf(await make('trail_video_preroll'), 'product_id')).toContain('is already taken by')
    expect(problemOf(await make('new'), 'product_id')).toContain('name of a page')
  })

  it('opens a product and saves it as it is, and nothing changes', async () => {
    const before = await desk.db.selectFrom('products').selectAll().orderBy('product_id').execute()
    // a few of each kind; an export that is imported again tries them all
    const rows = before.filter(({ archived_at }, index) => archived_at === null && index % 6 === 0)
    for (const { product_id } of rows) {
      const form = formIn(await manager.get(`${products}/${product_id}/edit`), 'product')
      const { status } = await manager.post(`${products}/${product_id}/edit`, { ...form, do: 'save' })
      expect([product_id, status]).toEqual([product_id, 303])
    }
    expect(await desk.db.selectFrom('products').selectAll().orderBy('product_id').execute()).toEqual(before)
  })

  it('changes a price, and buyers that keep the whole list hear of it at once', async () => {
    const whole = { buying_mode: 'wholesale', adcp_version: '3.1' }
    const { body: before } = await buyer.call('get_products', whole)
    const form = formIn(await manager.get(`${products}/trail_display_run_of_site/edit`), 'product')
    const answer = await manager.post(`${products}/trail_display_run_of_site/edit`, {
      ...form,
      'prices.0.amount': '3.21',
      do: 'save',
    })
    expect(answer.status).toBe(303)
    const { body: after } = await buyer.call('get_products', whole)
    expect(after['pricing_version']).not.toBe(before['pricing_version'])
    const { detail } = (await audits('trail_display_run_of_site')).at(-1) ?? {}
    expect(Object.keys((detail as { changes: object }).changes)).toEqual(['pricing_options'])
  })

  it('adds and removes prices without a script, and nothing is saved by it', async () => {
    const form = formIn(await manager.get(`${products}/trail_video_preroll/edit`), 'product')
    const here = `${products}/trail_video_preroll/edit`
    const more = await manager.post(here, { ...form, name: 'Half typed', do: 'add_price' })
    const grown = formIn(more, 'product')
    const prices = (of: object) => Object.keys(of).filter((name) => name.endsWith('.amount')).length
    expect([more.status, prices(grown), grown['name']]).toEqual([200, prices(form) + 1, 'Half typed'])
    const less = formIn(await manager.post(here, { ...grown, do: 'drop_price.0' }), 'product')
    expect(prices(less)).toBe(prices(form))
    expect(less['prices.0.pricing_option_id']).toBe(form['prices.1.pricing_option_id'])
    expect((await manager.get(here)).html).not.toContain('Half typed')
  })

  it('sees while typing what a buyer will see', async () => {
    const typed = aProduct('not_yet', { do: 'preview', 'prices.0.amount': '7.25', name: 'Not Yet' })
    const { status, html } = await manager.post(`${products}/new`, typed)
    expect(status).toBe(200)
    const [preview = ''] = /<section id="preview"[\s\S]*?<\/section>/.exec(html) ?? []
    expect(preview).toContain('€7.25 CPM')
    expect(preview).toContain('Not Yet')
    expect(await found('ferry cruise harbour not yet')).not.toContain('not_yet')
  })

  it('duplicates a product, with an id of its own', async () => {
    const form = formIn(await manager.get(`${products}/new?like=trail_video_preroll`), 'product')
    expect([form['product_id'], form['name']]).toEqual(['', expect.stringContaining('(copy)') as string])
    const { status } = await manager.post(`${products}/new`, {
      ...form,
      product_id: 'trail_twice',
      do: 'save',
    })
    expect(status).toBe(303)
    const { body } = await buyer.call('get_products', { brief: 'trail video preroll hiking' })
    const list = body['products'] as (Args & { product_id: string })[]
    const [one, two] = ['trail_video_preroll', 'trail_twice'].map((id) =>
      list.find((p) => p.product_id === id),
    )
    expect(two?.['pricing_options']).toEqual(one?.['pricing_options'])
  })

  it('archives a product and restores it; what is bought of it runs on', async () => {
    await make('short_lived', { keywords: 'zeppelin', 'prices.0.amount': '5' })
    const item = { product_id: 'short_lived', pricing_option_id: 'cpm_eur_fixed', bid_price: undefined }
    const bought = await buyer.call('create_media_buy', aPurchase({ package: item }, desk.now))
    const archive = () => manager.post(`${products}/short_lived/archive`)
    await archive()
    expect(await found('zeppelin')).not.toContain('short_lived')
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [bought.body['media_buy_id']] })
    expect(body['media_buys']).toHaveLength(1)
    expect((await manager.get(products)).html).not.toContain('/products/short_lived"')
    expect((await manager.get(`${products}?status=archived`)).html).toContain('/products/short_lived"')
    await archive()
    await manager.post(`${products}/short_lived/restore`)
    expect(await found('zeppelin')).toEqual(['short_lived'])
    expect((await audits('short_lived')).map(({ action }) => action)).toEqual([
      'create',
      'archive',
      'restore',
    ])
  })

  it('finds products by words, ids and channel, and sees what is sold of them', async () => {
    const list = async (query: string) => (await manager.get(`${products}?${query}`)).html
    expect(await list('q=CRUISE')).toContain('/products/harbour_cruise"')
    expect(await list('q=harbour_cru')).toContain('in 1 buy')
    expect(await list('q=harbour_cru&channel=ctv')).toContain('No product is like that')
    expect(await list('delivery_type=guaranteed')).not.toContain('/products/harbour_cruise"')
  })
})

describe('two people who edit one product', () => {
  it('do not overwrite each other: the second is told, keeps what was typed and may save again', async () => {
    await make('edited_twice', { name: 'First Name' })
    const [one, two] = [manager, await member(desk, 'manager', 'Noa Next')]
    const here = `${products}/edited_twice/edit`
    const [a, b] = [formIn(await one.get(here), 'product'), formIn(await two.get(here), 'product')]
    expect((await one.post(here, { ...a, name: 'By One', do: 'save' })).status).toBe(303)
    const told = await two.post(here, { ...b, name: 'By Two', do: 'save' })
    expect(told.status).toBe(422)
    expect(told.html).toContain('Somebody else changed this product while you were editing')
    const again = formIn(told, 'product')
    expect(again['name']).toBe('By Two')
    expect((await one.get(`${products}/edited_twice`)).html).toContain('By One')
    expect((await two.post(here, { ...again, do: 'save' })).status).toBe(303)
    expect((await one.get(`${products}/edited_twice`)).html).toContain('By Two')
  })

  it('at the very same moment: one is saved', async () => {
    await make('raced', { name: 'Raced' })
    const here = `${products}/raced/edit`
    const form = formIn(await manager.get(here), 'product')
    const save = (name: string) => manager.post(here, { ...form, name, do: 'save' })
    const answers = await Promise.all([save('Red'), save('Blue'), save('Green')])
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 422, 422])
  })
})

describe('a publisher file', () => {
  it('leaves alone what was made in the console, and archives what it once brought itself', async () => {
    const file = await readPublisherFile(examplePublisher)
    await make('of_the_console')
    const [gone, ...rest] = file.products
    await savePublisher(desk.db, { ...file, products: rest, proposals: [] })
    const state = async (product_id: string) => (await manager.get(`${products}/${product_id}`)).html
    expect(await state('of_the_console')).toContain('on sale')
    expect(await state(gone?.product_id ?? '')).toContain('Put it back on sale')
    await savePublisher(desk.db, file)
  })
})
