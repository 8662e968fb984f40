import { sql } from 'kysely'
import type { ApprovedBuy, ApprovedPackage, PlannedStep } from '../../adapters/adapter.ts'
import { sumMoney } from '../../adcp/money.ts'
import type { Db } from '../../db/database.ts'

export type Fulfilment = NonNullable<Awaited<ReturnType<typeof readFulfilment>>>
export type Step = Awaited<ReturnType<typeof readSteps>>[number]

/** A fulfilment with what its media buy says about it. */
export function readFulfilment(db: Db, fulfilmentId: string) {
  return db
    .selectFrom('fulfilments as f')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'f.media_buy_id')
    .select([
      'f.fulfilment_id',
      'f.tenant_id',
      'f.media_buy_id',
      'f.connection_id',
      'f.state',
      'f.desired_revision',
      'buy.status as buy_status',
    ])
    .where('f.fulfilment_id', '=', fulfilmentId)
    .executeTakeFirst()
}

/** Its steps in the order they are carried out. */
export async function readSteps(db: Db, fulfilmentId: string) {
  const rows = await db
    .selectFrom('fulfilment_steps')
    .selectAll()
    .where('fulfilment_id', '=', fulfilmentId)
    .orderBy('position')
    .execute()
  return rows.map((row) => ({
    ...row,
    kind: row.kind as PlannedStep['kind'],
    body: row.body as Record<string, unknown>,
    external_ids: row.external_ids as Record<string, string>,
  }))
}

/** The part of a media buy that lives on one ad server, as its adapter plans it. */
export async function readApprovedBuy(
  db: Db,
  { media_buy_id, connection_id, desired_revision }: Fulfilment,
): Promise<ApprovedBuy> {
  const buy = await selectBuy(db, media_buy_id, connection_id).executeTakeFirstOrThrow()
  const packages = await selectPackages(db, media_buy_id, connection_id).execute()
  return {
    media_buy_id,
    revision: desired_revision,
    name: `${buy.brand_domain} via ${buy.principal_name}`,
    advertiser_id: buy.advertiser_id,
    brand_domain: buy.brand_domain,
    currency: buy.currency,
    total_budget: sumMoney(packages.map(({ budget }) => Number(budget))),
    start_time: buy.start_time.toISOString(),
    end_time: buy.end_time.toISOString(),
    po_number: buy.po_number,
    packages: packages.map((row): ApprovedPackage => ({
      ...row,
      impressions: row.impressions === null ? null : Number(row.impressions),
      start_time: row.start_time.toISOString(),
      end_time: row.end_time.toISOString(),
      targeting_overlay: (row.targeting_overlay ?? {}) as Record<string, unknown>,
      ad_server_config: row.ad_server_config as Record<string, unknown>,
    })),
  }
}

function selectBuy(db: Db, mediaBuyId: string, connectionId: string) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as principal', 'principal.principal_id', 'buy.principal_id')
    .select([
      'buy.currency',
      'buy.start_time',
      'buy.end_time',
      'buy.po_number',
      'principal.name as principal_name',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      sql<string | null>`principal.platform_mappings->>${connectionId}`.as('advertiser_id'),
    ])
    .where('buy.media_buy_id', '=', mediaBuyId)
}

function selectPackages(db: Db, mediaBuyId: string, connectionId: string) {
  return db
    .selectFrom('media_packages as p')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .select([
      'p.package_id',
      'p.product_id',
      'product.name as product_name',
      'product.delivery_type',
      'p.pricing_model',
      'p.price',
      'p.bid_price',
      'p.budget',
      'p.impressions',
      'p.pacing',
      'p.start_time',
      'p.end_time',
      'p.targeting_overlay',
      'product.ad_server_config',
    ])
    .where('p.media_buy_id', '=', mediaBuyId)
    .where('p.connection_id', '=', connectionId)
    .where('p.canceled', '=', false)
    .orderBy('p.position')
}
