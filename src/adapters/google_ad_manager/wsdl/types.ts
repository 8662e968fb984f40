import { forecastTypes } from './forecast_types.ts'
import { inventory } from './inventory_types.ts'
import { reports } from './report_types.ts'

/** A complex type of Google's: fields in the order the schema demands, as `name:type`, `[]` where it repeats. */
export interface ComplexType {
  extends?: string
  abstract?: boolean
  fields: string
}
type Types = Record<string, string | ComplexType>

/** What every service speaks in: dates, money, statements and the outcome of an action. */
const shared: Types = {
  SoapRequestHeader: 'networkCode:string applicationName:string',
  SoapResponseHeader: 'requestId:string responseTime:long',
  Date: 'year:int month:int day:int',
  DateTime: 'date:Date hour:int minute:int second:int timeZoneId:string',
  Money: 'currencyCode:string microAmount:long',
  Size: 'width:int height:int isAspectRatio:boolean',
  Statement: 'query:string values:String_ValueMapEntry[]',
  String_ValueMapEntry: 'key:string value:Value',
  Value: { abstract: true, fields: '' },
  BooleanValue: { extends: 'Value', fields: 'value:boolean' },
  NumberValue: { extends: 'Value', fields: 'value:string' },
  TextValue: { extends: 'Value', fields: 'value:string' },
  DateTimeValue: { extends: 'Value', fields: 'value:DateTime' },
  SetValue: { extends: 'Value', fields: 'values:Value[]' },
  UpdateResult: 'numChanges:int',
}

const people: Types = {
  Network:
    'id:long displayName:string networkCode:string timeZone:string currencyCode:string secondaryCurrencyCodes:string[] isTest:boolean',
  UserRecord: 'id:long name:string email:string roleName:string',
  User: { extends: 'UserRecord', fields: 'isActive:boolean' },
  UserPage: 'totalResultSetSize:int startIndex:int results:User[]',
  Company: 'id:long name:string type:Company.Type',
  CompanyPage: 'totalResultSetSize:int startIndex:int results:Company[]',
}

const orders: Types = {
  Order:
    'id:long name:string startDateTime:DateTime endDateTime:DateTime unlimitedEndDateTime:boolean status:OrderStatus isArchived:boolean notes:string poNumber:string currencyCode:string advertiserId:long traffickerId:long totalBudget:Money',
  OrderPage: 'totalResultSetSize:int startIndex:int results:Order[]',
  OrderAction: { abstract: true, fields: '' },
  ApproveOrders: { extends: 'OrderAction', fields: 'skipInventoryCheck:boolean' },
  ApproveAndOverbookOrders: { extends: 'ApproveOrders', fields: '' },
  SubmitOrdersForApproval: { extends: 'OrderAction', fields: 'skipInventoryCheck:boolean' },
  SubmitOrdersForApprovalAndOverbook: { extends: 'SubmitOrdersForApproval', fields: '' },
  PauseOrders: { extends: 'OrderAction', fields: '' },
  ResumeOrders: { extends: 'OrderAction', fields: 'skipInventoryCheck:boolean' },
  ArchiveOrders: { extends: 'OrderAction', fields: '' },
}

const targeting: Types = {
  Targeting:
    'geoTargeting:GeoTargeting inventoryTargeting:InventoryTargeting dayPartTargeting:DayPartTargeting technologyTargeting:TechnologyTargeting customTargeting:CustomCriteriaSet',
  GeoTargeting: 'targetedLocations:Location[] excludedLocations:Location[]',
  Location: 'id:long',
  InventoryTargeting:
    'targetedAdUnits:AdUnitTargeting[] excludedAdUnits:AdUnitTargeting[] targetedPlacementIds:long[]',
  AdUnitTargeting: 'adUnitId:string includeDescendants:boolean',
  DayPartTargeting: 'dayParts:DayPart[] timeZone:DeliveryTimeZone',
  DayPart: 'dayOfWeek:DayOfWeek startTime:TimeOfDay endTime:TimeOfDay',
  TimeOfDay: 'hour:int minute:MinuteOfHour',
  TechnologyTargeting:
    'browserLanguageTargeting:BrowserLanguageTargeting deviceCategoryTargeting:DeviceCategoryTargeting operatingSystemTargeting:OperatingSystemTargeting',
  Technology: 'id:long',
  BrowserLanguageTargeting: 'isTargeted:boolean browserLanguages:Technology[]',
  DeviceCategoryTargeting: 'targetedDeviceCategories:Technology[] excludedDeviceCategories:Technology[]',
  OperatingSystemTargeting: 'isTargeted:boolean operatingSystems:Technology[]',
  CustomCriteriaNode: { abstract: true, fields: '' },
  CustomCriteriaLeaf: { extends: 'CustomCriteriaNode', abstract: true, fields: '' },
  CustomCriteria: {
    extends: 'CustomCriteriaLeaf',
    fields: 'keyId:long valueIds:long[] operator:CustomCriteria.ComparisonOperator',
  },
  CustomCriteriaSet: {
    extends: 'CustomCriteriaNode',
    fields: 'logicalOperator:CustomCriteriaSet.LogicalOperator children:CustomCriteriaNode[]',
  },
}

