import { beforeAll, describe, expect, it } from 'vitest'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { formIn, member, type Answer, type Visitor } from '../support/visitor.ts'

const desk = testDesk()
const products = '/console/northwind/products'
let manager: Visitor & { name: string }
let buyer: TestBuyer
beforeAll(async () => {
  manager = await member(desk, 'manager', 'Ivo Import')
  buyer = await desk.buyer()
})

const look = (text: string) => manager.post(`${products}/import`, { text })
/** Says yes to what a page says would change. */
const agree = (page: Answer, text: string) =>
  manager.post(`${products}/import`, {
    text,
    version: /name="version" value="([^"]+)"/.exec(page.html)?.[1] ?? '',
  })
const exported = async (kind: 'csv' | 'json') => (await manager.get(`${products}/export.${kind}`)).html
const everyRow = () =>
  Promise.all([
    desk.db.selectFrom('products').selectAll().orderBy('product_id').execute(),
    desk.db
      .selectFrom('pricing_options')
      .selectAll()
      .orderBy('product_id')
      .orderBy('pricing_option_id')
      .execute(),
  ])
const plain = (html: string) =>
  html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&quot;', '"')
const found = async (brief: string) =>
  ((await buyer.call('get_products', { brief })).body['products'] as { product_id: string }[]).map(
    ({ product_id }) => product_id,
  )

const aTable = (...rows: string[]) =>
  [
    'product_id,name,description,delivery_type,channels,countries,publisher_properties,format_ids,keywords,pricing_options',
    ...rows,
  ].join('\n')
const aRow = (product_id: string, prices = 'cpm EUR 12.50') =>
  `${product_id},Row ${product_id},A row of a table.,non_guaranteed,display,DE; AT,trailandpeak.example: trail_web #outdoor,display_300x250_image,glacier,${prices}`

describe('every product there is', () => {
  it.each(['csv', 'json'] as const)('exported as %s and imported again, changes nothing', async (kind) => {
    const before = await everyRow()
    const text = await exported(kind)
    const page = await look(text)
    expect(page.status).toBe(200)
    expect(plain(page.html)).toContain('Nothing: all of it is so already.')
    expect(plain(page.html)).toContain(`${before[0].length} products are so already`)
    expect(await everyRow()).toEqual(before)
  })

  it('is exported without what a spreadsheet would take for a formula, and comes back as it was', async () => {
    const text = aTable(aRow('formula').replace('Row formula', '"=HYPERLINK(""http://evil.example"")"'))
    await agree(await look(text), text)
    const csv = await exported('csv')
    expect(csv).toContain("'=HYPERLINK")
    expect(plain((await look(csv)).html)).toContain('Nothing: all of it is so already.')
  })
})

