import { z } from 'zod'
import { channel, currency, deliveryType, formatId } from '../../adcp/request_schemas.ts'
import { asSaid, ownId } from '../../adcp/own_ids.ts'
import { jsonb, type Trx } from '../../db/database.ts'
import { channelTerms } from '../../seed/vocabulary.ts'
import type { Principal } from '../define-tool.ts'
import { requireFormat } from './formats.ts'
import { pricingFixture, pricingRow } from './pricing.ts'
import { invalidParams } from './scenario.ts'
import { seed } from './seed.ts'

const id = z.string().min(1).max(200)
const productParams = z.looseObject({
  product_id: id,
  fixture: z
    .looseObject({
      name: z.string().min(1).max(200).optional(),
      description: z.string().min(1).max(2000).optional(),
      delivery_type: deliveryType.default('non_guaranteed'),
      // the suite's own fixtures say "video", which AdCP's channels do not
      channels: z
        .array(z.preprocess((word) => (word === 'video' ? 'olv' : word), channel))
        .default(['display']),
      format_ids: z.array(z.union([z.string().min(1), formatId])).optional(),
      pricing_options: z
        .array(pricingFixture.extend({ pricing_option_id: id }))
        .min(1)
        .optional(),
    })
    .prefault({}),
})

/** A product only this buyer sees, bought without a person's approval. Without prices of its own it has one to begin with. */
export const seedProduct = seed({
  kind: 'product',
  params: productParams,
  idOf: ({ product_id }) => product_id,
  async insert(trx, { product_id: named, fixture }, { principal, now }) {
    const { tenant_id, principal_id } = principal
    const product_id = ownId(principal_id, named)
    const said = asSaid(principal_id, named)
    const { publisher_domain, connection_id, currency } = await placeOf(trx, principal)
    const name = fixture.name ?? said.replaceAll(/[_-]+/g, ' ')
    await trx
      .insertInto('products')
      .values({
        tenant_id,
        product_id,
        sandbox_of: principal_id,
        connection_id,
        name,
        description: fixture.description ?? `Seeded as ${said}.`,
        delivery_type: fixture.delivery_type,
        approval_policy: 'auto',
        channels: fixture.channels,
        publisher_properties: jsonb([{ publisher_domain, selection_type: 'all' }]),
        format_ids: jsonb(await formatsOf(trx, principal, fixture.format_ids)),
        search_terms: fixture.channels.flatMap((word) => channelTerms[word]),
        reporting_capabilities: jsonb(reporting),
        created_at: now,
        updated_at: now,
      })
      .execute()
    const key = { tenant_id, product_id, currency }
    const prices = fixture.pricing_options?.map(({ pricing_option_id, ...price }) =>
      pricingRow(price, { ...key, pricing_option_id }),
    )
    const first = pricingRow({ fixed_price: 5 }, { ...key, pricing_option_id: 'default' })
    await trx
      .insertInto('pricing_options')
      .values(prices ?? { ...first, position: 0 })
      .execute()
  },
})

const optionParams = z.looseObject({
  product_id: id,
  pricing_option_id: id,
  fixture: pricingFixture.prefault({}),
})

/** A price of a seeded product. The one a product without prices began with goes away with the first. */
export const seedPricingOption = seed({
  kind: 'pricing_option',
  params: optionParams,
  idOf: ({ product_id, pricing_option_id }) => `${product_id}/${pricing_option_id}`,
  async insert(trx, { product_id: named, pricing_option_id, fixture }, { principal }) {
    const { tenant_id, principal_id } = principal
    const product_id = ownId(principal_id, named)
    const product = await trx
      .selectFrom('sandbox_seeds')
      .select('fixture')
      .where('principal_id', '=', principal_id)
      .where('kind', '=', 'product')
      .where('id', '=', asSaid(principal_id, named))
      .executeTakeFirst()
    if (!product) throw invalidParams('product_id: seed the product first.')
    const { currency } = await placeOf(trx, principal)
    const key = { tenant_id, product_id, currency, pricing_option_id }
    if ((product.fixture as { pricing_options?: unknown }).pricing_options === undefined)
      await dropFirstPrice(trx, { tenant_id, product_id })
    const row = pricingRow(fixture, key)
    await trx
      .insertInto('pricing_options')
      .values(row)
      .onConflict((oc) => oc.columns(['tenant_id', 'product_id', 'pricing_option_id']).doUpdateSet(row))
      .execute()
  },
})

async function dropFirstPrice(
  trx: Trx,
  { tenant_id, product_id }: { tenant_id: string; product_id: string },
) {
  await trx
    .deleteFrom('pricing_options')
    .where('tenant_id', '=', tenant_id)
    .where('product_id', '=', product_id)
    .where('position', '=', 0)
    .execute()
}

/** Where a seeded product stands, for what its fixture does not say. */
async function placeOf(trx: Trx, { tenant_id }: Principal) {
  const place = await trx
    .selectFrom('adapter_configs as connection')
    .innerJoin('publisher_partners as partner', 'partner.tenant_id', 'connection.tenant_id')
    .innerJoin('tenants as tenant', 'tenant.tenant_id', 'connection.tenant_id')
    .select(['connection_id', 'publisher_domain', 'currencies'])
    .where('connection.tenant_id', '=', tenant_id)
    .where('connection.archived_at', 'is', null)
    .where('partner.archived_at', 'is', null)
    .orderBy('connection.created_at')
    .orderBy('connection_id')
    .orderBy('publisher_domain')
    .limit(1)
    .executeTakeFirst()
  if (!place) throw invalidParams('This publisher sells nothing, so nothing can be seeded.')
  return { ...place, currency: currency.parse(place.currencies[0]) }
}

async function formatsOf(
  trx: Trx,
  principal: Principal,
  named: readonly (string | z.infer<typeof formatId>)[] | undefined,
) {
  const formats = []
  for (const format of named ?? [undefined]) formats.push(await requireFormat(trx, principal, format))
  return formats.map(({ agent_url, format_id }) => ({ agent_url, id: format_id }))
}

const reporting = {
  available_reporting_frequencies: ['daily'],
  expected_delay_minutes: 240,
  timezone: 'UTC',
  supports_webhooks: false,
  available_metrics: ['impressions', 'spend', 'clicks'],
  date_range_support: 'date_range',
}
