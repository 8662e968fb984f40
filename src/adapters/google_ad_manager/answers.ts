import { z } from 'zod'

/** Ids and amounts are text: they do not fit a number. */
const Id = z.string().regex(/^\d+$/)

export const Network = z.object({
  networkCode: z.string(),
  displayName: z.string(),
  timeZone: z.string(),
  currencyCode: z.string(),
  secondaryCurrencyCodes: z.array(z.string()).default([]),
  isTest: z.boolean().default(false),
})
export type Network = z.infer<typeof Network>
export const User = z.object({
  id: Id,
  name: z.string(),
  email: z.string(),
  roleName: z.string().default(''),
})
export const Company = z.object({ id: Id, name: z.string(), type: z.string() })
export const Order = z.object({
  isArchived: z.boolean().default(false),
  id: Id,
  name: z.string(),
  status: z.string(),
  advertiserId: Id,
  poNumber: z.string().default(''),
})
export type Order = z.infer<typeof Order>
export const LineItem = z.object({
  id: Id,
  externalId: z.string().default(''),
  isArchived: z.boolean().default(false),
  status: z.string(),
  lineItemType: z.string(),
  costType: z.string(),
  costPerUnit: z.object({ currencyCode: z.string(), microAmount: z.string() }),
  primaryGoal: z.object({ units: z.string() }),
})
export type LineItem = z.infer<typeof LineItem>
export const Creative = z.object({ id: Id, name: z.string(), policyLabels: z.array(z.string()).default([]) })
export const Association = z.object({ lineItemId: Id, creativeId: Id, status: z.string() })
export type Association = z.infer<typeof Association>
export type Pair = Pick<Association, 'lineItemId' | 'creativeId'>
const WallClock = z.object({
  date: z.object({ year: z.int(), month: z.int(), day: z.int() }),
  hour: z.int(),
  minute: z.int(),
  second: z.int(),
})
const Breakdown = z.object({
  startTime: WallClock,
  breakdownEntries: z
    .array(z.object({ forecast: z.object({ available: z.coerce.number().int().nonnegative().optional() }) }))
    .default([]),
})
export type Breakdown = z.infer<typeof Breakdown>
export const AvailabilityForecast = z.object({ breakdowns: z.array(Breakdown).default([]) })
export const Inventory = z.object({ id: Id, status: z.string() })
export const Named = z.object({ id: Id, name: z.string() })
export const Changed = z.object({ numChanges: z.int().default(0) })
export const Rows = z.object({
  columnTypes: z.array(z.object({ labelName: z.string() })).default([]),
  rows: z
    .array(z.object({ values: z.array(z.object({ value: z.unknown().optional() }).nullable()) }))
    .default([]),
})