const lineItems: Types = {
  FrequencyCap: 'maxImpressions:int numTimeUnits:int timeUnit:TimeUnit',
  CreativePlaceholder:
    'size:Size creativeTemplateId:long companions:CreativePlaceholder[] expectedCreativeCount:int creativeSizeType:CreativeSizeType',
  Goal: 'goalType:GoalType unitType:UnitType units:long',
  Stats:
    'impressionsDelivered:long clicksDelivered:long videoCompletionsDelivered:long videoStartsDelivered:long viewableImpressionsDelivered:long',
  LineItemSummary: [
    'orderId:long id:long name:string externalId:string startDateTime:DateTime startDateTimeType:StartDateTimeType',
    'endDateTime:DateTime unlimitedEndDateTime:boolean creativeRotationType:CreativeRotationType deliveryRateType:DeliveryRateType',
    'frequencyCaps:FrequencyCap[] lineItemType:LineItemType priority:int costPerUnit:Money costType:CostType',
    'creativePlaceholders:CreativePlaceholder[] environmentType:EnvironmentType allowOverbook:boolean',
    'skipInventoryCheck:boolean stats:Stats status:ComputedStatus isArchived:boolean isMissingCreatives:boolean',
    'videoMaxDuration:long primaryGoal:Goal',
  ].join(' '),
  LineItem: { extends: 'LineItemSummary', fields: 'targeting:Targeting' },
  LineItemPage: 'totalResultSetSize:int startIndex:int results:LineItem[]',
  LineItemAction: { abstract: true, fields: '' },
  PauseLineItems: { extends: 'LineItemAction', fields: '' },
  ResumeLineItems: { extends: 'LineItemAction', fields: 'skipInventoryCheck:boolean' },
  ArchiveLineItems: { extends: 'LineItemAction', fields: '' },
}

const creatives: Types = {
  Creative: {
    abstract: true,
    fields: 'advertiserId:long id:long name:string size:Size policyLabels:CreativePolicyViolation[]',
  },
  CreativePage: 'totalResultSetSize:int startIndex:int results:Creative[]',
  CreativeAsset: 'assetByteArray:base64Binary fileName:string fileSize:long assetUrl:string size:Size',
  HasDestinationUrlCreative: {
    extends: 'Creative',
    abstract: true,
    fields: 'destinationUrl:string destinationUrlType:DestinationUrlType',
  },
  BaseImageCreative: {
    extends: 'HasDestinationUrlCreative',
    abstract: true,
    fields: 'overrideSize:boolean primaryImageAsset:CreativeAsset',
  },
  ImageCreative: {
    extends: 'BaseImageCreative',
    fields: 'altText:string thirdPartyImpressionTrackingUrls:string[]',
  },
  Html5Creative: {
    extends: 'Creative',
    fields:
      'thirdPartyImpressionTrackingUrls:string[] thirdPartyClickTrackingUrl:string isSafeFrameCompatible:boolean html5Asset:CreativeAsset',
  },
  Asset: { abstract: true, fields: '' },
  RedirectAsset: { extends: 'Asset', abstract: true, fields: 'redirectUrl:string' },
  VideoRedirectAsset: { extends: 'RedirectAsset', fields: 'metadata:VideoMetadata' },
  VideoMetadata:
    'scalableType:ScalableType duration:int bitRate:int size:Size mimeType:MimeType deliveryType:VideoDeliveryType',
  BaseVideoCreative: { extends: 'HasDestinationUrlCreative', abstract: true, fields: 'duration:int' },
  VideoRedirectCreative: { extends: 'BaseVideoCreative', fields: 'videoAssets:VideoRedirectAsset[]' },
  BaseAudioCreative: { extends: 'HasDestinationUrlCreative', abstract: true, fields: 'duration:int' },
  AudioRedirectCreative: { extends: 'BaseAudioCreative', fields: 'audioAssets:VideoRedirectAsset[]' },
  ThirdPartyCreative: {
    extends: 'Creative',
    fields: 'snippet:string isSafeFrameCompatible:boolean thirdPartyImpressionTrackingUrls:string[]',
  },
  CustomCreative: {
    extends: 'HasDestinationUrlCreative',
    fields: 'htmlSnippet:string isSafeFrameCompatible:boolean thirdPartyImpressionTrackingUrls:string[]',
  },
  VastRedirectCreative: {
    extends: 'Creative',
    fields: 'vastXmlUrl:string vastRedirectType:VastRedirectType duration:int isAudio:boolean',
  },
  TemplateCreative: {
    extends: 'Creative',
    fields:
      'creativeTemplateId:long destinationUrl:string creativeTemplateVariableValues:BaseCreativeTemplateVariableValue[]',
  },
  BaseCreativeTemplateVariableValue: { abstract: true, fields: 'uniqueName:string' },
  StringCreativeTemplateVariableValue: {
    extends: 'BaseCreativeTemplateVariableValue',
    fields: 'value:string',
  },
  AssetCreativeTemplateVariableValue: {
    extends: 'BaseCreativeTemplateVariableValue',
    fields: 'asset:CreativeAsset',
  },
  UrlCreativeTemplateVariableValue: { extends: 'BaseCreativeTemplateVariableValue', fields: 'value:string' },
  LineItemCreativeAssociation:
    'lineItemId:long creativeId:long manualCreativeRotationWeight:double sizes:Size[] status:LineItemCreativeAssociation.Status',
  LineItemCreativeAssociationPage:
    'totalResultSetSize:int startIndex:int results:LineItemCreativeAssociation[]',
  LineItemCreativeAssociationAction: { abstract: true, fields: '' },
  ActivateLineItemCreativeAssociations: { extends: 'LineItemCreativeAssociationAction', fields: '' },
  DeactivateLineItemCreativeAssociations: { extends: 'LineItemCreativeAssociationAction', fields: '' },
}

/** Every complex type the adapter sends or reads; of each, the fields it uses. */
export const complexTypes: Readonly<Record<string, ComplexType>> = Object.fromEntries(
  Object.entries({
    ...shared,
    ...people,
    ...inventory,
    ...orders,
    ...targeting,
    ...lineItems,
    ...creatives,
    ...forecastTypes,
    ...reports,
  }).map(([name, type]) => [name, typeof type === 'string' ? { fields: type } : type]),
)
