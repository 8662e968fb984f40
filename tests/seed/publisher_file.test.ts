import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type PublisherFile, readPublisherFile } from '../../src/seed/publisher_file.ts'
import { PublisherFileError } from '../../src/seed/publisher_file_error.ts'

const example = fileURLToPath(new URL('../../docs/examples/publisher.yaml', import.meta.url))

interface Written {
  [key: string]: any
}

/** The smallest file that is in order. */
function smallest(): Written {
  return {
    tenant: {
      tenant_id: 'small',
      name: 'Small',
      agent_url: 'https://small.example/mcp',
      currencies: ['EUR'],
    },
    connections: [{ connection_id: 'house', kind: 'simulated', name: 'House' }],
    publishers: [
      {
        publisher_domain: 'small.example',
        name: 'Small',
        properties: [{ property_id: 'small_web', property_type: 'website', name: 'Small', tags: ['news'] }],
      },
    ],
    formats: [
      { format_id: 'teaser', name: 'Teaser', assets: [{ asset_id: 'headline', asset_type: 'text' }] },
    ],
    products: [product('news', 'cpm EUR from 2')],
  }
}

const account = (platform_mappings: Record<string, string>) => ({
  ...{ account_id: 'a', name: 'A', brand_domain: 'a.example', operator: 'a.example' },
  platform_mappings,
})

function product(product_id: string, ...pricing_options: unknown[]): Written {
  return {
    product_id,
    name: product_id,
    description: 'A product',
    delivery_type: 'non_guaranteed',
    channels: ['display'],
    publisher_properties: ['small.example'],
    format_ids: ['teaser'],
    pricing_options,
  }
}

