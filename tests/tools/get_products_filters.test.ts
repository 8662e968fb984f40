import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { examplePublisher } from '../../src/cli/seed.ts'
import { readPublisherFile, type PublisherFile } from '../../src/seed/publisher_file.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const TODAY = '2026-12-15'
const DAY = 86_400_000
let buyer: TestBuyer
let file: PublisherFile

beforeAll(async () => {
  desk.now = new Date(`${TODAY}T15:30:00Z`)
  buyer = await desk.buyer()
  file = await readPublisherFile(examplePublisher)
})

async function idsWith(filters: Args): Promise<string[]> {
  const { body } = await buyer.call('get_products', {
    filters,
    fields: ['name'],
    pagination: { max_results: 100 },
  })
  expect(body.errors).toBeUndefined()
  return (body['products'] as { product_id: string }[]).map(({ product_id }) => product_id).toSorted()
}

type Product = PublisherFile['products'][number]
interface Filters {
  delivery_type?: string
  exclusivity?: string
  is_fixed_price?: boolean
  pricing_currencies?: string[]
  format_ids?: { agent_url?: string; id: string }[]
  standard_formats_only?: boolean
  min_exposures?: number
  start_date?: string
  end_date?: string
  budget_range?: { min?: number; max?: number; currency: string }
  countries?: string[]
  channels?: string[]
}
const meets = (some: readonly string[], others: readonly string[]) => some.some((one) => others.includes(one))
const at = (day: string) => Date.parse(`${day}T00:00:00Z`)

/** What the filters mean, said over the publisher's own file. */
function passes(product: Product, filters: Filters): boolean {
  const agents = product.format_ids.map(({ id }) => ({
    id,
    agent_url: file.formats.find(({ format_id }) => format_id === id)?.agent_url ?? file.tenant.agent_url,
  }))
  const { start_date: start, end_date: end, budget_range: range } = filters
  const days = start && end ? (at(end) - at(start)) / DAY + 1 : undefined
  const options = product.pricing_options
  const perThousand = options.some(({ pricing_model }) => ['cpm', 'vcpm'].includes(pricing_model))
  const checks = [
    filters.delivery_type === undefined || product.delivery_type === filters.delivery_type,
    filters.exclusivity === undefined || (product.exclusivity ?? 'none') === filters.exclusivity,
    filters.is_fixed_price === undefined ||
      options.some(({ fixed_price }) => (fixed_price !== undefined) === filters.is_fixed_price),
    !filters.pricing_currencies ||
      meets(
        options.map(({ currency }) => currency),
        filters.pricing_currencies,
      ),
    !filters.channels || meets(product.channels, filters.channels),
    !filters.countries || product.countries.length === 0 || meets(product.countries, filters.countries),
    !filters.format_ids ||
      filters.format_ids.some(({ id, agent_url }) =>
        agents.some((one) => one.id === id && (agent_url === undefined || one.agent_url === agent_url)),
      ),
    !filters.standard_formats_only ||
      agents.every(({ agent_url }) => agent_url === 'https://creative.adcontextprotocol.org'),
    !range ||
      options.some(
        ({ currency, min_spend_per_package = 0 }) =>
          currency === range.currency && min_spend_per_package <= (range.max ?? Infinity),
      ),
    !start ||
      ((!product.available_until || Date.parse(product.available_until) > at(start)) &&
        at(start) >= at(TODAY) + product.lead_days * DAY),
    !end ||
      ((!product.available_from || Date.parse(product.available_from) < at(end) + DAY) &&
        at(end) >= at(TODAY)),
    days === undefined || days >= product.min_flight_days,
    filters.min_exposures === undefined ||
      product.daily_capacity === undefined ||
      !perThousand ||
      product.daily_capacity * (days ?? 30) >= filters.min_exposures,
  ]
  return checks.every(Boolean)
}

const expected = (filters: Filters) =>
  file.products
    .filter((product) => passes(product, filters))
    .map(({ product_id }) => product_id)
    .toSorted()

