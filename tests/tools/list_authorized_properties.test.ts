import { afterEach, describe, expect, test } from 'vitest'
import { examplePublisher } from '../../src/cli/seed.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { testDesk } from '../support/desk.ts'

const desk = testDesk()
const domains = [
  'fernandloom.example',
  'gridwatt.example',
  'harbourradio.example',
  'matchday.example',
  'northwind-news.example',
  'northwind-screens.example',
  'saltandthyme.example',
  'trailandpeak.example',
]
const ask = async (args = {}) => (await desk.buyer()).call('list_authorized_properties', args)
const archive = (archived_at: Date | null) => desk.db.updateTable('publisher_partners').set({ archived_at })

afterEach(async () => {
  await archive(null).execute()
})

describe('a buyer of AdCP 2.5', () => {
  test('is told which domains this publisher may sell, in exactly the words of 2.5.3', async () => {
    const { tenant } = await readPublisherFile(examplePublisher)
    const { body, texts } = await ask({ context: { a: 1 } })
    expect(body).toEqual({
      status: 'completed',
      publisher_domains: domains,
      primary_channels: ['display', 'video', 'dooh', 'ctv', 'podcast', 'audio'],
      primary_countries: expect.any(Array),
      portfolio_description: tenant.description.trim(),
      advertising_policies: tenant.advertising_policies.trim(),
      last_updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      context: { a: 1 },
      ext: { salesdesk: { unverified_publisher_domains: domains } },
    })
    expect(body['primary_countries']).toHaveLength(new Set(body['primary_countries'] as string[]).size)
    expect((body['primary_countries'] as string[]).slice(0, 2)).toEqual(['GB', 'DE'])
    expect(texts[1]).toContain('trailandpeak.example')
  })

  test('can ask about some domains only', async () => {
    const { body } = await ask({
      publisher_domains: ['unknown.example', 'matchday.example', 'gridwatt.example'],
    })
    expect(body['publisher_domains']).toEqual(['gridwatt.example', 'matchday.example'])
  })

  test('is told when none of them is sold here', async () => {
    const { isError, body } = await ask({ publisher_domains: ['unknown.example'] })
    expect(isError).toBe(true)
    expect(body.adcp_error).toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      field: 'publisher_domains',
      recovery: 'correctable',
    })
  })

  test.each([[[]], [['Not A Domain']], ['matchday.example,']])(
    'who asks about %j is told how to',
    async (publisher_domains) => {
      const { body } = await ask({ publisher_domains })
      expect(body.adcp_error?.code).toBe('INVALID_REQUEST')
      expect(body.adcp_error?.field).toMatch(/^publisher_domains/)
    },
  )
})

describe('a publisher', () => {
  test('that gave up a domain no longer names it', async () => {
    await archive(new Date()).where('publisher_domain', '=', 'matchday.example').execute()
    const { body } = await ask()
    expect(body['publisher_domains']).toEqual(domains.filter((domain) => domain !== 'matchday.example'))
  })

  test('without any domain says so, here and in its capabilities', async () => {
    await archive(new Date()).execute()
    const { body } = await ask()
    expect(body.adcp_error).toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      message: 'This seller has no publisher domains yet.',
    })
    const buyer = await desk.buyer()
    const capabilities = await buyer.call('get_adcp_capabilities')
    expect(capabilities.body['media_buy']).not.toHaveProperty('portfolio')
  })
})

test('a domain whose owner refused to be sold here is not listed', async () => {
  const refuse = (verification: 'refused' | 'unverified') =>
    desk.db
      .updateTable('publisher_partners')
      .set({ verification })
      .where('publisher_domain', '=', 'gridwatt.example')
      .execute()
  await refuse('refused')
  const { body } = await ask()
  await refuse('unverified')
  expect(body['publisher_domains']).toEqual(domains.filter((name) => name !== 'gridwatt.example'))
})
