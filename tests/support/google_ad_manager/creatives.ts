import { imageSize } from 'image-size'
import type { Books } from './books.ts'
import { fail } from './fail.ts'
import type { Thing } from './objects.ts'
import { readQuery } from './pql.ts'

const needs: Readonly<Record<string, string[]>> = {
  ImageCreative: ['primaryImageAsset', 'destinationUrl'],
  Html5Creative: ['html5Asset'],
  ThirdPartyCreative: ['snippet'],
  CustomCreative: ['htmlSnippet', 'destinationUrl'],
  VastRedirectCreative: ['vastXmlUrl', 'vastRedirectType', 'duration'],
  VideoRedirectCreative: ['videoAssets', 'duration'],
  AudioRedirectCreative: ['audioAssets', 'duration'],
  TemplateCreative: ['creativeTemplateId'],
}

/** Puts creatives into their advertisers' libraries. Names may repeat there. */
export function createCreatives(books: Books, creatives: Thing[]): Thing[] {
  creatives.forEach((creative, i) => check(books, creative, `creatives[${i}]`))
  const created = creatives.map((creative) => ({
    ...(withoutBytes(creative) as Thing),
    id: books.nextId(),
    policyLabels: [...books.minded.policyLabels],
  }))
  books.creatives.push(...created)
  return created
}

function check(books: Books, creative: Thing, at: string): void {
  const type = String(creative['xsi_type'])
  for (const field of ['name', 'advertiserId', 'size', ...(needs[type] ?? [])])
    if (creative[field] === undefined) fail('RequiredError', 'REQUIRED', `${at}.${field}`)
  if (
    /^(Video|Audio)Redirect/.test(type) &&
    creative['destinationUrlType'] !== 'NONE' &&
    !creative['destinationUrl']
  )
    fail('RequiredError', 'REQUIRED', `${at}.destinationUrl`)
  if (String(creative['name']).length > 255) fail('StringLengthError', 'TOO_LONG', `${at}.name`)
  if (!books.companies.some(({ id }) => id === creative['advertiserId']))
    fail('CommonError', 'NOT_FOUND', `${at}.advertiserId`)
  const { primaryImageAsset, html5Asset, size } = creative
  if (primaryImageAsset) {
    const { width, height } = sizeOfImage(primaryImageAsset as Thing, `${at}.primaryImageAsset`)
    if (width !== Number(size.width) || height !== Number(size.height))
      fail('ImageError', 'UNEXPECTED_SIZE', `${at}.primaryImageAsset`)
  }
  if (
    html5Asset &&
    bytesOf(html5Asset as Thing, at)
      .subarray(0, 2)
      .toString() !== 'PK'
  )
    fail('HtmlBundleProcessorError', 'CANNOT_EXTRACT_FILES_FROM_BUNDLE', `${at}.html5Asset`)
}

function sizeOfImage(asset: Thing, at: string): { width: number; height: number } {
  try {
    return imageSize(bytesOf(asset, at))
  } catch {
    return fail('ImageError', 'INVALID_IMAGE', at)
  }
}

function bytesOf({ assetByteArray, fileName }: Thing, at: string): Buffer {
  if (!assetByteArray) fail('RequiredError', 'REQUIRED', `${at}.assetByteArray`)
  if (!fileName) fail('RequiredError', 'REQUIRED', `${at}.fileName`)
  const bytes = Buffer.from(String(assetByteArray), 'base64')
  if (bytes.length > 10_000_000) fail('AssetError', 'FILE_SIZE_TOO_LARGE', at)
  return bytes
}

/** What is kept of a creative: of its files all but the bytes, which nobody gets back. */
function withoutBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBytes)
  if (typeof value !== 'object' || value === null) return value
  const { assetByteArray, ...rest } = value as Thing
  const kept = Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, withoutBytes(one)]))
  if (assetByteArray === undefined) return kept
  const bytes = Buffer.from(String(assetByteArray), 'base64')
  const assetUrl = `https://tpc.example/simgad/${String(kept['fileName'])}`
  return { ...kept, fileSize: String(bytes.length), assetUrl, ...measured(bytes) }
}

function measured(bytes: Buffer): Thing {
  try {
    const { width, height } = imageSize(bytes)
    return { size: { width: String(width), height: String(height), isAspectRatio: 'false' } }
  } catch {
    return {}
  }
}

/** Shows creatives on line items: of the same advertiser, in a size the line item has a place for, once each. */
export function associate(books: Books, associations: Thing[]): Thing[] {
  associations.forEach(({ lineItemId, creativeId }, i) => {
    const at = `lineItemCreativeAssociations[${i}]`
    const item = books.lineItems.find(({ id }) => id === lineItemId)
    const creative = books.creatives.find(({ id }) => id === creativeId)
    if (!item || !creative) return fail('CommonError', 'NOT_FOUND', at)
    const order = books.orders.find(({ id }) => id === item['orderId'])
    if (order?.['advertiserId'] !== creative['advertiserId'])
      fail('LineItemCreativeAssociationError', 'CREATIVE_IN_WRONG_ADVERTISERS_LIBRARY', at)
    const size = ({ width, height }: Thing) => `${width}x${height}`
    const places = (item['creativePlaceholders'] as Thing[]).map((one) => size(one['size'] as Thing))
    if (!places.includes(size(creative['size'] as Thing)))
      fail('LineItemCreativeAssociationError', 'INVALID_LINEITEM_CREATIVE_PAIRING', at)
    if (
      books.associations.some((one) => one['lineItemId'] === lineItemId && one['creativeId'] === creativeId)
    )
      fail('CommonError', 'ALREADY_EXISTS', at)
  })
  const created = associations.map((one) => ({ ...one, status: 'ACTIVE' }))
  books.associations.push(...created)
  return created
}

export function performAssociationAction(books: Books, action: Thing, statement: Thing): Thing {
  const status = action['xsi_type'] === 'ActivateLineItemCreativeAssociations' ? 'ACTIVE' : 'INACTIVE'
  const found = books.associations.filter(
    (one) => readQuery(statement).matches(one) && one['status'] !== status,
  )
  for (const one of found) one['status'] = status
  return { numChanges: found.length }
}
