import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { CreativeStatus, Pacing, PricingModel } from '../../../db/schema.ts'

export interface BoughtPackage {
  package_id: string
  product_id: string
  product: string
  connection: string
  pricing_model: PricingModel
  price: string | null
  bid_price: string | null
  budget: string
  impressions: string | null
  pacing: Pacing
  start_time: Date
  end_time: Date
  targeting_overlay: Record<string, unknown> | null
  paused: boolean
  canceled: boolean
  cancellation_reason: string | null
  creatives: { creative_id: string; name: string; status: CreativeStatus }[]
  /** What keeps it from delivering as it should, in words. */
  concerns: string[]
}

/** The packages of a media buy as they stand, in order. */
export async function readPackages(
  db: ReadDb,
  tenant_id: string,
  media_buy_id: string,
): Promise<BoughtPackage[]> {
  return db
    .selectFrom('media_packages as p')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .innerJoin('adapter_configs as c', 'c.connection_id', 'p.connection_id')
    .where('p.tenant_id', '=', tenant_id)
    .where('p.media_buy_id', '=', media_buy_id)
    .select([
      'p.package_id',
      'p.product_id',
      'product.name as product',
      'c.name as connection',
      'p.pricing_model',
      'p.price',
      'p.bid_price',
      'p.budget',
      'p.impressions',
      'p.pacing',
      'p.start_time',
      'p.end_time',
      sql<Record<string, unknown> | null>`p.targeting_overlay`.as('targeting_overlay'),
      'p.paused',
      'p.canceled',
      'p.cancellation_reason',
      creatives.as('creatives'),
      concerns.as('concerns'),
    ])
    .orderBy('p.position')
    .execute()
}

const creatives = sql<BoughtPackage['creatives']>`(
  select coalesce(json_agg(json_build_object('creative_id', c.creative_id, 'name', c.name, 'status', c.status)
    order by c.name, c.creative_id), '[]')
  from creative_assignments a join creatives c using (principal_id, creative_id) where a.package_id = p.package_id)`

const concerns = sql<string[]>`array(
  select d.reason from delivery_concerns d where d.package_id = p.package_id and d.closed_at is null order by d.opened_at)`
