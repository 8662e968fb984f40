import type { Books } from './books.ts'
import { associate, createCreatives, performAssociationAction } from './creatives.ts'
import { fail } from './fail.ts'
import { getAvailabilityForecast } from './forecasts.ts'
import { valuesOf } from './inventory.ts'
import { createLineItems, performLineItemAction, shown, updateLineItems } from './line_items.ts'
import * as data from './network_data.ts'
import type { Thing } from './objects.ts'
import { createOrders, performOrderAction } from './orders.ts'
import { createCompanies, pageOf, select } from './people.ts'
import { getReportDownloadUrl, getReportJobStatus, runReportJob } from './reports.ts'

type Handler = (books: Books, args: Thing) => unknown

/** What each operation does with its arguments; what it gives back is its `rval`. */
export const operations: Readonly<Record<string, Handler>> = {
  getAllNetworks: ({ network, minded }) => {
    if (!minded.seesNetworks) fail('AuthenticationError', 'NO_NETWORKS_TO_ACCESS')
    return [network, data.otherNetwork]
  },
  getCurrentNetwork: (books) => books.network,
  getCurrentUser: () => data.user,
  getUsersByStatement: (_books, { filterStatement }) => pageOf(data.users, filterStatement as Thing),
  createCompanies: (books, { companies }) => createCompanies(books, companies as Thing[]),
  getCompaniesByStatement: (books, { filterStatement }) => pageOf(books.companies, filterStatement as Thing),
  getCustomTargetingKeysByStatement: ({ inventory }, { filterStatement }) =>
    pageOf(inventory.customKeys, filterStatement as Thing),
  getCustomTargetingValuesByStatement: ({ inventory }, { filterStatement }) =>
    valuesOf(inventory, filterStatement as Thing),
  getAdUnitsByStatement: ({ inventory }, { filterStatement }) =>
    pageOf(inventory.adUnits, filterStatement as Thing),
  getPlacementsByStatement: ({ inventory }, { filterStatement }) =>
    pageOf(inventory.placements, filterStatement as Thing),
  getAudienceSegmentsByStatement: ({ inventory }, { filterStatement }) =>
    pageOf(inventory.segments, filterStatement as Thing),
  select: (_books, { selectStatement }) => select(selectStatement as Thing),
  createOrders: (books, { orders }) => createOrders(books, orders as Thing[]),
  getOrdersByStatement: (books, { filterStatement }) =>
    pageOf(
      books.orders.map(({ archived = false, ...order }) => ({ ...order, isArchived: String(archived) })),
      filterStatement as Thing,
    ),
  performOrderAction: (books, { orderAction, filterStatement }) =>
    performOrderAction(books, orderAction as Thing, filterStatement as Thing),
  createLineItems: (books, { lineItems }) => createLineItems(books, lineItems as Thing[]),
  updateLineItems: (books, { lineItems }) => updateLineItems(books, lineItems as Thing[]),
  getLineItemsByStatement: (books, { filterStatement }) =>
    pageOf(
      books.lineItems.map((item) => shown(books, item)),
      filterStatement as Thing,
    ),
  performLineItemAction: (books, { lineItemAction, filterStatement }) =>
    performLineItemAction(books, lineItemAction as Thing, filterStatement as Thing),
  getAvailabilityForecast: (books, { lineItem, forecastOptions }) =>
    getAvailabilityForecast(books, lineItem as Thing, forecastOptions as Thing),
  createCreatives: (books, { creatives }) => createCreatives(books, creatives as Thing[]),
  getCreativesByStatement: (books, { filterStatement }) => pageOf(books.creatives, filterStatement as Thing),
  createLineItemCreativeAssociations: (books, { lineItemCreativeAssociations }) =>
    associate(books, lineItemCreativeAssociations as Thing[]),
  getLineItemCreativeAssociationsByStatement: (books, { filterStatement }) =>
    pageOf(books.associations, filterStatement as Thing),
  performLineItemCreativeAssociationAction: (books, { lineItemCreativeAssociationAction, filterStatement }) =>
    performAssociationAction(books, lineItemCreativeAssociationAction as Thing, filterStatement as Thing),
  runReportJob: (books, { reportJob }) => runReportJob(books, reportJob as Thing),
  getReportJobStatus,
  getReportDownloadUrlWithOptions: getReportDownloadUrl,
}
