import { z } from 'zod'
import { send, type Call, type Fetch, type HttpServer } from '../adapter.ts'
import type { Settings } from './config.ts'

const Order = z.object({
  order_id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  advertiser_id: z.string(),
  currency: z.string(),
  budget: z.number().optional(),
  approval_task_id: z.string().optional(),
})
export type Order = z.infer<typeof Order>

const LineItem = z.object({
  line_item_id: z.string().min(1),
  product_id: z.string(),
  budget: z.number(),
  ad_unit_targeting: z.array(z.string()).default([]),
  creative_ids: z.array(z.string()).default([]),
})
export type LineItem = z.infer<typeof LineItem>

const AdUnit = z.object({
  ad_unit_id: z.string().min(1),
  name: z.string(),
  path: z.string().nullable().default(null),
  sizes: z.array(z.object({ width: z.int(), height: z.int() })).default([]),
  targetable: z.boolean().default(true),
})
export type AdUnit = z.infer<typeof AdUnit>

const Creative = z.object({ creative_id: z.string().min(1), name: z.string() })

const Task = z.object({
  status: z.string(),
  result: z.object({ outcome: z.string(), reviewer_note: z.string().optional() }).optional(),
})
const Forecast = z.object({
  points: z.array(
    z.object({
      budget: z.number().optional(),
      metrics: z.object({ impressions: z.object({ mid: z.number() }).optional() }),
    }),
  ),
})
const Delivery = z.object({
  currency: z.string(),
  line_item_breakdown: z.array(
    z.object({
      line_item_id: z.string(),
      impressions: z.int().nonnegative(),
      spend: z.number().nonnegative(),
    }),
  ),
})
export type Delivery = z.infer<typeof Delivery>
const Problem = z.object({ code: z.string(), message: z.string() })

export type Client = ReturnType<typeof openClient>

/** The routes of the ad server this adapter uses. Every call ends in time and throws nothing but AdapterErrors. */
export function openClient({ base_url, timeout_ms, network_code }: Settings, secret: string, fetch: Fetch) {
  const headers = { authorization: `Bearer ${secret}`, 'x-network-code': network_code }
  const problemIn = (answer: unknown) => Problem.safeParse(answer).data
  const server: HttpServer = { base_url, fetch, timeout_ms, headers, secret, problemIn }
  const get = <T>(path: string, schema: z.ZodType<T>, call: Call) =>
    send(server, { method: 'GET', path }, schema, call)
  const post = <T>(path: string, schema: z.ZodType<T>, call: Call, json: object) =>
    send(server, { method: 'POST', path, json }, schema, call)
  const order = (orderId: string) => `/v1/orders/${encodeURIComponent(orderId)}`
  return {
    listAdUnits: async (call: Call) =>
      (await get('/v1/inventory', z.object({ ad_units: z.array(AdUnit) }), call)).ad_units,
    createOrder: (body: object, call: Call) => post('/v1/orders', Order, call, body),
    listOrders: async (call: Call) =>
      (await get('/v1/orders', z.object({ orders: z.array(Order) }), call)).orders,
    readOrder: (orderId: string, call: Call) => get(order(orderId), Order, call),
    createLineItem: (orderId: string, body: object, call: Call) =>
      post(`${order(orderId)}/lineitems`, LineItem, call, body),
    listLineItems: async (orderId: string, call: Call) =>
      (await get(`${order(orderId)}/lineitems`, z.object({ line_items: z.array(LineItem) }), call))
        .line_items,
    /** Since the order was made; it tells no days. */
    readDelivery: (orderId: string, call: Call) => get(`${order(orderId)}/delivery`, Delivery, call),
    createCreative: (body: object, call: Call) => post('/v1/creatives', Creative, call, body),
    listCreatives: async (call: Call) =>
      (await get('/v1/creatives', z.object({ creatives: z.array(Creative) }), call)).creatives,
    attachCreative: (orderId: string, lineItemId: string, body: object, call: Call) =>
      post(
        `${order(orderId)}/lineitems/${encodeURIComponent(lineItemId)}/creative-attach`,
        LineItem,
        call,
        body,
      ),
    /** Each of its figures is for the whole flight; the one without a budget says what there is. */
    forecast: async (body: object, call: Call) =>
      (await send(server, { method: 'POST', path: '/v1/forecast', json: body, reads: true }, Forecast, call))
        .points,
    readTask: (taskId: string, call: Call) => get(`/v1/tasks/${encodeURIComponent(taskId)}`, Task, call),
  }
}
