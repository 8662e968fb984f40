import { geoTargets } from './geo_targets.ts'
import type { Thing } from './objects.ts'

/** What a publisher's network holds before anybody sells on it. */
export const network: Thing = {
  id: '9001',
  displayName: 'Northwind Media',
  networkCode: '21700000000',
  timeZone: 'America/New_York',
  currencyCode: 'USD',
  secondaryCurrencyCodes: ['EUR', 'GBP'],
  isTest: 'true',
}
/** Another one the same account may see. */
export const otherNetwork: Thing = {
  ...network,
  id: '9002',
  displayName: 'Northwind Test',
  networkCode: '21700000099',
}
export const user: Thing = {
  id: '7001',
  name: 'Salesdesk',
  email: 'salesdesk@northwind.iam.example',
  roleName: 'Trafficker',
  isActive: 'true',
}
export const users: Thing[] = [
  { ...user, status: 'ACTIVE' },
  {
    id: '7002',
    name: 'Tom Trafficker',
    email: 'tom@northwind.example',
    roleName: 'Trafficker',
    isActive: 'true',
    status: 'ACTIVE',
  },
  {
    id: '7003',
    name: 'Gone Person',
    email: 'gone@northwind.example',
    roleName: 'Trafficker',
    isActive: 'false',
    status: 'INACTIVE',
  },
]

const inventory = (id: string, status = 'ACTIVE'): Thing => ({ id, name: `Inventory ${id}`, status })
export const adUnits = [
  inventory('2001'),
  inventory('2002'),
  inventory('2003'),
  inventory('2009', 'ARCHIVED'),
]
export const placements = [inventory('3001')]
export const companies: Thing[] = [
  { id: '5001', name: 'Volta', type: 'ADVERTISER' },
  { id: '5002', name: 'acme-outdoor.example', type: 'ADVERTISER' },
  { id: '5003', name: 'Some agency', type: 'AGENCY' },
]
const key = (id: string, name: string, type: string): Thing => ({ id, name, type, status: 'ACTIVE' })
export const customKeys: Thing[] = [key('6001', 'pos', 'PREDEFINED'), key('6002', 'section', 'FREEFORM')]
const value = (customTargetingKeyId: string, id: string, name: string): Thing => ({
  customTargetingKeyId,
  id,
  name,
  status: 'ACTIVE',
})
export const customValues: Thing[] = [
  value('6001', '6101', 'top'),
  value('6001', '6102', 'bottom'),
  value('6002', '6201', 'sport'),
  value('6002', '6202', 'tragedy'),
]
export const segments: Thing[] = [
  {
    xsi_type: 'RuleBasedFirstPartyAudienceSegment',
    id: '8001',
    name: 'Readers of sport',
    description: 'Three articles a month',
    status: 'ACTIVE',
    size: '412000',
  },
  { xsi_type: 'SharedAudienceSegment', id: '8002', name: 'Car buyers', status: 'INACTIVE', size: '90000' },
]

const named = (column: string, rows: Record<string, string>): Thing[] =>
  Object.entries(rows).map(([Id, name]) => ({ Id, [column]: name }))

/** The tables `select` reads. */
export const tables: Readonly<Record<string, Thing[]>> = {
  geo_target: geoTargets,
  device_category: named('DeviceCategoryName', {
    30000: 'Desktop',
    30001: 'Smartphone',
    30002: 'Tablet',
    30003: 'Feature Phone',
    30004: 'Connected TV',
    30006: 'Set Top Box',
  }),
  operating_system: named('OperatingSystemName', {
    501012: 'Android',
    501013: 'Apple iOS',
    501001: 'Microsoft Windows 10',
    501002: 'Microsoft Windows 11',
    501030: 'Apple macOS',
  }),
  browser_language: named('BrowserLanguageName', {
    504000: 'English',
    504001: 'German',
    504002: 'French (Canada)',
  }),
}
