import type { Books } from './books.ts'
import { fail } from './fail.ts'
import { fits } from './forecasts.ts'
import { isReserved } from './line_item_rules.ts'
import { isRunning } from './line_items.ts'
import * as data from './network_data.ts'
import type { Thing } from './objects.ts'
import { readQuery } from './pql.ts'

/** Makes orders as drafts, whatever status they say. Names are unique, archived orders included. */
export function createOrders(books: Books, orders: Thing[]): Thing[] {
  orders.forEach((order, i) => check(books, order, `orders[${i}]`))
  const created = orders.map((order) => ({ ...order, id: books.nextId(), status: 'DRAFT' }))
  books.orders.push(...created)
  return created
}

function check(books: Books, { name, advertiserId, traffickerId, poNumber }: Thing, at: string): void {
  if (!name) fail('RequiredError', 'REQUIRED', `${at}.name`)
  if (String(name).length > 255) fail('StringLengthError', 'TOO_LONG', `${at}.name`)
  if (String(poNumber ?? '').length > 63) fail('StringLengthError', 'TOO_LONG', `${at}.poNumber`)
  if (!advertiserId) fail('RequiredError', 'REQUIRED', `${at}.advertiserId`)
  if (!traffickerId) fail('RequiredError', 'REQUIRED', `${at}.traffickerId`)
  const advertiser = books.companies.find(({ id }) => id === advertiserId)
  if (!advertiser) fail('CommonError', 'NOT_FOUND', `${at}.advertiserId`, String(advertiserId))
  if (advertiser['type'] === 'AGENCY') fail('TypeError', 'INVALID_TYPE', `${at}.advertiserId`)
  if (traffickerId !== data.user['id']) fail('CommonError', 'NOT_FOUND', `${at}.traffickerId`)
  if (books.orders.some((one) => one['name'] === name))
    fail('UniqueError', undefined, `${at}.name`, String(name))
}

/** Carries out an action on every order a statement finds; those it does not apply to are left out of the count. */
export function performOrderAction(books: Books, action: Thing, statement: Thing): Thing {
  const { matches } = readQuery(statement)
  const orders = books.orders.filter((order) => matches(order) && !order['archived'])
  return { numChanges: orders.filter((order) => act(books, order, action)).length }
}

function act(books: Books, order: Thing, action: Thing): boolean {
  const from = String(order['status'])
  switch (action['xsi_type']) {
    case 'ApproveOrders':
    case 'ApproveAndOverbookOrders':
      if (!['DRAFT', 'PENDING_APPROVAL'].includes(from)) return false
      if (!books.minded.mayApprove) fail('OrderActionError', 'PERMISSION_DENIED', 'orderAction')
      checkForecast(books, order, action)
      order['status'] = 'APPROVED'
      return true
    case 'SubmitOrdersForApproval':
    case 'SubmitOrdersForApprovalAndOverbook':
      if (from !== 'DRAFT') return false
      order['status'] = 'PENDING_APPROVAL'
      return true
    case 'ArchiveOrders':
      // what runs must be stopped first
      if (itemsOf(books, order).some((item) => !item['archived'] && isRunning(books, item)))
        fail('OrderActionError', 'NOT_APPLICABLE', 'orderAction')
      order['archived'] = true
      for (const item of itemsOf(books, order)) item['archived'] = true
      return true
    default:
      return fail('OrderActionError', 'NOT_APPLICABLE', 'orderAction')
  }
}

function checkForecast(books: Books, order: Thing, action: Thing): void {
  if (!itemsOf(books, order).some(isReserved) || action['skipInventoryCheck'] === 'true') return
  const id = String(order['id'])
  const asked = books.forecastsAsked.get(id) ?? 0
  if (asked < books.minded.noForecast) {
    books.forecastsAsked.set(id, asked + 1)
    fail('ForecastError', 'NO_FORECAST_YET', 'orderAction')
  }
  const enough = books.minded.inventory && itemsOf(books, order).every((item) => fits(books, item))
  if (!enough && action['xsi_type'] !== 'ApproveAndOverbookOrders')
    fail('ForecastError', 'NOT_ENOUGH_INVENTORY', 'orderAction')
}

const itemsOf = (books: Books, order: Thing) =>
  books.lineItems.filter(({ orderId }) => orderId === order['id'])
