import { sql } from 'kysely'
import { z } from 'zod'
import { channel, deliveryType, formatId } from '../../adcp/request_schemas.ts'
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
    const { currency, ...model } = await modelFor(trx, principal, fixture.channels)
    const name = fixture.name ?? said.replaceAll(/[_-]+/g, ' ')
    await trx
      .insertInto('products')
      .values({
        tenant_id,
        product_id,
        sandbox_of: principal_id,
        connection_id: model.connection_id,
        name,
        description: fixture.description ?? `Seeded as ${said}.`,
        delivery_type: fixture.delivery_type,
        approval_policy: 'auto',
        channels: fixture.channels,
        publisher_properties: jsonb(model.publisher_properties),
        format_ids: jsonb(
          fixture.format_ids ? await formatsOf(trx, principal, fixture.format_ids) : model.format_ids,
        ),
        search_terms: fixture.channels.flatMap((word) => channelTerms[word]),
        reporting_capabilities: jsonb(model.reporting_capabilities),
        details: jsonb(model.details),
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
    const { currency } = await modelFor(trx, principal, [])
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

/** The publisher's product a seeded one is like where its fixture says nothing: one of its channels, if there is one. */
async function modelFor(trx: Trx, { tenant_id }: Principal, channels: readonly string[]) {
  const model = await trx
    .selectFrom('products as p')
    .innerJoin('tenants as tenant', 'tenant.tenant_id', 'p.tenant_id')
    .select([
      'p.connection_id',
      'p.publisher_properties',
      'p.format_ids',
      'p.reporting_capabilities',
      'p.details',
      sql<string>`tenant.currencies[1]`.as('currency'),
    ])
    .where('p.tenant_id', '=', tenant_id)
    .where('p.archived_at', 'is', null)
    .where('p.sandbox_of', 'is', null)
    .orderBy(sql`p.channels && ${channels}::text[]`, 'desc')
    .orderBy('p.product_id')
    .limit(1)
    .executeTakeFirst()
  if (!model) throw invalidParams('This publisher sells nothing that a seeded product could be like.')
  return model
}

async function formatsOf(
  trx: Trx,
  principal: Principal,
  named: readonly (string | z.infer<typeof formatId>)[],
) {
  const formats = []
  for (const format of named) formats.push(await requireFormat(trx, principal, format))
  return formats.map(({ agent_url, format_id }) => ({ agent_url, id: format_id }))
}
