import { sql } from 'kysely'
import type { BusinessEntity } from '../adcp/business_entity.ts'
import type { MeasurementTerms, PerformanceStandard } from '../adcp/terms.ts'
import { compiled } from '../db/compiled.ts'
import type { ReadDb, Trx } from '../db/database.ts'
import type { Actionable } from '../adcp/media_buy_actions.ts'
import type {
  AccountStatus,
  CanceledBy,
  CreativeStatus,
  FulfilmentState,
  MediaBuyStatus,
  Pacing,
} from '../db/schema.ts'

/** A package as PostgreSQL hands it over inside JSON: money as text, times as ISO text. */
export interface PackageRow {
  package_id: string
  product_id: string
  pricing_option_id: string
  budget: string
  bid_price: string | null
  impressions: string | null
  pacing: Pacing
  start_time: string
  end_time: string
  format_ids: { agent_url: string; id: string }[]
  targeting_overlay: Record<string, unknown> | null
  paused: boolean
  canceled: boolean
  canceled_at: string | null
  canceled_by: CanceledBy | null
  cancellation_reason: string | null
  measurement_terms: MeasurementTerms | null
  performance_standards: PerformanceStandard[] | null
  agency_estimate_number: string | null
  context: Record<string, unknown> | null
  creatives: {
    creative_id: string
    weight: number | null
    status: CreativeStatus
    rejection_reason: string | null
  }[]
}
export interface AccountRow {
  account_id: string
  name: string
  status: AccountStatus
  sandbox: boolean
}
export interface FulfilmentRow {
  connection: string
  state: FulfilmentState
  placed_at: string | null
  orders: string[]
}
export interface MediaBuyRow extends Actionable {
  media_buy_id: string
  status: MediaBuyStatus
  revision: number
  currency: string
  total_budget: string
  start_time: Date
  end_time: Date
  po_number: string | null
  proposal_id: string | null
  agency_estimate_number: string | null
  advertiser_industry: string | null
  invoice_recipient: Omit<BusinessEntity, 'bank'> | null
  rejection_reason: string | null
  canceled_at: Date | null
  canceled_by: CanceledBy | null
  cancellation_reason: string | null
  confirmed_at: Date | null
  creative_deadline: Date | null
  created_at: Date
  updated_at: Date
  account: AccountRow
  packages: PackageRow[]
  fulfilments: FulfilmentRow[]
}

interface Owner {
  tenant_id: string
  principal_id: string
}

/** A media buy that is this principal's. @throws where it is not, or is none: the caller knows that it is */
export async function readMediaBuy(
  db: ReadDb | Trx,
  owner: Owner,
  media_buy_id: string,
): Promise<MediaBuyRow> {
  const { tenant_id, principal_id } = owner
  const [row] = await selectOne(db, { tenant_id, principal_id, media_buy_id })
  if (!row) throw new Error(`${media_buy_id} is none of this principal's`)
  return row
}

const selectOne = compiled((db, { media_buy_id, ...owner }: Owner & { media_buy_id: string }) =>
  selectMediaBuys(db, owner).where('buy.media_buy_id', '=', media_buy_id),
)

/** Media buys of one principal with account, packages and where they stand on their ad servers, one row each. */
export function selectMediaBuys(db: ReadDb | Trx, owner: Owner) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .where('buy.tenant_id', '=', owner.tenant_id)
    .where('buy.principal_id', '=', owner.principal_id)
    .select([
      'buy.media_buy_id',
      'buy.status',
      'buy.revision',
      'buy.currency',
      'buy.total_budget',
      'buy.start_time',
      'buy.end_time',
      'buy.po_number',
      'buy.proposal_id',
      'buy.agency_estimate_number',
      'buy.advertiser_industry',
      sql<MediaBuyRow['invoice_recipient']>`buy.invoice_recipient`.as('invoice_recipient'),
      'buy.rejection_reason',
      'buy.canceled_at',
      'buy.canceled_by',
      'buy.cancellation_reason',
      'buy.confirmed_at',
      'buy.creative_deadline',
      'buy.created_at',
      'buy.updated_at',
      sql<AccountRow>`json_build_object('account_id', account.account_id, 'name', account.name,
        'status', account.status, 'sandbox', account.sandbox)`.as('account'),
      ...actionable,
      packages.as('packages'),
      fulfilments.as('fulfilments'),
    ])
}

