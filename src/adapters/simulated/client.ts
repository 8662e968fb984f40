import { setTimeout } from 'node:timers/promises'
import { AdapterError, type AdapterErrorClass } from '../adapter.ts'
import {
  findLineItems,
  findOrders,
  findSold,
  insertLineItem,
  insertOrder,
  noteCall,
  readOrder,
  type Books,
  type NewLineItem,
  type NewOrder,
} from './books.ts'
import { changeBooks, findCreatives, readLineItem, type BookedChange } from './change_books.ts'
import type { Behaviour, Faults } from './config.ts'
import { readServed } from './served.ts'

const NEVER_MS = 2 ** 31 - 1

export type AdServer = ReturnType<typeof openAdServer>

/** The ad server itself, as far as there is one: it books what it is asked to, as often as it is asked. */
export function openAdServer(books: Books, network: string) {
  const receive = (operation: string, reference: string) =>
    ask('transient', () => noteCall(books, { network, operation, reference }))

  /** One call that writes, treated as the faults say. */
  async function serve<T>(
    operation: string,
    reference: string,
    faults: Partial<Faults>,
    signal: AbortSignal,
    write: () => Promise<T>,
  ): Promise<T> {
    const { latency_ms = 0, refuse = null, busy = 0, rate_limited = 0, lose_answers = 0 } = faults
    const nth = await receive(operation, reference)
    if (faults.hang) await pass(NEVER_MS, signal)
    if (nth <= busy)
      throw new AdapterError('transient', 'busy', 'The ad server is busy and turned the call away')
    if (nth <= busy + rate_limited)
      throw new AdapterError('rate_limited', 'too_many_calls', 'Too many calls', { retry_after_ms: 1000 })
    await pass(latency_ms / 2, signal)
    if (refuse !== null) throw new AdapterError('permanent', 'refused', `The ad server refused: ${refuse}`)
    const answer = await ask('ambiguous', write)
    await pass(latency_ms / 2, signal)
    if (nth <= busy + rate_limited + lose_answers) throw unanswered('The answer of the ad server was lost')
    return answer
  }

  async function look<T>(operation: string, reference: string, read: () => Promise<T>): Promise<T> {
    await receive(operation, reference)
    return ask('transient', read)
  }

  return {
    createOrder: (order: Omit<NewOrder, 'network'>, behaviour: Behaviour, signal: AbortSignal) =>
      serve('create_order', order.reference, behaviour, signal, () =>
        insertOrder(books, { ...order, network }, behaviour.approval_ms),
      ),
    createLineItem: (item: NewLineItem, latency_ms: number, signal: AbortSignal) =>
      serve('create_line_item', item.reference, { latency_ms }, signal, () => insertLineItem(books, item)),
    change: (change: BookedChange, reference: string, faults: Faults, signal: AbortSignal) =>
      serve(change.kind, reference, faults, signal, () => changeBooks(books, network, reference, change)),
    findOrders: (reference: string) =>
      look('find_orders', reference, () => findOrders(books, network, reference)),
    findLineItems: (reference: string) =>
      look('find_line_items', reference, () => findLineItems(books, network, reference)),
    findCreatives: (reference: string) =>
      look('find_creatives', reference, () => findCreatives(books, network, reference)),
    findSold: (inventory: string) => look('find_sold', inventory, () => findSold(books, network, inventory)),
    readOrder: (orderId: string, reference: string) =>
      look('read_order', reference, () => readOrder(books, network, orderId)),
    readLineItem: (lineItemId: string, reference: string) =>
      look('read_line_item', reference, () => readLineItem(books, network, lineItemId)),
    readServed: (orderIds: readonly string[]) =>
      look('read_served', 'report', () => readServed(books, network, orderIds)),
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
    if (error instanceof AdapterError) throw error
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
