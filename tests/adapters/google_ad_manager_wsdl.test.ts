import fc from 'fast-check'
import { XmlDocument, XmlElement } from 'libxml2-wasm'
import { describe, expect, test } from 'vitest'
import { canonical } from '../../src/adapters/google_ad_manager/wsdl/canonical.ts'
import { services, type Service } from '../../src/adapters/google_ad_manager/wsdl/operations.ts'
import { renderWsdl } from '../../src/adapters/google_ad_manager/wsdl/render.ts'
import { realFile, realFolder, schemaOf, wsdlOf } from '../support/google_ad_manager/schemas.ts'
import { reverseKeys } from './buys.ts'

const version = 'v202608'
const names = (Object.keys(services) as Service[]).filter((name) => realFile(name) !== undefined)

// GAM_WSDLS names a folder with Google's own WSDLs, which are not part of this project
describe.skipIf(realFolder === undefined)('our WSDL, beside Google’s own', () => {
  test.each(names)(
    '%s: every type, field and operation is there, in the same order and of the same kind',
    (service) => {
      const ours = typesOf(renderWsdl(service, version))
      const theirs = typesOf(wsdlOf(service, version))
      const missing = [...ours.keys()].filter((name) => !theirs.has(name))
      expect(missing).toEqual([])
      for (const [name, type] of ours) {
        const real = theirs.get(name)
        if (!real) continue
        expect({ name, abstract: type.abstract, base: type.base }).toEqual({
          name,
          abstract: real.abstract,
          base: real.base,
        })
        expect(real.words, name).toEqual(expect.arrayContaining(type.words))
        // what of theirs we know stands in our order, and is the same
        const known = real.fields.filter((field) =>
          type.fields.some((own) => own.split(' ')[0] === field.split(' ')[0]),
        )
        expect({ name, fields: type.fields }).toEqual({ name, fields: known })
      }
    },
  )

  test.each(names)('%s: operations, headers and address are the same', (service) => {
    const ours = bindingOf(renderWsdl(service, version))
    const theirs = bindingOf(wsdlOf(service, version))
    expect(theirs).toEqual(expect.arrayContaining(ours))
    expect(ours.length).toBeGreaterThan(1)
  })
})

describe('what is sent', () => {
  const item = {
    name: 'Homepage',
    orderId: 9007199254740993n,
    costPerUnit: { microAmount: '5000000', currencyCode: 'USD' },
    targeting: {
      customTargeting: {
        logicalOperator: 'OR',
        children: [{ xsi_type: 'CustomCriteria', valueIds: ['2', '3'], operator: 'IS', keyId: '1' }],
      },
      inventoryTargeting: { targetedPlacementIds: ['3001'], targetedAdUnits: [] },
    },
    frequencyCaps: null,
  }

  test('stands in the order of Google’s schema, however it was written', () => {
    const expected = JSON.stringify(canonical('LineItemService', 'createLineItems', { lineItems: [item] }))
    expect(
      JSON.stringify(canonical('LineItemService', 'createLineItems', reverseKeys({ lineItems: [item] }))),
    ).toBe(expected)
    expect(expected).toContain('"keyId":"1","valueIds":["2","3"],"operator":"IS"')
    expect(expected).toContain('"orderId":"9007199254740993"')
  })

  test('holds nothing XML has no way to write', () => {
    const odd = { lineItems: [{ ...item, name: 'a\u0000\u0007\u001b\ud800\uffff\u0085b\n\té😀' }] }
    const sent = canonical('LineItemService', 'createLineItems', odd)
    expect(sent['lineItems']).toMatchObject([{ name: 'ab\n\té😀' }])
  })

  test('holds nothing empty', () => {
    const sent = JSON.stringify(canonical('LineItemService', 'createLineItems', { lineItems: [item] }))
    expect(sent).not.toMatch(/null|\[\]|frequencyCaps|targetedAdUnits/)
  })

  test('never holds a field Google does not know', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (field) => {
        fc.pre(!Object.hasOwn(item, field) && !['id', 'status', 'priority', 'stats'].includes(field))
        const odd = { lineItems: [{ ...item, [field]: 'x' }] }
        try {
          const sent = canonical('LineItemService', 'createLineItems', odd)
          // a field it does know
          expect(JSON.stringify(sent)).toContain(`"${field}":"x"`)
        } catch (error) {
          expect(String(error)).toContain('is no field of Google')
        }
      }),
    )
  })

  test('names its subtype where Google has several, and only one of those', () => {
    const act = (orderAction: object) =>
      canonical('OrderService', 'performOrderAction', {
        orderAction: orderAction as never,
        filterStatement: {},
      })
    expect(act({ xsi_type: 'ApproveOrders' })).toEqual({
      orderAction: { attributes: { 'xsi:type': 'ApproveOrders' } },
      filterStatement: {},
    })
    expect(() => act({})).toThrow('abstract')
    expect(() => act({ xsi_type: 'TextValue' })).toThrow('is no OrderAction')
  })

  test('repeats only what may repeat', () => {
    expect(() =>
      canonical('LineItemService', 'createLineItems', { lineItems: [{ name: ['a', 'b'] }] }),
    ).toThrow('cannot repeat')
  })
})

interface SchemaType {
  abstract: boolean
  base: string | undefined
  fields: string[]
  words: string[]
}

/** Types and elements of a WSDL's schema, each with its own fields as `name type maxOccurs`. */
function typesOf(wsdl: string): Map<string, SchemaType> {
  const types = new Map<string, SchemaType>()
  const document = XmlDocument.fromString(schemaOf(wsdl, version))
  const ns = { x: 'http://www.w3.org/2001/XMLSchema' }
  const attribute = (node: XmlElement, name: string) => node.attr(name)?.value
  for (const node of document.root.find('x:complexType | x:simpleType | x:element', ns)) {
    if (!(node instanceof XmlElement)) continue
    const within = (path: string) => node.find(path, ns).filter((one) => one instanceof XmlElement)
    const local = (name: string | undefined) => name?.replace(/^\w+:/, '')
    types.set(attribute(node, 'name') ?? '', {
      abstract: attribute(node, 'abstract') === 'true',
      base: local(within('.//x:extension').map((one) => attribute(one, 'base'))[0]),
      fields: within('.//x:element').map((one) =>
        [attribute(one, 'name'), local(attribute(one, 'type')), attribute(one, 'maxOccurs') ?? '1'].join(' '),
      ),
      words: within('.//x:enumeration').map((one) => attribute(one, 'value') ?? ''),
    })
  }
  document.dispose()
  return types
}

/** How each operation is bound, and where the service is. */
function bindingOf(wsdl: string): string[] {
  const document = XmlDocument.fromString(wsdl)
  const ns = { w: 'http://schemas.xmlsoap.org/wsdl/', s: 'http://schemas.xmlsoap.org/wsdl/soap/' }
  const found = [
    '//w:binding/w:operation/@name',
    '//s:address/@location',
    '//w:port/@name',
    '//w:message/@name',
  ].flatMap((path) => document.root.find(path, ns).map(({ content }) => `${path} ${content}`))
  const headers = document.root
    .find('//w:binding/w:operation/w:input/s:header/@message', ns)
    .map(({ content }) => content)
  document.dispose()
  return [...found, ...new Set(headers)]
}
