import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { csvColumns } from '../../src/seed/product_csv.ts'
import { testDesk, type TestBuyer } from '../support/desk.ts'
import { hostileTexts } from '../support/hostile/values.ts'
import { hostileLike, oddTexts, partsOf, withPart } from '../support/hostile/written.ts'
import { listeningLog } from '../support/log_lines.ts'
import { member, type Visitor } from '../support/visitor.ts'

const heard = listeningLog()
const desk = testDesk({}, { log: heard.log })
let manager: Visitor
let buyer: TestBuyer
beforeAll(async () => {
  manager = await member(desk, 'manager', 'Ivo Import')
  buyer = await desk.buyer()
  heard.forget()
})
/** Whatever was imported, buyers are answered; nothing broke inside. */
afterEach(async () => {
  const { isError } = await buyer.call('get_products', { brief: 'outdoor' })
  expect([isError, heard.lines().filter(({ level }) => Number(level) >= 40)]).toEqual([false, []])
})

/** Chooses a file in the form, and says yes to what it would change where a version is given. */
async function choose(content: string | Uint8Array<ArrayBuffer>, version = '') {
  const body = new FormData()
  body.set('file', new Blob([content]), 'products.csv')
  body.set('version', version)
  const cookie = [...manager.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const address = `${desk.url}/console/northwind/products/import`
  const headers = { cookie, origin: desk.url }
  const answer = await fetch(address, { method: 'POST', body, headers, redirect: 'manual' })
  const html = await answer.text()
  const text = html.replaceAll(/<textarea[\s\S]*?<\/textarea>|<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
  return { status: answer.status, version: /name="version" value="([^"]+)"/.exec(html)?.[1], text }
}
const rows = async () =>
  JSON.stringify([
    await desk.db.selectFrom('products').selectAll().orderBy('product_id').execute(),
    await desk.db.selectFrom('pricing_options').selectAll().orderBy('product_id').execute(),
  ])
const problem =
  /Nothing is imported: there (is one problem|are \d+ problems(; the first 200)?) Line Where What (\d+|–) \S/

/** Imports a file: it is taken as it is, so that importing it again changes nothing; or refused by line, and nothing is kept. */
async function imported(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const before = await rows()
  const looked = await choose(content)
  if (looked.version !== undefined) {
    expect((await choose(content, looked.version)).status).toBe(303)
    expect((await choose(content)).text).toContain('Nothing: all of it is so already.')
    return 'taken'
  }
  expect(await rows()).toBe(before)
  if (looked.status === 200) return 'taken'
  expect([looked.status, looked.text]).toEqual([422, expect.stringMatching(problem)])
  return looked.text.replace(/.*Line Where What /, '')
}

const sound: Partial<Record<string, string>> = {
  ...{ product_id: 'odd', name: 'Odd', description: 'A row', delivery_type: 'non_guaranteed' },
  ...{ approval_policy: 'auto', channels: 'display; olv', countries: 'DE; AT' },
  publisher_properties: 'trailandpeak.example: trail_web #outdoor',
  ...{ format_ids: 'display_300x250_image', keywords: 'glacier; hut', available_from: '2027-01-01' },
  ...{ available_until: '2027-12-31', min_flight_days: '2', lead_days: '3', daily_capacity: '1000' },
  ...{ pricing_options: 'cpm EUR 12.50', ad_server_config: '{"a":1}', further_terms: '{"ext":{"a":1}}' },
}
const columns: readonly string[] = csvColumns
const table = (row: Record<string, string> = {}, head = columns) =>
  stringify([head, columns.map((name) => ({ ...sound, ...row })[name] ?? '')])
const inJson = {
  products: [
    {
      ...{ product_id: 'odd_json', name: 'Odd', description: 'A product', delivery_type: 'non_guaranteed' },
      channels: ['display'],
      publisher_properties: [
        'trailandpeak.example',
        { publisher_domain: 'trailandpeak.example', property_ids: ['trail_web'] },
      ],
      ...{ format_ids: ['display_300x250_image'], keywords: ['hut'], countries: ['DE'] },
      ...{ available_from: '2027-01-01', available_until: '2027-12-31' },
      ...{ min_flight_days: 2, lead_days: 3, daily_capacity: 1000 },
      pricing_options: [{ price: 'cpm EUR from 9', min_spend_per_package: 500 }, 'vcpm EUR 0.4'],
      ...{ ad_server_config: { a: [1] }, ext: { a: { b: 'c' } } },
    },
  ],
}
const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 50), endOnFailure: true }

