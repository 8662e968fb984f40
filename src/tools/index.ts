import { complyTestController } from './comply_test_controller.ts'
import { createMediaBuy } from './create_media_buy.ts'
import type { Tool } from './define-tool.ts'
import { getAccountFinancials } from './get_account_financials.ts'
import { getAdcpCapabilities } from './get_adcp_capabilities.ts'
import { getMediaBuyDelivery } from './get_media_buy_delivery.ts'
import { getMediaBuys } from './get_media_buys.ts'
import { getProducts } from './get_products.ts'
import { listAccounts } from './list_accounts.ts'
import { listAuthorizedProperties } from './list_authorized_properties.ts'
import { listCreativeFormats } from './list_creative_formats.ts'
import { providePerformanceFeedback } from './provide_performance_feedback.ts'
import { syncAccounts } from './sync_accounts.ts'
import { listCreatives } from './list_creatives.ts'
import { syncCreatives } from './sync_creatives.ts'
import { tasksGet } from './tasks_get.ts'
import { tasksList } from './tasks_list.ts'
import { updateMediaBuy } from './update_media_buy.ts'

/** Every AdCP tool this desk serves, in the order a buyer uses them. */
export const tools = [
  getAdcpCapabilities,
  syncAccounts,
  listAccounts,
  getAccountFinancials,
  listAuthorizedProperties,
  listCreativeFormats,
  getProducts,
  createMediaBuy,
  syncCreatives,
  listCreatives,
  getMediaBuys,
  updateMediaBuy,
  getMediaBuyDelivery,
  tasksGet,
  tasksList,
  providePerformanceFeedback,
] as const satisfies readonly Tool[]

/** Tools for sandbox buyers only, where the desk is told to have them. */
export const sandboxTools = [complyTestController] as const satisfies readonly Tool[]
