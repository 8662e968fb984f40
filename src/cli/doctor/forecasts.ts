import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { selectForecastProducts } from '../../queries/forecast_products.ts'
import type { Finding } from './checks.ts'

/** Whether it is known how much is left of guaranteed products on ad servers that can tell. */
export async function checkForecasts(db: Db): Promise<Finding> {
  const subject = 'forecasts'
  const isOld = sql<boolean>`f.as_of is null or f.as_of < now() - t.forecast_max_age_hours * interval '1 hour'
    or f.connection_id <> p.connection_id or f.asked_of <> p.ad_server_config`
  const { products, old, which, why } = await selectForecastProducts(db)
    .select([
      sql<number>`count(*)::int`.as('products'),
      sql<number>`count(*) filter (where ${isOld})::int`.as('old'),
      sql<string | null>`min(p.product_id) filter (where ${isOld})`.as('which'),
      sql<string | null>`min(p.product_id || ': ' || (f.last_error->>'message')) filter (where ${isOld})`.as(
        'why',
      ),
    ])
    .executeTakeFirstOrThrow()
  if (products === 0) return { ok: true, subject, text: 'no product needs one' }
  if (old === 0) return { ok: true, subject, text: `of ${products} products, all fresh` }
  const example = why ?? `${which ?? ''} waits for its first`
  return { ok: false, subject, text: `${old} of ${products} products have none that is fresh; ${example}` }
}