const STANDARD = 'https://creative.adcontextprotocol.org'
const OWN = 'https://sales.northwind.example/mcp'
const single: Filters[] = [
  { delivery_type: 'guaranteed' },
  { delivery_type: 'non_guaranteed' },
  { exclusivity: 'none' },
  { exclusivity: 'category' },
  { exclusivity: 'exclusive' },
  { is_fixed_price: true },
  { is_fixed_price: false },
  { pricing_currencies: ['USD'] },
  { pricing_currencies: ['USD', 'EUR'] },
  { format_ids: [{ agent_url: STANDARD, id: 'video_vast_30s' }] },
  { format_ids: [{ id: 'newsletter_block' }, { id: 'host_read' }] },
  { format_ids: [{ agent_url: OWN, id: 'map_pin' }] },
  { standard_formats_only: true },
  { standard_formats_only: false },
  { min_exposures: 1_000_000 },
  { min_exposures: 60_000_000 },
  { start_date: '2026-12-15' },
  { start_date: '2026-12-18' },
  { start_date: '2027-03-31' },
  { start_date: '2027-04-01' },
  { start_date: '2027-09-01' },
  { end_date: '2026-12-20' },
  { end_date: '2027-02-28' },
  { end_date: '2027-04-30' },
  { end_date: '2027-05-01' },
  { start_date: '2027-06-01', end_date: '2027-06-01' },
  { start_date: '2027-06-01', end_date: '2027-06-07' },
  { start_date: '2027-06-01', end_date: '2027-06-28' },
  { budget_range: { max: 499, currency: 'EUR' } },
  { budget_range: { max: 5000, currency: 'GBP' } },
  { budget_range: { min: 100, currency: 'USD' } },
  { countries: ['DE'] },
  { countries: ['NL', 'DK'] },
  { channels: ['podcast', 'email'] },
  { channels: ['ctv'] },
]

