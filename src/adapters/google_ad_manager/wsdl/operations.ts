/** An operation: what it takes, as the fields of a type, and what it answers with. */
export interface Operation {
  takes: string
  answers: string
}

const byStatement = (page: string): Operation => ({ takes: 'filterStatement:Statement', answers: page })
const writes = (field: string, type: string): Operation => ({
  takes: `${field}:${type}[]`,
  answers: `${type}[]`,
})
const acts = (field: string, action: string): Operation => ({
  takes: `${field}:${action} filterStatement:Statement`,
  answers: 'UpdateResult',
})

/** Every operation the adapter calls, by service. */
export const services = {
  NetworkService: {
    getAllNetworks: { takes: '', answers: 'Network[]' },
    getCurrentNetwork: { takes: '', answers: 'Network' },
  },
  UserService: {
    getCurrentUser: { takes: '', answers: 'User' },
    getUsersByStatement: byStatement('UserPage'),
  },
  CompanyService: {
    createCompanies: writes('companies', 'Company'),
    getCompaniesByStatement: byStatement('CompanyPage'),
  },
  InventoryService: { getAdUnitsByStatement: byStatement('AdUnitPage') },
  PlacementService: { getPlacementsByStatement: byStatement('PlacementPage') },
  CustomTargetingService: {
    getCustomTargetingKeysByStatement: byStatement('CustomTargetingKeyPage'),
    getCustomTargetingValuesByStatement: byStatement('CustomTargetingValuePage'),
  },
  AudienceSegmentService: { getAudienceSegmentsByStatement: byStatement('AudienceSegmentPage') },
  PublisherQueryLanguageService: {
    select: { takes: 'selectStatement:Statement', answers: 'ResultSet' },
  },
  OrderService: {
    createOrders: writes('orders', 'Order'),
    getOrdersByStatement: byStatement('OrderPage'),
    performOrderAction: acts('orderAction', 'OrderAction'),
  },
  LineItemService: {
    createLineItems: writes('lineItems', 'LineItem'),
    getLineItemsByStatement: byStatement('LineItemPage'),
    performLineItemAction: acts('lineItemAction', 'LineItemAction'),
    updateLineItems: writes('lineItems', 'LineItem'),
  },
  ForecastService: {
    getAvailabilityForecast: {
      takes: 'lineItem:ProspectiveLineItem forecastOptions:AvailabilityForecastOptions',
      answers: 'AvailabilityForecast',
    },
  },
  CreativeService: {
    createCreatives: writes('creatives', 'Creative'),
    getCreativesByStatement: byStatement('CreativePage'),
  },
  LineItemCreativeAssociationService: {
    createLineItemCreativeAssociations: writes('lineItemCreativeAssociations', 'LineItemCreativeAssociation'),
    getLineItemCreativeAssociationsByStatement: {
      takes: 'filterStatement:Statement',
      answers: 'LineItemCreativeAssociationPage',
    },
    performLineItemCreativeAssociationAction: {
      takes: 'lineItemCreativeAssociationAction:LineItemCreativeAssociationAction filterStatement:Statement',
      answers: 'UpdateResult',
    },
  },
  ReportService: {
    runReportJob: { takes: 'reportJob:ReportJob', answers: 'ReportJob' },
    getReportJobStatus: { takes: 'reportJobId:long', answers: 'ReportJobStatus' },
    getReportDownloadUrlWithOptions: {
      takes: 'reportJobId:long reportDownloadOptions:ReportDownloadOptions',
      answers: 'string',
    },
  },
} satisfies Record<string, Record<string, Operation>>

export type Service = keyof typeof services
export type OperationOf<S extends Service> = keyof (typeof services)[S] & string

/** An operation by name. */
export function operation(service: Service, name: string): Operation {
  return (services[service] as Record<string, Operation>)[name] ?? { takes: '', answers: '' }
}
