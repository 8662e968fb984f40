import { aBanner, aSync } from '../creatives.ts'
import { aPurchase, type Args } from '../desk.ts'
import { feedback, type Things } from './things.ts'

/** Calls a buyer makes with what is its own, of every tool, with every field that takes an id in one of them. */
export function callsOf(own: Things, now: Date): Record<string, Args[]> {
  const { account_id, media_buy_id, package_id, creative_id, task_id, context_id, product_id, cursor } = own
  const account = { account_id }
  const next = { pagination: { cursor } }
  const shown = { creative_assignments: [{ creative_id }] }
  const brought = { creatives: [aBanner(creative_id)] }
  const [item] = aPurchase({ package: { product_id } }, now)['packages'] as Args[]
  const answer = { context_id, ext: { salesdesk: { answer: 'The tent.' } } }
  const change = { ...fresh(), account, media_buy_id }
  return {
    get_adcp_capabilities: [{}],
    sync_accounts: [
      {
        ...fresh(),
        accounts: [{ brand: { domain: 'new.example' }, operator: 'new.example', billing: 'operator' }],
      },
    ],
    list_accounts: [{}, { account }, next],
    get_account_financials: [{ account }],
    list_authorized_properties: [{}],
    list_creative_formats: [{}, next],
    get_products: [
      { buying_mode: 'brief', brief: 'display', account },
      { buying_mode: 'wholesale', ...next },
      { buying_mode: 'refine', refine: [{ scope: 'product', product_id, action: 'include' }] },
      {
        buying_mode: 'refine',
        refine: [{ scope: 'proposal', proposal_id: own.proposal_id, action: 'finalize' }],
      },
    ],
    create_media_buy: [
      { ...aPurchase({}, now), account, packages: [{ ...item, ...shown }] },
      { ...aPurchase({}, now), account, packages: [{ ...item, ...brought }] },
      { ...aPurchase({}, now), account, packages: [{ ...item }], ...answer },
      {
        ...aPurchase({}, now),
        ...{ account, packages: undefined, proposal_id: own.proposal_id },
        total_budget: { amount: 5000, currency: 'EUR' },
      },
    ],
    sync_creatives: [
      aSync({ account, ...brought, assignments: [{ creative_id, package_id }] }),
      aSync({ account, ...brought, creative_ids: [creative_id] }),
    ],
    list_creatives: [
      {},
      { account },
      { filters: { accounts: [account] } },
      { filters: { creative_ids: [creative_id] } },
      { filters: { assigned_to_packages: [package_id] } },
      { filters: { media_buy_ids: [media_buy_id] } },
      next,
    ],
    get_media_buys: [
      {},
      { account },
      {
        media_buy_ids: [media_buy_id],
        include_history: 50,
        include_snapshot: true,
        include_webhook_activity: true,
      },
      next,
    ],
    update_media_buy: [
      { ...change, packages: [{ package_id, ...shown }] },
      { ...change, packages: [{ package_id, ...brought }] },
      { ...change, new_packages: [{ ...item, ...shown }] },
      { ...change, new_packages: [{ ...item, ...brought }] },
      { ...change, packages: [{ package_id, budget: 800 }], ...answer },
    ],
    get_media_buy_delivery: [{}, { account }, { media_buy_ids: [media_buy_id] }, next],
    tasks_get: [{ task_id }, { task_id, account }],
    tasks_list: [{}, { account }, { filters: { task_ids: [task_id] } }, next],
    provide_performance_feedback: [
      { ...fresh(), ...feedback, media_buy_id, package_id },
      { ...fresh(), ...feedback, media_buy_id, creative_id },
    ],
    comply_test_controller: Object.entries(scenarioCalls(own)).map(([scenario, params]) => ({
      ...fresh(),
      ...{ scenario, params },
    })),
  }
}

/** Parameters of every scenario of the test controller. */
export function scenarioCalls({
  account_id,
  media_buy_id,
  creative_id,
  task_id,
  product_id,
}: Things): Record<string, Args> {
  return {
    force_creative_status: { creative_id, status: 'approved' },
    force_account_status: { account_id, status: 'active' },
    force_media_buy_status: { media_buy_id, status: 'paused' },
    force_create_media_buy_arm: { arm: 'submitted', task_id },
    force_task_completion: { task_id, result: { media_buy_id, packages: [] } },
    simulate_delivery: { media_buy_id, impressions: 10 },
    simulate_budget_spend: { media_buy_id, spend_percentage: 10 },
    seed_product: { product_id, fixture: {} },
    seed_pricing_option: { product_id, pricing_option_id: 'seeded', fixture: {} },
    seed_creative: { creative_id, fixture: {} },
    seed_media_buy: { media_buy_id, fixture: { packages: [{ product_id }] } },
    seed_creative_format: { format_id: 'seeded_format', fixture: {} },
  }
}

let serial = 0
const fresh = () => ({ idempotency_key: `isolation-key-${String(++serial).padStart(6, '0')}` })
