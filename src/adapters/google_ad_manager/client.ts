import { z } from 'zod'
import type { Call } from '../adapter.ts'
import {
  Network,
  User,
  Company,
  Inventory,
  Order,
  LineItem,
  Creative,
  Association,
  Named,
  AvailabilityForecast,
  Changed,
  Rows,
  type Pair,
} from './answers.ts'
import { noAnswer } from './errors.ts'
import { boundList, boundPair, OF_PAIR, statement, type Bound } from './statement.ts'
import type { Transport } from './transport.ts'
import type { Sent } from './wsdl/canonical.ts'
import type { OperationOf, Service } from './wsdl/operations.ts'

const PAGE = 500
export type Client = ReturnType<typeof openClient>

/** The operations this adapter uses, their answers checked. Every call ends in time and throws nothing but AdapterErrors. */
export function openClient(transport: Transport) {
  async function send<S extends Service, T>(
    service: S,
    operation: OperationOf<S>,
    args: Sent,
    schema: z.ZodType<T>,
    call: Call,
  ): Promise<T> {
    const result = schema.safeParse(await transport.send(service, operation, args, call))
    if (result.success) return result.data
    throw noAnswer({ service, operation }, 'unreadable_answer', 'the answer could not be understood')
  }

  /** Everything a statement finds, page by page. */
  async function find<S extends Service, T>(
    service: S,
    operation: OperationOf<S>,
    schema: z.ZodType<T>,
    where: string,
    bound: Bound,
    call: Call,
    by = 'id',
  ): Promise<T[]> {
    const Page = z.object({ totalResultSetSize: z.int().default(0), results: z.array(schema).default([]) })
    const found: T[] = []
    for (;;) {
      const query = `WHERE ${where} ORDER BY ${by} ASC LIMIT ${PAGE} OFFSET ${found.length}`
      const page = await send(service, operation, { filterStatement: statement(query, bound) }, Page, call)
      found.push(...page.results)
      if (page.results.length === 0 || found.length >= page.totalResultSetSize) return found
    }
  }

  /** Rows of a PQL table as objects by column, everything as text. */
  async function select(query: string, bound: Bound, call: Call): Promise<Record<string, string>[]> {
    const args = { selectStatement: statement(query, bound) }
    const { columnTypes, rows } = await send('PublisherQueryLanguageService', 'select', args, Rows, call)
    return rows.map(({ values }) =>
      Object.fromEntries(
        columnTypes.map(({ labelName }, i) => [labelName.toLowerCase(), cell(values[i]?.value)]),
      ),
    )
  }

  const one = <T>(schema: z.ZodType<T>) => z.tuple([schema])
  return {
    readNetwork: (call: Call) => send('NetworkService', 'getCurrentNetwork', {}, Network, call),
    /** Every network the account may see; the header names none. */
    readNetworks: (call: Call) =>
      send('NetworkService', 'getAllNetworks', {}, z.array(Network).nullish(), call),
    findUsers: (where: string, bound: Bound, call: Call) =>
      find('UserService', 'getUsersByStatement', User, where, bound, call),
    readUser: (call: Call) => send('UserService', 'getCurrentUser', {}, User, call),
    findCompanies: (where: string, bound: Bound, call: Call) =>
      find('CompanyService', 'getCompaniesByStatement', Company, where, bound, call),
    createCompany: async (company: Sent, call: Call) =>
      (await send('CompanyService', 'createCompanies', { companies: [company] }, one(Company), call))[0],
    findOrders: (where: string, bound: Bound, call: Call) =>
      find('OrderService', 'getOrdersByStatement', Order, where, bound, call),
    createOrder: async (order: Sent, call: Call) =>
      (await send('OrderService', 'createOrders', { orders: [order] }, one(Order), call))[0],
    actOnOrder: async (orderId: string, action: Sent, call: Call) => {
      const args = {
        orderAction: action,
        filterStatement: statement('WHERE id = :id', { id: BigInt(orderId) }),
      }
      return (await send('OrderService', 'performOrderAction', args, Changed, call)).numChanges
    },
    findLineItems: (where: string, bound: Bound, call: Call) =>
      find('LineItemService', 'getLineItemsByStatement', LineItem, where, bound, call),
    createLineItem: async (item: Sent, call: Call) =>
      (await send('LineItemService', 'createLineItems', { lineItems: [item] }, one(LineItem), call))[0],
    actOnLineItem: async (id: string, action: Sent, call: Call) => {
      const args = {
        lineItemAction: action,
        filterStatement: statement('WHERE id = :id', { id: BigInt(id) }),
      }
      return (await send('LineItemService', 'performLineItemAction', args, Changed, call)).numChanges
    },
    /** A line item with whatever of it this adapter knows. */
    readLineItem: async (id: string, call: Call) => {
      const Any = z.record(z.string(), z.unknown())
      const bound = { id: BigInt(id) }
      const [item] = await find('LineItemService', 'getLineItemsByStatement', Any, 'id = :id', bound, call)
      return item ?? {}
    },
    /** A line item as Google wrote it, with all that this adapter does not know. */
    readLineItemXml: async (id: string, call: Call) => {
      const args = { filterStatement: statement('WHERE id = :id', { id: BigInt(id) }) }
      const text = await transport.sendForText('LineItemService', 'getLineItemsByStatement', args, call)
      const found = /<results\b[^>]*>[\s\S]*<\/results>/.exec(text)
      if (found) return found[0]
      throw noAnswer(
        { service: 'LineItemService', operation: 'getLineItemsByStatement' },
        'unreadable_answer',
        'it is gone',
      )
    },
    /** What stands inside a line item that is sent so. */
    lineItemXml: async (item: Sent) => {
      const xml = await transport.write('LineItemService', 'updateLineItems', { lineItems: [item] })
      return /<lineItems>([\s\S]*)<\/lineItems>/.exec(xml)?.[1] ?? ''
    },
    updateLineItemXml: async (xml: string, call: Call) => {
      const args = { lineItems: [{ $xml: xml }] }
      await send('LineItemService', 'updateLineItems', args, one(LineItem), call)
    },
    /** What a line item that does not exist could get in each of the windows between these times. */
    forecast: (lineItem: Sent, timeWindows: readonly Sent[], call: Call) => {
      const args = { lineItem: { lineItem }, forecastOptions: { breakdown: { timeWindows } } }
      return send('ForecastService', 'getAvailabilityForecast', args, AvailabilityForecast, call)
    },
    createCreative: async (creative: Sent, call: Call) =>
      (await send('CreativeService', 'createCreatives', { creatives: [creative] }, one(Creative), call))[0],
    findCreatives: (where: string, bound: Bound, call: Call) =>
      find('CreativeService', 'getCreativesByStatement', Creative, where, bound, call),
    createAssociation: async (pair: Pair, call: Call) => {
      const args = { lineItemCreativeAssociations: [{ ...pair }] }
      const service = 'LineItemCreativeAssociationService'
      await send(service, 'createLineItemCreativeAssociations', args, one(Association), call)
    },
    findAssociations: (pair: Pair, call: Call) =>
      find(
        'LineItemCreativeAssociationService',
        'getLineItemCreativeAssociationsByStatement',
        Association,
        OF_PAIR,
        boundPair(pair),
        call,
        'lineItemId',
      ),
    actOnAssociation: async (pair: Pair, action: Sent, call: Call) => {
      const filterStatement = statement(`WHERE ${OF_PAIR}`, boundPair(pair))
      const args = { lineItemCreativeAssociationAction: action, filterStatement }
      const service = 'LineItemCreativeAssociationService'
      await send(service, 'performLineItemCreativeAssociationAction', args, Changed, call)
    },
    findAdUnits: (ids: readonly string[], call: Call) => {
      const { names, bound } = boundList('id', ids)
      return find('InventoryService', 'getAdUnitsByStatement', Inventory, `id IN (${names})`, bound, call)
    },
    findPlacements: (ids: readonly string[], call: Call) => {
      const { names, bound } = boundList('id', ids.map(BigInt))
      return find('PlacementService', 'getPlacementsByStatement', Inventory, `id IN (${names})`, bound, call)
    },
    findKeys: (where: string, bound: Bound, call: Call) =>
      find('CustomTargetingService', 'getCustomTargetingKeysByStatement', Named, where, bound, call),
    findValues: (where: string, bound: Bound, call: Call) =>
      find('CustomTargetingService', 'getCustomTargetingValuesByStatement', Named, where, bound, call),
    select,
    /** All rows of a PQL query, page by page. */
    selectAll: async (query: string, bound: Bound, call: Call) => {
      const found: Awaited<ReturnType<typeof select>> = []
      for (;;) {
        const page = await select(
          `${query} ORDER BY Id ASC LIMIT ${PAGE} OFFSET ${found.length}`,
          bound,
          call,
        )
        found.push(...page)
        if (page.length < PAGE) return found
      }
    },
  }
}

function cell(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : ''
}
