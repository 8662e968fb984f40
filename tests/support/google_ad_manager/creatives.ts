import type { Books } from './books.ts'
import { fail } from './fail.ts'
import type { Thing } from './objects.ts'
import { readQuery } from './pql.ts'

const needs: Readonly<Record<string, string[]>> = {
  ImageRedirectCreative: ['imageUrl', 'destinationUrl'],
  ThirdPartyCreative: ['snippet'],
  CustomCreative: ['htmlSnippet', 'destinationUrl'],
  VastRedirectCreative: ['vastXmlUrl', 'vastRedirectType'],
  TemplateCreative: ['creativeTemplateId'],
}

/** Puts creatives into their advertisers' libraries. Names may repeat there. */
export function createCreatives(books: Books, creatives: Thing[]): Thing[] {
  creatives.forEach((creative, i) => {
    const wanted = ['name', 'advertiserId', 'size', ...(needs[String(creative['xsi_type'])] ?? [])]
    for (const field of wanted)
      if (creative[field] === undefined) fail('RequiredError', 'REQUIRED', `creatives[${i}].${field}`)
    if (String(creative['name']).length > 255) fail('StringLengthError', 'TOO_LONG', `creatives[${i}].name`)
    if (!books.companies.some(({ id }) => id === creative['advertiserId']))
      fail('CommonError', 'NOT_FOUND', `creatives[${i}].advertiserId`)
  })
  const created = creatives.map((creative) => ({ ...creative, id: books.nextId() }))
  books.creatives.push(...created)
  return created
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
