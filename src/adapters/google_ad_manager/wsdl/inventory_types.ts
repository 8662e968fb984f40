/** What a network has to sell and to aim with, as in types.ts. */
export const inventory = {
  AdUnit:
    'id:string parentId:string name:string status:InventoryStatus adUnitCode:string adUnitSizes:AdUnitSize[]',
  AdUnitSize: 'size:Size fullDisplayString:string',
  AdUnitPage: 'totalResultSetSize:int startIndex:int results:AdUnit[]',
  SiteTargetingInfo: '',
  Placement: {
    extends: 'SiteTargetingInfo',
    fields: 'id:long name:string description:string status:InventoryStatus targetedAdUnitIds:string[]',
  },
  PlacementPage: 'totalResultSetSize:int startIndex:int results:Placement[]',
  CustomTargetingKey:
    'id:long name:string displayName:string type:CustomTargetingKey.Type status:CustomTargetingKey.Status',
  CustomTargetingKeyPage: 'totalResultSetSize:int startIndex:int results:CustomTargetingKey[]',
  CustomTargetingValue:
    'customTargetingKeyId:long id:long name:string displayName:string status:CustomTargetingValue.Status',
  CustomTargetingValuePage: 'totalResultSetSize:int startIndex:int results:CustomTargetingValue[]',
  AudienceSegment: 'id:long name:string description:string status:AudienceSegment.Status size:long',
  FirstPartyAudienceSegment: { extends: 'AudienceSegment', abstract: true, fields: '' },
  RuleBasedFirstPartyAudienceSegmentSummary: { extends: 'FirstPartyAudienceSegment', fields: '' },
  RuleBasedFirstPartyAudienceSegment: {
    extends: 'RuleBasedFirstPartyAudienceSegmentSummary',
    fields: '',
  },
  NonRuleBasedFirstPartyAudienceSegment: { extends: 'FirstPartyAudienceSegment', fields: '' },
  SharedAudienceSegment: { extends: 'AudienceSegment', fields: '' },
  ThirdPartyAudienceSegment: { extends: 'AudienceSegment', fields: '' },
  AudienceSegmentPage: 'totalResultSetSize:int startIndex:int results:AudienceSegment[]',
  ColumnType: 'labelName:string',
  Row: 'values:Value[]',
  ResultSet: 'columnTypes:ColumnType[] rows:Row[]',
}
