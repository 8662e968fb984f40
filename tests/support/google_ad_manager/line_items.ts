import {
  daysBetween,
  fromNetworkTime,
  type NetworkTime,
} from '../../../src/adapters/google_ad_manager/network_time.ts'
import type { Books } from './books.ts'
import { fail } from './fail.ts'
import { checkLineItem } from './line_item_rules.ts'
import * as data from './network_data.ts'
import type { Thing } from './objects.ts'
import { readQuery } from './pql.ts'

/** Makes line items. Two of the same externalId are two, as there. */
export function createLineItems(books: Books, items: Thing[]): Thing[] {
  items.forEach((item, i) => {
    checkLineItem(books, item, `lineItems[${i}]`)
    checkFlight(books, item, `lineItems[${i}]`, true)
  })
  const created = items.map((item) => kept(books, { ...item, id: books.nextId() }))
  books.lineItems.push(...created)
  return created.map((item) => shown(books, item))
}

/** Writes line items anew: what is not sent is lost, what is read only stays. */
export function updateLineItems(books: Books, items: Thing[]): Thing[] {
  const updated = items.map((item, i) => {
    const at = `lineItems[${i}]`
    const before = books.lineItems.find(({ id }) => id === item['id'])
    if (!before) fail('CommonError', 'NOT_FOUND', `${at}.id`)
    if (before['archived']) fail('LineItemError', 'UPDATE_ARCHIVED_LINE_ITEM_NOT_ALLOWED', at)
    if (statusOf(books, before) === 'PENDING_APPROVAL')
      fail('LineItemError', 'UPDATE_PENDING_APPROVAL_LINE_ITEM_NOT_ALLOWED', at)
    checkLineItem(books, item, at)
    const moved = JSON.stringify(item['startDateTime']) !== JSON.stringify(before['startDateTime'])
    checkFlight(books, item, at, moved)
    return { before, after: kept(books, item) }
  })
  for (const { before, after } of updated) {
    const { paused, archived } = before
    for (const key of Object.keys(before)) delete before[key]
    Object.assign(before, after, { paused, archived })
  }
  return updated.map(({ before }) => shown(books, before))
}

/** Carries out an action on every line item a statement finds; those it does not apply to are left out of the count. */
export function performLineItemAction(books: Books, action: Thing, statement: Thing): Thing {
  const { matches } = readQuery(statement)
  const items = books.lineItems.filter((item) => matches(item) && !item['archived'])
  return { numChanges: items.filter((item) => act(books, item, action)).length }
}

function act(books: Books, item: Thing, action: Thing): boolean {
  const status = statusOf(books, item)
  switch (action['xsi_type']) {
    case 'PauseLineItems':
      if (!isRunning(books, item)) return false
      item['paused'] = true
      return true
    case 'ResumeLineItems':
      if (status !== 'PAUSED') return false
      item['paused'] = false
      return true
    case 'ArchiveLineItems':
      if (isRunning(books, item)) fail('LineItemOperationError', 'NOT_APPLICABLE', 'lineItemAction')
      item['archived'] = true
      return true
    default:
      return fail('LineItemOperationError', 'NOT_APPLICABLE', 'lineItemAction')
  }
}

/** A line item as the fake answers with it: what Google works out included. */
export function shown(books: Books, { paused: _paused, archived = false, ...item }: Thing): Thing {
  const status = statusOf(books, { ...item, paused: _paused })
  return {
    ...item,
    status,
    isArchived: String(archived),
    isMissingCreatives: String(!hasCreatives(books, item)),
  }
}

/** Whether a line item runs or would, were there creatives and were it time. */
export function isRunning(books: Books, item: Thing): boolean {
  return ['READY', 'DELIVERING', 'INACTIVE', 'DELIVERY_EXTENDED'].includes(statusOf(books, item))
}

function statusOf(books: Books, item: Thing): string {
  const order = String(books.orders.find(({ id }) => id === item['orderId'])?.['status'])
  if (order !== 'APPROVED') return order
  if (item['paused']) return 'PAUSED'
  const now = books.clock().getTime()
  if (momentOf(item['endDateTime'] as NetworkTime) <= now) return 'COMPLETED'
  if (!hasCreatives(books, item)) return 'INACTIVE'
  return momentOf(item['startDateTime'] as NetworkTime) <= now ? 'DELIVERING' : 'READY'
}

function hasCreatives(books: Books, item: Thing): boolean {
  return books.associations.some(({ lineItemId, status }) => lineItemId === item['id'] && status === 'ACTIVE')
}

export function checkFlight(books: Books, item: Thing, at: string, starts: boolean): void {
  const now = books.clock().getTime()
  const wrong = (reason: string) => fail('LineItemFlightDateError', reason, at)
  const immediately = item['startDateTimeType'] === 'IMMEDIATELY'
  if (!immediately && !item['startDateTime']) fail('RequiredError', 'REQUIRED', `${at}.startDateTime`)
  if (!item['endDateTime']) fail('RequiredError', 'REQUIRED', `${at}.endDateTime`)
  const start = immediately ? now : momentOf(item['startDateTime'] as NetworkTime)
  const end = momentOf(item['endDateTime'] as NetworkTime)
  if (starts && start < now) wrong('START_DATE_TIME_IS_IN_PAST')
  if (end <= now) wrong('END_DATE_TIME_IS_IN_PAST')
  if (end <= start) wrong('END_DATE_TIME_NOT_AFTER_START_TIME')
}

/** When a clock of the network shows that, in milliseconds. */
export function momentOf({ date, hour, minute, second, timeZoneId }: NetworkTime): number {
  const numbers = { year: Number(date.year), month: Number(date.month), day: Number(date.day) }
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second) }
  return (
    fromNetworkTime({ date: numbers, ...time, timeZoneId: timeZoneId || String(data.network['timeZone']) }) ??
    NaN
  )
}

/** What is stored of what was sent: nothing that is read only, and what "immediately" came to. */
function kept(
  books: Books,
  { status: _status, stats: _stats, isArchived: _archived, isMissingCreatives: _missing, ...item }: Thing,
): Thing {
  const zone = String(data.network['timeZone'])
  if (item['startDateTimeType'] !== 'IMMEDIATELY') return item
  const parts = new Date(books.clock().toLocaleString('en-US', { timeZone: zone }))
  const date = { year: parts.getFullYear(), month: parts.getMonth() + 1, day: parts.getDate() }
  const startDateTime = {
    date,
    hour: parts.getHours(),
    minute: parts.getMinutes(),
    second: parts.getSeconds(),
    timeZoneId: zone,
  }
  return { ...item, startDateTime, startDateTimeType: 'USE_START_DATE_TIME' }
}

/** What Google makes of price and goal: the money a line item is for, in millionths. */
export function budgetOf({ costType, costPerUnit, primaryGoal, startDateTime, endDateTime }: Thing): bigint {
  const cost = BigInt(costPerUnit.microAmount as string)
  const units = BigInt(primaryGoal.units as string)
  const iso = (time: NetworkTime) => new Date(momentOf(time)).toISOString()
  if (costType === 'CPD')
    return cost * BigInt(daysBetween(iso(startDateTime), iso(endDateTime), String(data.network['timeZone'])))
  return costType === 'CPC' ? cost * units : (cost * units) / 1000n
}