/** What decides what the buyer may do with `buy`. Offset 0: asked for each buy of a page, instead of reading all packages there are. */
export const actionable = [
  sql<boolean>`exists (
    select from media_buy_updates u where u.media_buy_id = buy.media_buy_id and u.state = 'pending' offset 0)`.as(
    'update_pending',
  ),
  sql<boolean>`exists (
    select from media_packages p join products using (tenant_id, product_id)
    where p.media_buy_id = buy.media_buy_id and not p.canceled and products.approval_policy = 'person' offset 0)`.as(
    'person_sells',
  ),
  sql<boolean>`exists (
    select from tenants t where t.tenant_id = buy.tenant_id and t.approval_threshold is not null
    union all select from approval_limits l where l.tenant_id = buy.tenant_id and l.currency = buy.currency)`.as(
    'person_looks_at_budgets',
  ),
  sql<boolean>`not exists (
    select from media_packages p join adapter_configs c using (connection_id)
    where p.media_buy_id = buy.media_buy_id and not p.canceled
      and coalesce(c.capabilities->'targeting', '[]') @> '["frequency_cap"]' is not true offset 0)`.as(
    'caps_frequency',
  ),
] as const

const packages = sql<PackageRow[]>`(
  select json_agg(json_build_object(
    'package_id', p.package_id, 'product_id', p.product_id, 'pricing_option_id', p.pricing_option_id,
    'budget', p.budget::text, 'bid_price', p.bid_price::text, 'impressions', p.impressions::text, 'pacing', p.pacing,
    'start_time', to_json(p.start_time at time zone 'UTC') #>> '{}', 'end_time', to_json(p.end_time at time zone 'UTC') #>> '{}',
    'format_ids', p.format_ids, 'targeting_overlay', p.targeting_overlay, 'paused', p.paused, 'canceled', p.canceled,
    'canceled_at', to_json(p.canceled_at at time zone 'UTC') #>> '{}', 'canceled_by', p.canceled_by,
    'cancellation_reason', p.cancellation_reason,
    'measurement_terms', p.measurement_terms, 'performance_standards', p.performance_standards,
    'agency_estimate_number', coalesce(p.agency_estimate_number, buy.agency_estimate_number),
    'context', p.context, 'creatives', (
      select coalesce(json_agg(json_build_object('creative_id', a.creative_id, 'weight', a.weight, 'status', c.status,
        'rejection_reason', c.rejection_reason)
        order by a.created_at, a.creative_id), '[]')
      from creative_assignments a join creatives c using (principal_id, creative_id)
      where a.package_id = p.package_id and c.status <> 'archived')) order by p.position)
  from media_packages p where p.media_buy_id = buy.media_buy_id)`

const fulfilments = sql<FulfilmentRow[]>`(
  select coalesce(json_agg(json_build_object(
    'connection', c.name, 'state', f.state, 'placed_at', to_json(f.placed_at at time zone 'UTC') #>> '{}',
    'orders', array(select o.external_id from ad_server_objects o
      where o.media_buy_id = f.media_buy_id and o.connection_id = f.connection_id and o.kind = 'order')
    ) order by c.name), '[]')
  from fulfilments f join adapter_configs c using (connection_id) where f.media_buy_id = buy.media_buy_id)`

/** True if buys are asked for by id and nothing else: then an empty list would hide that the ids are wrong. */
export function namesOnlyIds(request: {
  media_buy_ids?: unknown
  status_filter?: unknown
  account?: unknown
  pagination?: { cursor?: string | undefined } | undefined
}): boolean {
  const { media_buy_ids, status_filter, account, pagination } = request
  return Boolean(media_buy_ids && !status_filter && !account && !pagination?.cursor)
}
