import { setTimeout } from 'node:timers/promises'
import { AdapterError, type AdapterErrorClass } from '../adapter.ts'
import {
  findLineItems,
  findOrders,
  insertLineItem,
  insertOrder,
  noteCall,
  readOrder,
  type Books,
  type NewLineItem,
  type NewOrder,
} from './books.ts'
import type { Behaviour } from './config.ts'

const NEVER_MS = 2 ** 31 - 1

export type AdServer = ReturnType<typeof openAdServer>

/** The ad server itself, as far as there is one: it books what it is asked to, as often as it is asked. */
export function openAdServer(books: Books, network: string) {
  const receive = (operation: string, reference: string) =>
    ask('transient', () => noteCall(books, { network, operation, reference }))

  async function createOrder(order: Omit<NewOrder, 'network'>, behaviour: Behaviour, signal: AbortSignal) {
    const { latency_ms, refuse, approval_ms, lose_answers, busy, hang } = behaviour
    const nth = await receive('create_order', order.reference)
    if (hang) await pass(NEVER_MS, signal)
    if (nth <= busy)
      throw new AdapterError('transient', 'busy', 'The ad server is busy and turned the order away')
    await pass(latency_ms / 2, signal)
    if (refuse !== null)
      throw new AdapterError('permanent', 'refused', `The ad server refused the order: ${refuse}`)
    const orderId = await ask('ambiguous', () => insertOrder(books, { ...order, network }, approval_ms))
    await pass(latency_ms / 2, signal)
    if (nth <= busy + lose_answers) throw unanswered('The answer of the ad server was lost')
    return orderId
  }

  async function createLineItem(item: NewLineItem, latency_ms: number, signal: AbortSignal) {
    await receive('create_line_item', item.reference)
    await pass(latency_ms / 2, signal)
    const lineItemId = await ask('ambiguous', () => insertLineItem(books, item))
    await pass(latency_ms / 2, signal)
    return lineItemId
  }

  return {
    createOrder,
    createLineItem,
    findOrders: async (reference: string) => {
      await receive('find_orders', reference)
      return ask('transient', () => findOrders(books, network, reference))
    },
    findLineItems: async (reference: string) => {
      await receive('find_line_items', reference)
      return ask('transient', () => findLineItems(books, network, reference))
    },
    readOrder: async (orderId: string, reference: string) => {
      await receive('read_order', reference)
      return ask('transient', () => readOrder(books, network, orderId))
    },
  }
}

async function pass(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 && !signal.aborted) return
  try {
    await setTimeout(ms, undefined, { signal })
  } catch {
    throw unanswered('The call was given up before the ad server answered')
  }
}

function unanswered(message: string): AdapterError {
  return new AdapterError('ambiguous', 'no_answer', message)
}

// a statement already sent is waited for even after an abort: once the call has ended, nothing of it is left to happen
async function ask<T>(errorClass: AdapterErrorClass, query: () => Promise<T>): Promise<T> {
  try {
    return await query()
  } catch (error) {
    const sqlState = String((error as { code?: unknown }).code)
    // data the tables cannot hold, such as a line item of an order that is gone
    if (/^2[23]\w{3}$/.test(sqlState))
      throw new AdapterError('permanent', 'not_bookable', `The ad server cannot book this (${sqlState})`)
    throw new AdapterError(
      errorClass,
      'books_unavailable',
      'The books of the simulated ad server could not be reached',
    )
  }
}