describe('a publisher who imports a table', () => {
  it('sees what would change before it is done, and then it is, at once for buyers', async () => {
    const text = aTable(aRow('table_one'), aRow('table_two', 'cpm EUR from 9; cpc EUR 0.4'))
    const page = await look(text)
    expect(plain(page.html)).toMatch(/Row table_one table_one new/)
    expect(await found('glacier')).not.toContain('table_one')
    const { status, to } = await agree(page, text)
    expect([status, to]).toEqual([303, products])
    expect((await found('glacier')).sort()).toEqual(expect.arrayContaining(['table_one', 'table_two']))
    const { body } = await buyer.call('get_products', { brief: 'glacier' })
    const two = (body['products'] as Args[]).find(({ product_id }) => product_id === 'table_two')
    expect(two?.['pricing_options']).toMatchObject([
      { floor_price: 9 },
      { pricing_model: 'cpc', fixed_price: 0.4 },
    ])
    expect(two?.['publisher_properties']).toEqual([
      { publisher_domain: 'trailandpeak.example', selection_type: 'by_id', property_ids: ['trail_web'] },
      { publisher_domain: 'trailandpeak.example', selection_type: 'by_tag', property_tags: ['outdoor'] },
    ])
  })

  it('may bring a few columns of products there are, as a spreadsheet of another country writes them', async () => {
    const text = 'product_id;daily_capacity;keywords\r\nscreens_gyms;5000;"gym; treadmill"\r\n'
    const page = await look(text)
    expect(plain(page.html)).toContain('daily_capacity: nothing → 5000')
    await agree(page, text)
    const row = await desk.db
      .selectFrom('products')
      .select(['daily_capacity', 'keywords', 'countries'])
      .where('product_id', '=', 'screens_gyms')
      .executeTakeFirst()
    expect(row).toEqual({
      daily_capacity: '5000',
      keywords: ['gym', 'treadmill'],
      countries: ['DE', 'AT', 'GB'],
    })
  })

  it('is told every problem by line and column, and nothing at all is imported', async () => {
    const broken = [
      aRow('sound_row'),
      aRow('bad_price', 'cpm EUR much'),
      aRow('bad_country').replace('DE; AT', 'DE; Austria').replace('A row of a table.', '"Two\nlines"'),
      aRow('sound_row'),
    ]
    const page = await look(aTable(...broken))
    expect(page.status).toBe(422)
    const text = plain(page.html)
    expect(text).toMatch(/ 3 pricing_options must read like/)
    expect(text).toMatch(/ 4 countries must be an ISO 3166-1/)
    expect(text).toMatch(/ 6 product_id "sound_row" is there twice/)
    const forced = await manager.post(`${products}/import`, { text: aTable(...broken), version: 'whatever' })
    expect(forced.status).toBe(422)
    expect(await found('glacier')).not.toContain('sound_row')
    expect(plain((await look('product_id,nmae\nx,y')).html)).toMatch(/ 1 nmae is no column here/)
    expect((await look('product_id,name\n"x')).status).toBe(422)
  })

  it('imports nothing where somebody changed a product after looking', async () => {
    const text = 'product_id,lead_days\ntable_one,9'
    const page = await look(text)
    const form = formIn(await manager.get(`${products}/table_one/edit`), 'product')
    await manager.post(`${products}/table_one/edit`, { ...form, lead_days: '3', do: 'save' })
    const answer = await agree(page, text)
    expect(plain(answer.html)).toContain('The products have changed since you looked')
    expect(plain(answer.html)).toContain('lead_days: 3 → 9')
    expect((await agree(answer, text)).status).toBe(303)
  })
})

describe('a publisher who imports JSON', () => {
  it('reads problems by line and part, in the words of the publisher file', async () => {
    const text = `{\n  "products": [\n    { "product_id": "from_json",\n      "name": "From JSON",\n      "colour": "red" }\n  ]\n}`
    const page = await look(text)
    expect(page.status).toBe(422)
    expect(plain(page.html)).toMatch(/ 5 products\[0\]\.colour is not known here/)
    expect(plain(page.html)).toMatch(/ 3 products\[0\]\.description is missing/)
  })

  it('brings back what was archived, and says so', async () => {
    const file = JSON.parse(await exported('json')) as { products: { product_id: string }[] }
    await manager.post(`${products}/table_two/archive`)
    const text = JSON.stringify(file.products.filter(({ product_id }) => product_id === 'table_two'))
    const page = await look(text)
    expect(plain(page.html)).toMatch(/table_two back on sale/)
    await agree(page, text)
    expect(await found('glacier')).toContain('table_two')
  })
})

describe('a publisher who tries a brief', () => {
  const ask = (brief: string, principal_id: string) =>
    manager.get(`${products}/try?${new URLSearchParams({ brief, principal_id }).toString()}`)

  it('reads what that buyer’s agent would be told, in the same order, and nothing is written', async () => {
    const brief = 'outdoor video in germany'
    const { html } = await ask(brief, 'pinnacle')
    const shown = [...html.matchAll(/products\/(\w+)">/g)].map(([, id]) => id).filter((id) => id !== 'try')
    expect(shown).toEqual(await found(brief))
    expect(html).toContain('class="why"')
  })

  it('sees that a buyer with products of its own finds only those', async () => {
    const { html } = await ask('energy decision makers', 'brightwater_energy')
    expect(html).toContain('gridwatt_decision_makers')
    expect((await ask('outdoor video', 'brightwater_energy')).html).not.toContain('trail_video_preroll')
  })
})
