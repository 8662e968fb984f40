import { forceAccountStatus } from './force_account_status.ts'
import { forceCreateMediaBuyArm } from './force_create_media_buy_arm.ts'
import { forceCreativeStatus } from './force_creative_status.ts'
import { forceMediaBuyStatus } from './force_media_buy_status.ts'
import { forceTaskCompletion } from './force_task_completion.ts'
import type { Scenario } from './scenario.ts'
import { seedCreative, seedCreativeFormat } from './seed_creative.ts'
import { seedMediaBuy } from './seed_media_buy.ts'
import { seedPricingOption, seedProduct } from './seed_product.ts'
import { simulateBudgetSpend, simulateDelivery } from './simulate.ts'

/** Every scenario, by its name on the wire. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  Object.entries({
    force_creative_status: forceCreativeStatus,
    force_account_status: forceAccountStatus,
    force_media_buy_status: forceMediaBuyStatus,
    force_create_media_buy_arm: forceCreateMediaBuyArm,
    force_task_completion: forceTaskCompletion,
    simulate_delivery: simulateDelivery,
    simulate_budget_spend: simulateBudgetSpend,
    seed_product: seedProduct,
    seed_pricing_option: seedPricingOption,
    seed_creative: seedCreative,
    seed_media_buy: seedMediaBuy,
    seed_creative_format: seedCreativeFormat,
  }),
)
