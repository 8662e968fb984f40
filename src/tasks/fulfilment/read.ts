import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql } from 'kysely'
import type { ApprovedBuy, ApprovedCreative, ApprovedPackage, StepKind } from '../../adapters/adapter.ts'
import { sumMoney } from '../../adcp/money.ts'
import type { Db } from '../../db/database.ts'
import { formatSizes } from '../../queries/format_sizes.ts'
import type { StepPlan } from './plan.ts'
import type { Effect } from './standing.ts'

export type Fulfilment = NonNullable<Awaited<ReturnType<typeof readFulfilment>>>
export type Step = Awaited<ReturnType<typeof readSteps>>[number]
/** A step that the ad server carries out. */
export type SentStep = Step & { kind: StepKind }
export const isSent = (step: Step): step is SentStep => step.kind !== 'by_hand'

/** A fulfilment with the name of its ad server. */
export function readFulfilment(db: Db, fulfilmentId: string) {
  return db
    .selectFrom('fulfilments as f')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'f.connection_id')
    .select([
      'f.fulfilment_id',
      'f.tenant_id',
      'f.media_buy_id',
      'f.connection_id',
      'f.state',
      'f.desired_revision',
      'f.planned_revision',
      'f.applied_revision',
      'f.placed_at',
      'connection.name as connection',
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
    kind: row.kind as StepPlan['kind'],
    effects: row.effects as unknown as readonly Effect[],
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
  const creatives = await readCreatives(db, media_buy_id, connection_id)
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
      paused: row.paused || buy.status === 'paused',
      creatives: creatives.get(row.package_id) ?? [],
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
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select([
      'buy.status',
      'buy.currency',
      'buy.start_time',
      'buy.end_time',
      'buy.po_number',
      'principal.name as principal_name',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      sql<string | null>`coalesce(account.platform_mappings->>${connectionId},
        principal.platform_mappings->>${connectionId})`.as('advertiser_id'),
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
      'p.paused',
      'product.ad_server_config',
      formatSizes('product').as('sizes'),
    ])
    .where('p.media_buy_id', '=', mediaBuyId)
    .where('p.connection_id', '=', connectionId)
    .where('p.canceled', '=', false)
    .orderBy('p.position')
}

/** The approved creatives of each package. Their version is a hash of what is shown. */
async function readCreatives(db: Db, mediaBuyId: string, connectionId: string) {
  const rows = await db
    .selectFrom('creative_assignments as a')
    .innerJoin('creatives as c', (join) =>
      join.onRef('c.principal_id', '=', 'a.principal_id').onRef('c.creative_id', '=', 'a.creative_id'),
    )
    .innerJoin('media_packages as p', 'p.package_id', 'a.package_id')
    .select(['a.package_id', 'a.weight', 'c.creative_id', 'c.name', 'c.agent_url', 'c.format_id', 'c.assets'])
    .where('p.media_buy_id', '=', mediaBuyId)
    .where('p.connection_id', '=', connectionId)
    .where('c.status', '=', 'approved')
    .orderBy('a.created_at')
    .orderBy('a.creative_id')
    .execute()
  const creatives = new Map<string, ApprovedCreative[]>()
  for (const { package_id, weight, ...row } of rows) {
    const shown = { ...row, assets: row.assets as Record<string, unknown> }
    const version = createHash('sha256')
      .update(canonicalize(shown) ?? '')
      .digest('hex')
      .slice(0, 16)
    creatives.set(package_id, [...(creatives.get(package_id) ?? []), { ...shown, version, weight }])
  }
  return creatives
}
