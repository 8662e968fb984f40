import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { DeliveryType, PricingModel } from '../../db/schema.ts'
import { selectForecastProducts } from '../../queries/forecast_products.ts'
import { formatSizes } from '../../queries/format_sizes.ts'

/** A product to be forecast: how it is sold, and what is known of it so far. */
export interface Due {
  tenant_id: string
  product_id: string
  connection_id: string
  delivery_type: DeliveryType
  ad_server_config: Readonly<Record<string, unknown>>
  /** Of its formats, in pixels. */
  sizes: readonly { width: number; height: number }[]
  /** The first of its prices per thousand. */
  pricing_model: PricingModel
  currency: string
  /** How many forecasts it has had. */
  generation: number
  /** Tries in a row that came to nothing. */
  failures: number
  forecast_horizon_days: number
  forecast_refresh_hours: number
}

/** Products whose forecast is old, or is of another ad server or other inventory than they have now. */
const selectDueProducts = (db: Db, now: Date) =>
  selectForecastProducts(db).where(({ eb, or, ref }) =>
    or([
      eb('f.next_at', 'is', null),
      eb('f.next_at', '<=', now),
      eb('f.connection_id', '<>', ref('p.connection_id')),
      eb('f.asked_of', '<>', ref('p.ad_server_config')),
    ]),
  )

/** The product of a connection that has waited longest, those never forecast first; undefined if none is due. */
export function nextDue(db: Db, connection_id: string, now: Date): Promise<Due | undefined> {
  return selectDueProducts(db, now)
    .where('p.connection_id', '=', connection_id)
    .select([
      'p.tenant_id',
      'p.product_id',
      'p.connection_id',
      'p.delivery_type',
      'price.pricing_model',
      'price.currency',
      't.forecast_horizon_days',
      't.forecast_refresh_hours',
      sql<Due['ad_server_config']>`p.ad_server_config`.as('ad_server_config'),
      formatSizes('p').as('sizes'),
      sql<number>`coalesce(f.generation, 0)`.as('generation'),
      sql<number>`coalesce(f.failures, 0)`.as('failures'),
    ])
    .orderBy('f.next_at', (order) => order.asc().nullsFirst())
    .orderBy('p.product_id')
    .limit(1)
    .executeTakeFirst()
}

/** The connections that have a product to be forecast. */
export async function dueConnections(db: Db, now: Date): Promise<string[]> {
  const rows = await selectDueProducts(db, now).select('p.connection_id').distinct().execute()
  return rows.map(({ connection_id }) => connection_id)
}
