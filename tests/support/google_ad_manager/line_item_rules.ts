import type { Books } from './books.ts'
import { fail } from './fail.ts'
import * as data from './network_data.ts'
import type { Thing } from './objects.ts'

export const isReserved = (item: Thing) => ['STANDARD', 'SPONSORSHIP'].includes(String(item['lineItemType']))

const typesOfCost: Readonly<Record<string, string[]>> = {
  CPD: ['SPONSORSHIP', 'NETWORK'],
  VCPM: ['STANDARD'],
}
const typesOfGoal: Readonly<Record<string, string[]>> = {
  LIFETIME: ['STANDARD', 'BULK', 'PRICE_PRIORITY'],
  DAILY: ['SPONSORSHIP', 'NETWORK', 'PRICE_PRIORITY', 'HOUSE'],
  NONE: ['PRICE_PRIORITY'],
}
const typesOfUnit: Readonly<Record<string, string[]>> = {
  CLICKS: ['STANDARD', 'BULK', 'PRICE_PRIORITY'],
  VIEWABLE_IMPRESSIONS: ['STANDARD'],
}
const unitOfCost: Readonly<Record<string, string>> = {
  CPM: 'IMPRESSIONS',
  CPC: 'CLICKS',
  VCPM: 'VIEWABLE_IMPRESSIONS',
}

/** What Google demands of every line item it is to keep, as its documentation has it. */
export function checkLineItem(books: Books, item: Thing, at: string): void {
  if (item['orderId'] === undefined) fail('RequiredError', 'REQUIRED', `${at}.orderId`)
  if (!books.orders.some(({ id }) => id === item['orderId']))
    fail('CommonError', 'NOT_FOUND', `${at}.orderId`)
  checkProspect(item, at)
}

/** The same for one that belongs to no order yet. */
export function checkProspect(item: Thing, at: string): void {
  for (const field of ['name', 'lineItemType', 'costType', 'costPerUnit', 'targeting', 'primaryGoal'])
    if (item[field] === undefined) fail('RequiredError', 'REQUIRED', `${at}.${field}`)
  if (String(item['name']).length > 255) fail('StringLengthError', 'TOO_LONG', `${at}.name`)
  if (String(item['externalId'] ?? '').length > 255) fail('StringLengthError', 'TOO_LONG', `${at}.externalId`)
  if (!(item['creativePlaceholders'] as Thing[] | undefined)?.length)
    fail('RequiredCollectionError', 'REQUIRED', `${at}.creativePlaceholders`)
  if (item['environmentType'] === 'VIDEO_PLAYER' && !Number(item['videoMaxDuration'] ?? 0))
    fail('RequiredNumberError', 'REQUIRED', `${at}.videoMaxDuration`)
  checkMoney(item, at)
  checkTargeting(item['targeting'] as Thing, `${at}.targeting`)
}

function checkMoney({ lineItemType, costType, costPerUnit, primaryGoal }: Thing, at: string): void {
  const { goalType, unitType, units } = primaryGoal as Thing
  const type = String(lineItemType)
  const fits = (types: string[] | undefined) => !types || types.includes(type)
  const wrong = (reason: string) => fail('ReservationDetailsError', reason, at)
  if (!fits(typesOfCost[String(costType)])) wrong('COST_TYPE_NOT_ALLOWED')
  if (!fits(typesOfGoal[String(goalType)])) wrong('DURATION_NOT_ALLOWED')
  if (!fits(typesOfUnit[String(unitType)])) wrong('UNIT_TYPE_NOT_ALLOWED')
  const expected = unitOfCost[String(costType)]
  if (goalType === 'LIFETIME' && expected !== unitType) wrong('COST_TYPE_UNIT_TYPE_MISMATCH_NOT_ALLOWED')
  if (goalType === 'DAILY' && type !== 'PRICE_PRIORITY' && Number(units) > 100)
    wrong('PERCENTAGE_UNITS_BOUGHT_TOO_HIGH')
  if (!(Number(units) > 0)) fail('RangeError', 'TOO_LOW', `${at}.primaryGoal.units`)
  const { currencyCode } = costPerUnit as Thing
  if (
    ![data.network['currencyCode'], ...(data.network['secondaryCurrencyCodes'] as string[])].includes(
      currencyCode,
    )
  )
    fail('CommonError', 'NOT_FOUND', `${at}.costPerUnit.currencyCode`)
}

function checkTargeting(
  { inventoryTargeting, geoTargeting, technologyTargeting, customTargeting }: Thing,
  at: string,
): void {
  const { targetedAdUnits = [], targetedPlacementIds = [] } = (inventoryTargeting ?? {}) as Thing
  if (targetedAdUnits.length + targetedPlacementIds.length === 0)
    fail('InventoryTargetingError', 'AT_LEAST_ONE_PLACEMENT_OR_INVENTORY_UNIT_REQUIRED', at)
  for (const { adUnitId } of targetedAdUnits as Thing[])
    if (!data.adUnits.some(({ id, status }) => id === adUnitId && status === 'ACTIVE'))
      fail('CommonError', 'NOT_FOUND', at, String(adUnitId))
  for (const id of targetedPlacementIds as string[])
    if (!data.placements.some((one) => one['id'] === id)) fail('CommonError', 'NOT_FOUND', at, id)
  const known = (table: string, list: Thing[] = []) => {
    for (const { id } of list)
      if (!data.tables[table]?.some(({ Id }) => Id === id))
        fail('CommonError', 'NOT_FOUND', `${at}.${table}`, String(id))
  }
  known('geo_target', geoTargeting?.targetedLocations as Thing[])
  known('geo_target', geoTargeting?.excludedLocations as Thing[])
  known('device_category', technologyTargeting?.deviceCategoryTargeting?.targetedDeviceCategories as Thing[])
  known('operating_system', technologyTargeting?.operatingSystemTargeting?.operatingSystems as Thing[])
  known('browser_language', technologyTargeting?.browserLanguageTargeting?.browserLanguages as Thing[])
  for (const set of (customTargeting?.children ?? []) as Thing[])
    for (const { keyId, valueIds = [] } of (set['children'] ?? []) as Thing[])
      for (const value of valueIds as string[])
        if (
          !data.customValues.some(
            ({ id, customTargetingKeyId }) => id === value && customTargetingKeyId === keyId,
          )
        )
          fail('CustomTargetingError', 'VALUE_NOT_FOUND', at, value)
}