async function read(text: string | Written): Promise<PublisherFile> {
  const folder = await mkdtemp(join(tmpdir(), 'salesdesk-publisher-'))
  try {
    const path = join(folder, 'publisher.yaml')
    await writeFile(path, typeof text === 'string' ? text : stringify(text))
    return await readPublisherFile(path)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What is wrong with the smallest file after `change`: path, message and line of each problem. */
async function problemsAfter(change: (file: Written) => void): Promise<Record<string, string>> {
  const file = smallest()
  change(file)
  const error = await read(file).catch((reason: unknown) => reason)
  if (!(error instanceof PublisherFileError)) return {}
  const lines = error.message.split('\n').slice(1)
  return Object.fromEntries(
    lines.map((line) => /^ {2}(?:line \d+: )?(\S+) (.*)$/.exec(line)?.slice(1) ?? ['?', line]) as [
      string,
      string,
    ][],
  )
}

describe('the example', () => {
  it('is in order and shows what Salesdesk can sell', async () => {
    const file = await readPublisherFile(example)
    expect(file.products.length).toBeGreaterThanOrEqual(60)
    expect(file.formats).toHaveLength(20)
    expect(file.publishers).toHaveLength(8)
    expect(new Set(file.products.flatMap(({ channels }) => channels))).toEqual(
      new Set(['display', 'olv', 'ctv', 'streaming_audio', 'podcast', 'email', 'dooh']),
    )
    expect(
      new Set(
        file.products.flatMap(({ pricing_options }) => pricing_options.map((option) => option.pricing_model)),
      ),
    ).toEqual(new Set(['cpm', 'vcpm', 'cpc', 'cpcv', 'cpv', 'cpp', 'flat_rate', 'time']))
  })
})

describe('what a publisher may leave out', () => {
  it('gets its usual value', async () => {
    const { tenant, products, publishers, formats } = await read(smallest())
    expect(tenant).toMatchObject({ opens_accounts: true, max_flight_days: 366 })
    expect(products[0]).toMatchObject({ min_flight_days: 1, lead_days: 0, countries: [], keywords: [] })
    expect(products[0]?.publisher_properties).toEqual([
      { publisher_domain: 'small.example', selection_type: 'all' },
    ])
    expect(publishers[0]?.properties[0]?.identifiers).toBeUndefined()
    expect(formats[0]?.assets[0]).toMatchObject({ item_type: 'individual', required: true })
  })

  it.each([
    [
      'cpm EUR 18.50',
      { pricing_model: 'cpm', currency: 'EUR', fixed_price: 18.5, pricing_option_id: 'cpm_eur_fixed' },
    ],
    [
      'cpm EUR from 9',
      { pricing_model: 'cpm', currency: 'EUR', floor_price: 9, pricing_option_id: 'cpm_eur_auction' },
    ],
    ['cpc EUR auction', { pricing_model: 'cpc', currency: 'EUR', max_bid: false }],
    [
      { price: 'time EUR 900', parameters: { time_unit: 'day' }, min_spend_per_package: 1800 },
      {
        pricing_model: 'time',
        fixed_price: 900,
        min_spend_per_package: 1800,
        parameters: { time_unit: 'day' },
      },
    ],
    [
      { pricing_model: 'vcpm', currency: 'EUR', floor_price: 0.5 },
      { pricing_model: 'vcpm', floor_price: 0.5 },
    ],
  ])('a price may be written %j', async (price, expected) => {
    const { products } = await read({ ...smallest(), products: [product('news', price)] })
    expect(products[0]?.pricing_options[0]).toMatchObject(expected)
  })

  it('prices for different things are kept where no capacity counts them', async () => {
    const { products } = await read({
      ...smallest(),
      products: [product('news', 'cpm EUR 2', 'flat_rate EUR 9')],
    })
    expect(products[0]?.pricing_options).toHaveLength(2)
  })

  it('a day means all of it', async () => {
    const seasonal = {
      ...product('news', 'cpm EUR 2'),
      available_from: '2027-03-01',
      available_until: '2027-05-31',
    }
    const { products } = await read({ ...smallest(), products: [seasonal] })
    expect(products[0]).toMatchObject({
      available_from: '2027-03-01T00:00:00Z',
      available_until: '2027-06-01T00:00:00.000Z',
    })
  })
})

describe('a file with problems', () => {
  it('has all of them reported at once', async () => {
    const problems = await problemsAfter((file) => {
      file.tenant.curencies = ['USD']
      delete file.tenant.name
      file.products[0].chanels = ['olv']
      file.products.push(
        { ...product('sports', 'cpm CHF 20'), format_ids: ['billboard'] },
        product('sports', 'cpm EUR 3'),
      )
    })
    expect(problems).toMatchObject({
      'tenant.curencies': expect.stringContaining('is not known here. Known are: tenant_id, name') as string,
      'tenant.name': 'is missing (string)',
      'products[0].chanels': expect.stringContaining('is not known here') as string,
      'products[1].format_ids[0]':
        'names "billboard", which is not among formats. Correct it, or add it there',
      'products[2].product_id': '"sports" is already taken by products[1]',
    })
    expect(Object.keys(problems)).toHaveLength(5)
  })

  it('is named with the line of each problem', async () => {
    const text = stringify(smallest()).replace('channels:', 'chanels:')
    const line = text.split('\n').findIndex((words) => words.includes('chanels:')) + 1
    const reading = read(text)
    await expect(reading).rejects.toThrow(/publisher\.yaml has 2 problems:\n/)
    await expect(reading).rejects.toThrow(new RegExp(`line ${line}: products\\[0\\]\\.chanels is not known`))
  })

  it.each<[string, (file: Written) => void, string, string]>([
    [
      'an unknown connection',
      (f) => (f.products[0].connection_id = 'gam'),
      'products[0].connection_id',
      'among connections',
    ],
    [
      'an unknown domain',
      (f) => (f.products[0].publisher_properties = ['other.example']),
      'products[0].publisher_properties[0]',
      'among publishers',
    ],
    [
      'an unknown property',
      (f) =>
        (f.products[0].publisher_properties = [{ publisher_domain: 'small.example', property_ids: ['app'] }]),
      'products[0].publisher_properties[0].property_ids[0]',
      'properties of small.example',
    ],
    [
      'an unknown tag',
      (f) =>
        (f.products[0].publisher_properties = [
          { publisher_domain: 'small.example', property_tags: ['sport'] },
        ]),
      'products[0].publisher_properties[0].property_tags[0]',
      'properties of small.example',
    ],
    [
      'an account on an unknown ad server',
      (f) => (f.accounts = [account({ gam: '1' })]),
      'accounts[0].platform_mappings.gam',
      'among connections',
    ],
    [
      'an advertiser that is two accounts',
      (f) => {
        f.connections.push({ connection_id: 'gam', kind: 'simulated', name: 'Second' })
        f.accounts = [account({ gam: '1' }), { ...account({ gam: '1' }), account_id: 'b', brand_id: 'b' }]
      },
      'accounts[1].platform_mappings.gam',
      'already taken by accounts[0].platform_mappings',
    ],
    [
      'a foreign currency',
      (f) => (f.products[0].pricing_options = ['cpm CHF 2']),
      'products[0].pricing_options[0]',
      'CHF',
    ],
    [
      'a price that cannot be read',
      (f) => (f.products[0].pricing_options = ['2 EUR']),
      'products[0].pricing_options[0]',
      'must read',
    ],
    [
      'an unknown pricing model',
      (f) => (f.products[0].pricing_options = ['cpx EUR 2']),
      'products[0].pricing_options[0].pricing_model',
      'must be one of cpm',
    ],
    [
      'a fixed price and a floor',
      (f) => (f.products[0].pricing_options = [{ price: 'cpm EUR 2', floor_price: 1 }]),
      'products[0].pricing_options[0]',
      'fixed_price and a floor_price',
    ],
    [
      'a price below what is kept',
      (f) => (f.products[0].pricing_options = ['cpm EUR 2.00001']),
      'products[0].pricing_options[0].fixed_price',
      '4 decimals',
    ],
    [
      'a cpv without its threshold',
      (f) => (f.products[0].pricing_options = [{ price: 'cpv EUR 0.02', parameters: {} }]),
      'products[0].pricing_options[0].parameters.view_threshold',
      'share of the video',
    ],
    [
      'time without its unit',
      (f) => (f.products[0].pricing_options = ['time EUR 9']),
      'products[0].pricing_options[0].parameters',
      'missing',
    ],
    [
      'cpp without its audience',
      (f) => (f.products[0].pricing_options = [{ price: 'cpp EUR 9', parameters: {} }]),
      'products[0].pricing_options[0].parameters.demographic',
      'missing',
    ],
    [
      'cpa without its event',
      (f) => (f.products[0].pricing_options = ['cpa EUR 9']),
      'products[0].pricing_options[0].parameters',
      'missing',
    ],
    [
      'the same price twice',
      (f) => (f.products[0].pricing_options = ['cpm EUR 2', 'cpm EUR 3']),
      'products[0].pricing_options[1].pricing_option_id',
      'already taken',
    ],
    [
      'a guaranteed product at auction',
      (f) => (f.products[0].delivery_type = 'guaranteed'),
      'products[0].pricing_options[0]',
      'fixed price',
    ],
    [
      'a capacity for impressions and hours at once',
      (f) =>
        Object.assign(f.products[0], {
          daily_capacity: 9,
          pricing_options: ['cpm EUR 2', { price: 'time EUR 9', parameters: { time_unit: 'hour' } }],
        }),
      'products[0].daily_capacity',
      'would count impressions and hours together: cpm_eur_fixed is for impressions, time_eur_fixed is for hours',
    ],
    [
      'a capacity for impressions and days at once',
      (f) =>
        Object.assign(f.products[0], {
          daily_capacity: 9,
          pricing_options: ['vcpm EUR 2', 'flat_rate EUR 9'],
        }),
      'products[0].daily_capacity',
      'impressions and slots',
    ],
    [
      'UK for GB',
      (f) => (f.products[0].countries = ['UK']),
      'products[0].countries[0]',
      'the United Kingdom is GB',
    ],
    [
      'a season that ends before it begins',
      (f) => Object.assign(f.products[0], { available_from: '2027-05-01', available_until: '2027-04-01' }),
      'products[0].available_until',
      'before available_from',
    ],
    [
      'an app without identifiers',
      (f) => (f.publishers[0].properties[0].property_type = 'mobile_app'),
      'publishers[0].properties[0].identifiers',
      'Only a website',
    ],
    [
      'a buyer of a product that is not there',
      (f) => (f.principals = [{ principal_id: 'a', name: 'A', allowed_product_ids: ['gone'] }]),
      'principals[0].allowed_product_ids[0]',
      'among products',
    ],
    [
      'an account for a buyer who is not there',
      (f) =>
        (f.accounts = [
          { account_id: 'a', name: 'A', brand_domain: 'a.example', operator: 'a.example', principals: ['b'] },
        ]),
      'accounts[0].principals[0]',
      'among principals',
    ],
    [
      'an amount in a currency nothing is sold in',
      (f) => (f.tenant.approval_policy = { limits: [{ currency: 'JPY', four_eyes_above: 1 }] }),
      'tenant.approval_policy.limits[0].currency',
      'among tenant.currencies',
    ],
    [
      'trust in a buyer who is not there',
      (f) => (f.tenant.approval_policy = { trusted_principals: ['gone'] }),
      'tenant.approval_policy.trusted_principals[0]',
      'among principals',
    ],
    [
      'a secret instead of its name',
      (f) => (f.connections[0].secret_name = 'hunter2'),
      'connections[0].secret_name',
      'never the secret',
    ],
  ])('%s is reported where it stands', async (_, change, path, message) => {
    const problems = await problemsAfter(change)
    expect(problems).toEqual({ [path]: expect.stringContaining(message) as string })
  })

  it('is reported when it is no YAML, or not there at all', async () => {
    await expect(read('tenant: {')).rejects.toThrow(/line 1: not valid YAML/)
    const one: unknown = await read('tenant: {\n'.repeat(40)).catch(({ message }: Error) => message)
    expect(one).toMatch(/^.+\n.+$/)
    await expect(read('')).rejects.toThrow(PublisherFileError)
    await expect(readPublisherFile('/nowhere/publisher.yaml')).rejects.toThrow(
      /cannot be read .*docs\/examples\/publisher\.yaml/,
    )
  })
})