describe('a publisher who imports products', () => {
  it('has any table taken as it is or refused by line, whatever stands in any of its cells', async () => {
    expect(await imported(table())).toBe('taken')
    const cell = fc.tuple(fc.constantFrom(...columns), fc.constantFrom(...hostileTexts, ...oddTexts))
    const tried = fc.asyncProperty(cell, async ([column, text]) => {
      await imported(table({ [column]: text }))
    })
    await fc.assert(tried, runs)
  })

  it('sees the first faults of a table that has one in every line, and how many there are', async () => {
    const unnamed = columns.map((name) => (name === 'name' ? '' : (sound[name] ?? '')))
    const { status, text } = await choose(stringify([columns, ...Array<string[]>(3000).fill(unnamed)]))
    const [, all, shown] = /there are (\d+) problems; the first (\d+)/.exec(text) ?? []
    expect([status, Number(all) >= 3000, shown]).toEqual([422, true, '200'])
    expect(text.length).toBeLessThan(40_000)
  })

  it('has any JSON taken as it is or refused by line, whatever stands in any of its parts', async () => {
    expect(await imported(JSON.stringify(inJson))).toBe('taken')
    const spoilt = fc
      .constantFrom(...partsOf(inJson))
      .chain(({ path, value }) => hostileLike(value).map((odd) => withPart(inJson, path, odd)))
    const tried = fc.asyncProperty(spoilt, async (file) => {
      await imported(JSON.stringify(file))
    })
    await fc.assert(tried, runs)
  })

  const spelt = (from: string, to: string) => JSON.stringify(inJson).replace(from, to)
  const aliases =
    'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nproducts: [*c]'
  it.each<[string, string | Uint8Array<ArrayBuffer>, RegExp | 'taken']>([
    ['a mark of its order of bytes', `\ufeff${table()}`, 'taken'],
    ['lines as Windows ends them', table().replaceAll('\n', '\r\n'), 'taken'],
    ['a formula in a cell', table({ name: '=HYPERLINK("http://evil.example")' }), 'taken'],
    ['letters in Latin-1', Buffer.from(table({ name: 'Für' }), 'latin1'), /^2 The file is no UTF-8/],
    ['two bytes a letter', Buffer.from(`\ufeff${table()}`, 'utf16le'), /^1 The file is no UTF-8/],
    ['NUL in a cell', table({ name: 'a\0b' }), /^2 name holds NUL/],
    ['a cell like a book', table({ name: 'word '.repeat(200) }), /^2 name has more than 500 characters/],
    ['a column twice', table({}, columns.with(1, 'description')), /^1 description is there twice/],
    ['a column __proto__', table({}, columns.with(1, '__proto__')), /^1 __proto__ is no column here/],
    [
      'a field that has a column',
      table({ further_terms: '{"name":"x"}' }),
      /^2 further_terms\.name has a col/,
    ],
    ['a quote without its end', `${table()}"x`, /^3 The table cannot be read: Quote Not Closed/],
    ['a quote amid a cell', `${table()}x"y,z`, /^3 The table cannot be read: Invalid Opening Quote/],
    ['too few cells', `${table()}a,b`, /^3 The table cannot be read: Invalid Record Length/],
    [
      'a field twice',
      spelt('"name"', '"name":"x","name"'),
      /^1 The file cannot be read: Map keys must be unique/,
    ],
    ['__proto__', spelt('"name"', '"__proto__":{"a":1},"name"'), /^1 products\[0\]\.__proto__ is not known/],
    [
      '1e400',
      spelt('"b":"c"', '"b":1e400'),
      /^1 products\[0\]\.ext\.a\.b must be a number, and none without/,
    ],
    ['half of a character', spelt('"Odd"', '"a\\ud800"'), /^1 products\[0\]\.name holds NUL or half/],
    ['an alias of nothing', '[*nobody]', /^– The file cannot be read: Unresolved alias/],
    ['aliases of aliases', aliases, /^– The file cannot be read: Excessive alias count/],
    [
      'a product that holds itself',
      'products: [&x {ext: *x}]',
      /^1 products\[0\]\.ext is nested.* in itself/,
    ],
    ['brackets without end', '['.repeat(20_000), /^1 The file cannot be read/],
  ])('has a file with %s taken, or reads on which line it is', async (_what, content, outcome) => {
    const said = await imported(content)
    if (outcome === 'taken') expect(said).toBe('taken')
    else expect(said).toMatch(outcome)
  })
})
