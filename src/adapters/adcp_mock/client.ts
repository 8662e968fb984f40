import { z } from 'zod'
import { withSignal } from '../../abort.ts'
import { AdapterError, type Call } from '../adapter.ts'
import type { Settings } from './config.ts'
import { networkError, noAnswer, statusError, type Request } from './errors.ts'

const LARGEST_ANSWER_BYTES = 5_000_000

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

const Creative = z.object({ creative_id: z.string().min(1), name: z.string() })

const Task = z.object({
  status: z.string(),
  result: z.object({ outcome: z.string(), reviewer_note: z.string().optional() }).optional(),
})
const Problem = z.object({ code: z.string().max(100), message: z.string() })

export type Client = ReturnType<typeof openClient>

/** The routes of the ad server this adapter uses. Every call ends in time and throws nothing but AdapterErrors. */
export function openClient(settings: Settings, apiKey: string) {
  const send = <T>(request: Request, schema: z.ZodType<T>, call: Call, body?: object) =>
    sendRequest(settings, apiKey, request, schema, call, body)
  const get = <T>(path: string, schema: z.ZodType<T>, call: Call) =>
    send({ method: 'GET', path }, schema, call)
  const post = <T>(path: string, schema: z.ZodType<T>, call: Call, body: object) =>
    send({ method: 'POST', path }, schema, call, body)
  const order = (orderId: string) => `/v1/orders/${encodeURIComponent(orderId)}`
  return {
    createOrder: (body: object, call: Call) => post('/v1/orders', Order, call, body),
    listOrders: async (call: Call) =>
      (await get('/v1/orders', z.object({ orders: z.array(Order) }), call)).orders,
    readOrder: (orderId: string, call: Call) => get(order(orderId), Order, call),
    createLineItem: (orderId: string, body: object, call: Call) =>
      post(`${order(orderId)}/lineitems`, LineItem, call, body),
    listLineItems: async (orderId: string, call: Call) =>
      (await get(`${order(orderId)}/lineitems`, z.object({ line_items: z.array(LineItem) }), call))
        .line_items,
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
    readTask: (taskId: string, call: Call) => get(`/v1/tasks/${encodeURIComponent(taskId)}`, Task, call),
  }
}

async function sendRequest<T>(
  settings: Settings,
  apiKey: string,
  request: Request,
  schema: z.ZodType<T>,
  call: Call,
  body?: object,
): Promise<T> {
  if (call.signal.aborted)
    throw new AdapterError('transient', 'aborted', 'The call was given up before it was made')
  const { response, text } = await fetchText(settings, apiKey, request, call.signal, body)
  const answer = parseJson(text)
  if (!response.ok) throw statusError(request, response, problemOf(answer, apiKey))
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  throw noAnswer(request, 'unreadable_answer', `the answer (${response.status}) could not be understood`)
}

function fetchText(
  settings: Settings,
  apiKey: string,
  request: Request,
  givenUp: AbortSignal,
  body: object | undefined,
) {
  return withSignal([givenUp], settings.timeout_ms, async (signal) => {
    try {
      const response = await fetch(settings.base_url.replace(/\/+$/, '') + request.path, {
        method: request.method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'x-network-code': settings.network_code,
          'content-type': 'application/json',
        },
        body: body ? JSON.stringify(body) : null,
        // another host must never be sent our key
        redirect: 'manual',
        signal,
      })
      return { response, text: await readText(response) }
    } catch (error) {
      // asked first, because what fetch throws then is whatever the caller gave as its reason
      if (signal.aborted) throw noAnswer(request, 'no_answer', 'the call ended before there was an answer')
      throw networkError(request, error)
    }
  })
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > LARGEST_ANSWER_BYTES) throw Object.assign(new Error(), { cause: { code: 'ANSWER_TOO_LARGE' } })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function problemOf(answer: unknown, apiKey: string): { code: string; message: string } {
  const problem = Problem.safeParse(answer)
  if (!problem.success) return { code: 'no_reason', message: 'it gave no reason' }
  const clean = (text: string) => text.replaceAll(apiKey, '[secret]').slice(0, 300)
  return { code: clean(problem.data.code), message: clean(problem.data.message) }
}
