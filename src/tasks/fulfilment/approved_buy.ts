import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql, type ExpressionBuilder } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { ApprovedBuy, ApprovedCreative, ApprovedPackage } from '../../adapters/adapter.ts'
import { sumMoney } from '../../adcp/money.ts'
import { compiled, compiledWrite } from '../../db/compiled.ts'
import type { Trx } from '../../db/database.ts'
import type { DB, MediaBuyStatus } from '../../db/schema.ts'
import { plainLine } from '../../plain_line.ts'
import { formatSizes } from '../../queries/format_sizes.ts'
import type { Fulfilment } from './read.ts'

/**
 * The part of a media buy that lives on one ad server, as its adapter plans it, and where the whole of it is. Locked, so that nobody
 * moves it while it is planned.
 */
export async function lockApprovedBuy(
  trx: Trx,
  { media_buy_id, connection_id, desired_revision }: Fulfilment,
): Promise<{ status: MediaBuyStatus; buy: ApprovedBuy }> {
  const [row] = await selectBuy(trx, { media_buy_id, connection_id })
  if (!row) throw new Error(`${media_buy_id} is not there`)
  // once the buy is locked, or it could be an older one's
  const packages = await selectPackages(trx, { media_buy_id, connection_id })
  const buy = {
    media_buy_id,
    revision: desired_revision,
    name: `${row.brand_domain} via ${row.principal_name}`,
    advertiser_id: row.advertiser_id,
    brand_domain: row.brand_domain,
    currency: row.currency,
    total_budget: sumMoney(packages.map(({ budget }) => Number(budget))),
    start_time: row.start_time.toISOString(),
    end_time: row.end_time.toISOString(),
    po_number: row.po_number === null ? null : plainLine(row.po_number),
    packages: packages.map((item): ApprovedPackage => ({
      ...item,
      paused: item.paused || row.status === 'paused',
      creatives: item.creatives.map(versionOf),
      impressions: item.impressions === null ? null : Number(item.impressions),
      start_time: item.start_time.toISOString(),
      end_time: item.end_time.toISOString(),
      targeting_overlay: (item.targeting_overlay ?? {}) as Record<string, unknown>,
      ad_server_config: item.ad_server_config as Record<string, unknown>,
    })),
  }
  return { status: row.status, buy }
}

interface Part {
  media_buy_id: string
  connection_id: string
}
const selectBuy = compiledWrite((db, { media_buy_id, connection_id }: Part) =>
  db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as principal', 'principal.principal_id', 'buy.principal_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select([
      'buy.status',
      'buy.currency',
      'buy.start_time',
      'buy.end_time',
      'buy.po_number',
      'principal.name as principal_name',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      sql<string | null>`coalesce(account.platform_mappings->>${connection_id},
        principal.platform_mappings->>${connection_id})`.as('advertiser_id'),
    ])
    .where('buy.media_buy_id', '=', media_buy_id)
    .forUpdate('buy'),
)

const selectPackages = compiled((db, { media_buy_id, connection_id }: Part) =>
  db
    .selectFrom('media_packages as p')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .select((eb) => [
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
      'p.paused',
      'product.ad_server_config',
      formatSizes('product').as('sizes'),
      jsonArrayFrom(selectCreatives(eb)).as('creatives'),
    ])
    .where('p.media_buy_id', '=', media_buy_id)
    .where('p.connection_id', '=', connection_id)
    .where('p.canceled', '=', false)
    .orderBy('p.position'),
)

/** The approved creatives of a package. */
function selectCreatives(eb: ExpressionBuilder<DB & { p: DB['media_packages'] }, 'p'>) {
  return eb
    .selectFrom('creative_assignments as a')
    .innerJoin('creatives as c', (join) =>
      join.onRef('c.principal_id', '=', 'a.principal_id').onRef('c.creative_id', '=', 'a.creative_id'),
    )
    .select(['a.weight', 'c.creative_id', 'c.name', 'c.agent_url', 'c.format_id', 'c.assets'])
    .whereRef('a.package_id', '=', 'p.package_id')
    .where('c.status', '=', 'approved')
    .orderBy('a.created_at')
    .orderBy('a.creative_id')
}

type ShownCreative = Omit<ApprovedCreative, 'version' | 'assets'> & { assets: unknown }

/** The version of a creative is a hash of what is shown. */
function versionOf({ weight, ...row }: ShownCreative): ApprovedCreative {
  const shown = { ...row, assets: row.assets as Record<string, unknown> }
  const version = createHash('sha256')
    .update(canonicalize(shown) ?? '')
    .digest('hex')
    .slice(0, 16)
  // people read it in their ad server beside those of others
  return { ...shown, name: plainLine(shown.name), version, weight }
}
