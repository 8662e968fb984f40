import { aBanner, aSync } from '../support/creatives.ts'
import { aPurchase, type Args } from '../support/desk.ts'
import { aChange } from '../support/updates.ts'
import { eachOf, format, getProducts } from './calls_of_get_products.ts'

/** What a buyer has, to ask about. */
export interface Having {
  now: Date
  media_buy_ids: string[]
  /** One of them that may be changed, with its package. */
  media_buy_id: string
  package_id: string
  task_ids: string[]
  proposal_id: string
}

const account = { account_id: 'acc_acme_pinnacle' }
const nature = { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' }
const statuses = [
  'active',
  'pending_start',
  'pending_creatives',
  'paused',
  'completed',
  'rejected',
  'canceled',
]
const times = { created_after: '2020-01-01T00:00:00Z', created_before: '2040-01-01T00:00:00Z' }
const updated = { updated_after: '2020-01-01T00:00:00Z', updated_before: '2040-01-01T00:00:00Z' }
const guaranteed = { product_id: 'news_billboard', pricing_option_id: 'cpm_gbp_fixed', bid_price: undefined }

/** What each tool is asked: every filter alone and together, every order, every page. A new tool is asked something here, or the test fails. */
export const calls: Record<string, (having: Having) => Args[]> = {
  get_adcp_capabilities: () => [{}],
  sync_accounts: () => [
    { idempotency_key: 'growth-accounts-0001', accounts: [{ ...nature, billing: 'operator' }] },
    {
      idempotency_key: 'growth-accounts-0002',
      accounts: [{ brand: { domain: 'new-brand.example' }, operator: 'new.example', billing: 'operator' }],
      delete_missing: true,
    },
  ],
  list_accounts: () => [
    {},
    { status: 'active', sandbox: false, account },
    { account: nature, pagination: { max_results: 1 } },
  ],
  get_account_financials: () => [
    { account },
    { account: nature, period: { start: '2026-01-01', end: '2040-12-31' } },
  ],
  list_authorized_properties: () => [{}, { publisher_domains: ['northwind-news.example'] }],
  list_creative_formats: () => [
    {},
    { account, pagination: { max_results: 1 } },
    ...eachOf(
      {
        format_ids: [format],
        asset_types: ['image'],
        name_search: 'banner',
        min_width: 100,
        max_height: 900,
        is_responsive: false,
        wcag_level: 'A',
        disclosure_positions: ['footer'],
        output_format_ids: [format],
      },
      (one) => one,
    ),
  ],
  get_products: ({ now, proposal_id }) => getProducts(now, proposal_id),
  create_media_buy: ({ now }) => [
    aPurchase({}, now),
    aPurchase({ account: nature, package: { creatives: [aBanner('growth_bought')] } }, now),
    aPurchase({ start_time: 'asap', package: guaranteed, po_number: 'PO-9' }, now),
    aPurchase(
      { packages: [], proposal_id: 'no_such_proposal', total_budget: { amount: 9, currency: 'EUR' } },
      now,
    ),
  ],
  sync_creatives: ({ package_id }) => [
    aSync({ account, creatives: [aBanner('growth_1'), aBanner('spring_banner')] }),
    aSync({ account, assignments: [{ creative_id: 'banner_1', package_id }] }),
    aSync({ account, creatives: [aBanner('growth_2')], delete_missing: true, dry_run: true }),
  ],
  list_creatives: ({ media_buy_id, package_id }) => [
    {},
    { include_snapshot: true, fields: ['name', 'assignments'] },
    ...['created_date', 'updated_date', 'name', 'status', 'assignment_count'].map((field) => ({
      sort: { field, direction: 'asc' },
      pagination: { max_results: 1 },
    })),
    ...eachOf(
      {
        accounts: [account, nature],
        statuses: ['approved', 'archived'],
        tags: ['spring'],
        tags_any: ['spring'],
        name_contains: 'banner',
        creative_ids: ['spring_banner', 'loud_banner'],
        ...times,
        ...updated,
        assigned_to_packages: [package_id],
        media_buy_ids: [media_buy_id],
        unassigned: true,
        format_ids: [format],
      },
      (filters) => ({ filters }),
    ),
  ],
  get_media_buys: ({ media_buy_ids }) => [
    {},
    { status_filter: statuses, pagination: { max_results: 2 } },
    { media_buy_ids },
    { status_filter: 'paused', account },
    {
      media_buy_ids,
      account: nature,
      include_snapshot: true,
      include_history: 10,
      include_webhook_activity: true,
    },
  ],
  update_media_buy: ({ media_buy_id, package_id, now }) => [
    aChange(media_buy_id, { paused: true }),
    aChange(media_buy_id, { paused: false, packages: [{ package_id, budget: 4100 }] }),
    aChange(media_buy_id, { end_time: new Date(now.getTime() + 40 * 86_400_000).toISOString() }),
    aChange(media_buy_id, { packages: [{ package_id, creatives: [aBanner('growth_changed')] }] }),
    aChange(media_buy_id, { packages: [{ package_id, budget: 900_000 }] }),
    aChange(media_buy_id, { canceled: true }),
  ],
  get_media_buy_delivery: ({ media_buy_ids }) => [
    {},
    { media_buy_ids, start_date: '2026-01-01', end_date: '2040-12-31' },
    { status_filter: statuses, include_package_daily_breakdown: true, pagination: { max_results: 2 } },
    { status_filter: 'active', account },
  ],
  tasks_get: ({ task_ids }) => task_ids.map((task_id) => ({ task_id, include_history: true })),
  tasks_list: ({ task_ids, media_buy_id }) => [
    {},
    ...['created_at', 'updated_at', 'status', 'task_type', 'protocol'].map((field) => ({
      sort: { field, direction: 'asc' },
      pagination: { max_results: 1 },
    })),
    ...eachOf(
      {
        protocol: 'media-buy',
        statuses: ['submitted', 'completed', 'rejected'],
        task_type: 'create_media_buy',
        ...times,
        ...updated,
        task_ids,
        context_contains: media_buy_id,
        has_webhook: true,
      },
      (filters) => ({ filters, account }),
    ),
  ],
  provide_performance_feedback: ({ media_buy_id, package_id }) => [
    {
      idempotency_key: 'growth-feedback-0001',
      media_buy_id,
      package_id,
      measurement_period: { start: '2026-01-01T00:00:00Z', end: '2026-01-08T00:00:00Z' },
      performance_index: 1.2,
    },
  ],
}
