import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const vendor = { domain: 'countwell.example' }
const billing = { vendor, measurement_window: 'post_sivt', max_variance_percent: 10 }
const terms = {
  billing_measurement: billing,
  makegood_policy: { available_remedies: ['additional_delivery', 'credit'] },
}
const standards = [
  { metric: 'viewability', standard: 'mrc', threshold: 0.7, vendor },
  { metric: 'ivt', threshold: 0.02, vendor },
]
const video = { product_id: 'trail_video_preroll', pricing_option_id: 'cpm_eur_auction', bid_price: 12 }

async function buy(proposed: Args) {
  const { body } = await buyer.call(
    'create_media_buy',
    aPurchase({ package: { ...video, ...proposed } }, desk.now),
  )
  return body
}
const packageOf = (body: Args) => (body['packages'] as Args[])[0] ?? {}

describe('terms of a package', () => {
  test('are on the product, for buyers to read before they propose others', async () => {
    const { body } = await buyer.call('get_products', { brief: 'outdoor video' })
    expect((body['products'] as Args[])[0]).toMatchObject({
      product_id: 'trail_video_preroll',
      measurement_terms: terms,
      performance_standards: standards,
    })
  })

  test('are those of the product where none are proposed, and stay so when the product changes', async () => {
    const body = await buy({})
    expect(packageOf(body)).toMatchObject({ measurement_terms: terms, performance_standards: standards })
    const product = desk.db.updateTable('products').where('product_id', '=', 'trail_video_preroll')
    await product
      .set({ details: sql`details - 'measurement_terms' || '{"performance_standards": []}'` })
      .execute()
    const { body: listed } = await buyer.call('get_media_buys', { media_buy_ids: [body['media_buy_id']] })
    expect(packageOf((listed['media_buys'] as Args[])[0] ?? {})).toMatchObject({
      measurement_terms: terms,
      performance_standards: standards,
    })
    const restored = { measurement_terms: terms, performance_standards: standards }
    await product.set({ details: sql`details || ${JSON.stringify(restored)}::jsonb` }).execute()
  })

  test('may be easier for the publisher, and are answered as agreed, with what was left unsaid', async () => {
    const body = await buy({
      measurement_terms: {
        billing_measurement: { vendor, max_variance_percent: 15 },
        makegood_policy: { available_remedies: ['credit', 'invoice_adjustment'] },
      },
      performance_standards: [{ metric: 'viewability', threshold: 0.6, vendor }],
    })
    expect(packageOf(body)).toMatchObject({
      measurement_terms: {
        billing_measurement: { ...billing, max_variance_percent: 15 },
        makegood_policy: { available_remedies: ['credit'] },
      },
      performance_standards: [{ metric: 'viewability', standard: 'mrc', threshold: 0.6, vendor }],
    })
  })

  test.each<[string, Args, string]>([
    [
      'counts that may not differ',
      { measurement_terms: { billing_measurement: { ...billing, max_variance_percent: 0 } } },
      'measurement_terms.billing_measurement.max_variance_percent',
    ],
    [
      'another window',
      { measurement_terms: { billing_measurement: { ...billing, measurement_window: 'c30' } } },
      'measurement_terms.billing_measurement.measurement_window',
    ],
    [
      'another vendor',
      { measurement_terms: { billing_measurement: { ...billing, vendor: { domain: 'mine.example' } } } },
      'measurement_terms.billing_measurement.vendor',
    ],
    [
      'a remedy that is not offered',
      { measurement_terms: { makegood_policy: { available_remedies: ['invoice_adjustment'] } } },
      'measurement_terms.makegood_policy.available_remedies',
    ],
    [
      'more viewability',
      { performance_standards: [{ metric: 'viewability', threshold: 0.71, standard: 'mrc', vendor }] },
      'performance_standards[0].threshold',
    ],
    [
      'a rate nobody promises',
      { performance_standards: [{ metric: 'attention_score', threshold: 0.1, vendor }] },
      'performance_standards[0].metric',
    ],
  ])('%s: rejected, with the terms the product is sold on', async (_what, proposed, field) => {
    const body = await buy(proposed)
    expect(body.adcp_error).toMatchObject({
      code: 'TERMS_REJECTED',
      recovery: 'correctable',
      field: `packages[0].${field}`,
    })
    const [own] = Object.keys(proposed)
    const { product } = (body.adcp_error as unknown as { details: { product: Args } }).details
    expect(product).toEqual({ [own ?? '']: own === 'measurement_terms' ? terms : standards })
  })
})

test('lists of properties and collections are kept by reference, without what opens them', async () => {
  const list = (list_id: string) => ({ agent_url: 'https://lists.example', list_id })
  const targeting_overlay = {
    property_list: { ...list('p1'), auth_token: 'secret-token' },
    collection_list: list('c1'),
    collection_list_exclude: { ...list('c2'), auth_token: 'secret-token' },
  }
  const body = await buy({ targeting_overlay })
  const { body: listed } = await buyer.call('get_media_buys', { media_buy_ids: [body['media_buy_id']] })
  const expected = {
    property_list: list('p1'),
    collection_list: list('c1'),
    collection_list_exclude: list('c2'),
  }
  expect(packageOf(body)['targeting_overlay']).toEqual(expected)
  expect(packageOf((listed['media_buys'] as Args[])[0] ?? {})['targeting_overlay']).toEqual(expected)
  const kept = await desk.db.selectFrom('media_buys').select('request').execute()
  expect(JSON.stringify(kept)).not.toContain('secret-token')
})
