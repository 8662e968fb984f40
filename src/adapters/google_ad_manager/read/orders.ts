import { z } from 'zod'
import type { Delivered, HeldStatus } from '../../adapter.ts'
import { amount, count, Id, Money, text, time } from './words.ts'

const orderStatuses: Readonly<Record<string, HeldStatus>> = {
  DRAFT: 'draft',
  PENDING_APPROVAL: 'pending',
  APPROVED: 'ready',
  PAUSED: 'paused',
}
export const Order = z
  .object({
    id: Id,
    name: z.string(),
    startDateTime: time,
    endDateTime: time,
    unlimitedEndDateTime: z.boolean().default(false),
    status: z.string(),
    isArchived: z.boolean().default(false),
    poNumber: text,
    currencyCode: text,
    advertiserId: Id,
    totalBudget: Money.optional(),
  })
  .transform((order) => ({
    id: order.id,
    name: order.name,
    advertiser_id: order.advertiserId,
    external_key: /\[(adcp:[^\]]+)\]$/.exec(order.name)?.[1] ?? null,
    status: order.isArchived ? 'canceled' : (orderStatuses[order.status] ?? 'canceled'),
    currency: order.currencyCode,
    budget: order.totalBudget ? amount(order.totalBudget) : null,
    start_time: order.startDateTime,
    end_time: order.unlimitedEndDateTime ? null : order.endDateTime,
    po_number: order.poNumber,
  }))

const itemStatuses: Readonly<Record<string, HeldStatus>> = {
  DRAFT: 'draft',
  PENDING_APPROVAL: 'pending',
  READY: 'ready',
  DELIVERING: 'serving',
  DELIVERY_EXTENDED: 'serving',
  PAUSED: 'paused',
  PAUSED_INVENTORY_RELEASED: 'paused',
  INACTIVE: 'not_delivering',
  COMPLETED: 'completed',
}
const pricingModels: Readonly<Record<string, string>> = {
  CPM: 'cpm',
  VCPM: 'vcpm',
  CPC: 'cpc',
  CPCV: 'cpcv',
  CPA: 'cpa',
  CPD: 'time',
}
const Stats = z
  .object({
    impressionsDelivered: count,
    clicksDelivered: count,
    videoCompletionsDelivered: count,
    viewableImpressionsDelivered: count,
  })
  .partial()
  .transform((stats): Delivered => ({
    impressions: stats.impressionsDelivered ?? 0,
    clicks: stats.clicksDelivered ?? null,
    completions: stats.videoCompletionsDelivered ?? null,
    viewable_impressions: stats.viewableImpressionsDelivered ?? null,
  }))

export const LineItem = z
  .object({
    orderId: Id,
    id: Id,
    name: z.string(),
    externalId: text,
    startDateTime: time,
    endDateTime: time,
    unlimitedEndDateTime: z.boolean().default(false),
    costPerUnit: Money.optional(),
    costType: z.string().default(''),
    stats: Stats.nullable().default(null),
    status: z.string(),
    isArchived: z.boolean().default(false),
    primaryGoal: z.object({ goalType: z.string().default(''), units: z.string().default('') }).optional(),
  })
  .transform((item) => ({
    id: item.id,
    name: item.name,
    order_id: item.orderId,
    external_key: item.externalId?.startsWith('adcp:') ? item.externalId : null,
    status:
      item.isArchived && item.status !== 'COMPLETED' ? 'canceled' : (itemStatuses[item.status] ?? 'canceled'),
    pricing_model: pricingModels[item.costType] ?? null,
    price: item.costPerUnit ? amount(item.costPerUnit) : null,
    currency: item.costPerUnit?.currencyCode ?? null,
    goal: item.primaryGoal?.goalType === 'LIFETIME' ? Number(item.primaryGoal.units) : null,
    start_time: item.startDateTime,
    end_time: item.unlimitedEndDateTime ? null : item.endDateTime,
    delivered: item.stats,
  }))
export type LineItem = z.infer<typeof LineItem>