describe('a filter', () => {
  test.each(single)('%o leaves what the publisher file says', async (filters) => {
    const left = await idsWith({ ...filters })
    expect(left).toEqual(expected(filters))
    expect(left.length).toBeGreaterThan(0)
  })

  test('and any other together leave what passes both, whatever they are', async () => {
    const formats = file.formats.map(({ format_id }) => ({ id: format_id }))
    const day = fc.integer({ min: 0, max: 400 }).map((days) => new Date(at(TODAY) + days * DAY))
    const date = day.map((moment) => moment.toISOString().slice(0, 10))
    const some = <T>(values: readonly T[]) =>
      fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
    const filters = fc
      .record(
        {
          delivery_type: fc.constantFrom('guaranteed', 'non_guaranteed'),
          exclusivity: fc.constantFrom('none', 'category', 'exclusive'),
          is_fixed_price: fc.boolean(),
          pricing_currencies: some(['EUR', 'USD', 'GBP', 'JPY']),
          format_ids: some(formats),
          standard_formats_only: fc.boolean(),
          min_exposures: fc.integer({ min: 1, max: 100_000_000 }),
          start_date: date,
          end_date: date,
          budget_range: fc.record({ max: fc.nat(12_000), currency: fc.constantFrom('EUR', 'USD', 'GBP') }),
          countries: some(['DE', 'GB', 'US', 'AT', 'FR', 'JP']),
          channels: some(['display', 'olv', 'ctv', 'podcast', 'email', 'dooh', 'streaming_audio']),
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .filter(({ start_date, end_date }) => !start_date || !end_date || start_date <= end_date)
    await fc.assert(
      fc.asyncProperty(filters, async (given) => {
        expect(await idsWith(given)).toEqual(expected(given as Filters))
      }),
      { numRuns: 80 },
    )
  })

  test('on dates means days in UTC, wherever the database stands', async () => {
    const [{ name } = { name: '' }] = (
      await desk.pool.query<{ name: string }>('select current_database() as name')
    ).rows
    await desk.pool.query(`alter database ${name} set timezone = 'Pacific/Kiritimati'`)
    // new connections only: as many at once as the desk has
    await desk.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'salesdesk reads' and datname = current_database()`,
    )
    try {
      await expect.poll(() => idsWith({ start_date: '2027-03-31' }).catch(() => [])).not.toEqual([])
      for (const filters of single.filter(({ start_date, end_date }) => start_date ?? end_date))
        expect(await idsWith({ ...filters })).toEqual(expected(filters))
    } finally {
      await desk.pool.query(`alter database ${name} reset timezone`)
    }
  })
})

describe('a filter is refused', () => {
  test.each([
    ['regions', ['US-NY']],
    ['required_geo_targeting', [{ level: 'region' }]],
    ['signal_targeting', {}],
    ['trusted_match', {}],
    ['made_up', 1],
  ])('by name where it cannot be judged: %s', async (name, value) => {
    const { isError, body } = await buyer.call('get_products', { filters: { [name]: value } })
    expect(isError).toBe(true)
    expect(body.adcp_error).toMatchObject({ code: 'UNSUPPORTED_FEATURE', field: `filters.${name}` })
  })

  test('and all that are wrong are told at once', async () => {
    const { body } = await buyer.call('get_products', {
      filters: {
        metros: ['501'],
        keywords: ['x'],
        budget_range: { max: 1, currency: 'JPY' },
        start_date: '2027-02-02',
        end_date: '2027-02-01',
      },
    })
    expect(body.errors?.map(({ field }) => field)).toEqual([
      'filters.metros',
      'filters.keywords',
      'filters.budget_range.currency',
      'filters.end_date',
    ])
    expect(body.adcp_error?.suggestion).toContain('brief')
  })

  test.each([
    [{ countries: ['Germany'] }, 'filters.countries[0]'],
    [{ channels: ['video'] }, 'filters.channels[0]'],
    [{ start_date: '2027-02-30' }, 'filters.start_date'],
    [{ min_exposures: 0 }, 'filters.min_exposures'],
    [{ pricing_currencies: ['eur'] }, 'filters.pricing_currencies[0]'],
    [{ delivery_type: 'maybe' }, 'filters.delivery_type'],
    [{ format_ids: [] }, 'filters.format_ids'],
  ])('with its field where it is malformed: %o', async (filters, field) => {
    const { body } = await buyer.call('get_products', { filters })
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field })
  })

  test('but not what a publisher of our own namespace is told in ext', async () => {
    expect(await idsWith({ ext: { salesdesk: { x: 1 } } })).toHaveLength(file.products.length)
  })
})

describe('an empty list', () => {
  const explain = async (args: Args) => {
    const { body } = await buyer.call('get_products', args)
    expect(body['products']).toEqual([])
    return String(body['message'])
  }

  test('names the one filter that nothing fits', async () => {
    const message = await explain({ filters: { channels: ['cinema'], countries: ['DE'] } })
    expect(message).toMatch(/^filters\.channels fits none of \d+ products\. Without it \d+ would be left\.$/)
  })

  test('names each filter that empties what the others leave', async () => {
    const message = await explain({ filters: { channels: ['podcast'], countries: ['FR'] } })
    expect(message).toContain('filters.channels leaves nothing of what the rest allows.')
    expect(message).toContain('filters.countries leaves nothing of what the rest allows.')
  })

  test('says which filters do it only together', async () => {
    const message = await explain({
      filters: { channels: ['podcast'], countries: ['FR'], pricing_currencies: ['JPY'] },
      brief: 'podcast',
    })
    expect(message).toContain('filters.pricing_currencies fits none')
    const dates = await explain({ filters: { start_date: '2020-01-01' } })
    expect(dates).toContain('filters.start_date fits none')
  })

  test('names the brief when filters leave only what it does not mean', async () => {
    const message = await explain({ brief: 'podcast', filters: { channels: ['dooh'] } })
    expect(message).toContain('brief leaves nothing of what the rest allows. Without it')
  })

  test('says so where nothing at all is on sale', async () => {
    await desk.db
      .updateTable('principals')
      .set({ allowed_product_ids: [] })
      .where('principal_id', '=', 'acme_direct')
      .execute()
    const stranger = await desk.buyer('acme_direct')
    const { body } = await stranger.call('get_products', { brief: 'video' })
    expect(body['message']).toContain('No product is on sale to you at all')
  })
})
