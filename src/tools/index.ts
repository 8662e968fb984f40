import { createMediaBuy } from './create_media_buy.ts'
import type { Tool } from './define-tool.ts'
import { getAdcpCapabilities } from './get_adcp_capabilities.ts'
import { getMediaBuys } from './get_media_buys.ts'
import { getProducts } from './get_products.ts'
import { listAuthorizedProperties } from './list_authorized_properties.ts'
import { listCreativeFormats } from './list_creative_formats.ts'
import { listCreatives } from './list_creatives.ts'
import { syncCreatives } from './sync_creatives.ts'
import { tasksGet } from './tasks_get.ts'

/** Every AdCP tool this desk serves, in the order a buyer uses them. */
export const tools = [
  getAdcpCapabilities,
  listAuthorizedProperties,
  listCreativeFormats,
  getProducts,
  createMediaBuy,
  syncCreatives,
  listCreatives,
  getMediaBuys,
  tasksGet,
] as const satisfies readonly Tool[]
