import { enums } from './enums.ts'
import { isA, parseFields, type Field } from './fields.ts'
import { services, type Operation, type Service } from './operations.ts'
import { complexTypes } from './types.ts'

/** The namespace Google gives everything of one version of its API. */
export function namespaceOf(version: string): string {
  return `https://www.google.com/apis/ads/publisher/${version}`
}

/** A WSDL of one service: only the operations, types and fields this adapter uses, in the namespace of that version. */
export function renderWsdl(service: Service, version: string): string {
  const ns = namespaceOf(version)
  const operations = Object.entries<Operation>(services[service])
  const elements = operations.map(
    ([name, { takes, answers }]) =>
      element(name, parseFields(takes)) + element(`${name}Response`, parseFields(`rval:${answers}`)),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="${ns}" xmlns:wsdlsoap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="${ns}">
<wsdl:types><schema xmlns="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" targetNamespace="${ns}">
${typesOf(operations).map(renderType).join('\n')}
${elements.join('\n')}
<element name="RequestHeader" type="tns:SoapRequestHeader"/><element name="ResponseHeader" type="tns:SoapResponseHeader"/>
</schema></wsdl:types>
${message('RequestHeader', 'RequestHeader')}${message('ResponseHeader', 'ResponseHeader')}
${operations.map(([name]) => message(`${name}Request`, name, 'parameters') + message(`${name}Response`, `${name}Response`, 'parameters')).join('\n')}
<wsdl:portType name="${service}Interface">${operations.map(([name]) => portOperation(name)).join('')}</wsdl:portType>
<wsdl:binding name="${service}SoapBinding" type="tns:${service}Interface"><wsdlsoap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
${operations.map(([name]) => boundOperation(name)).join('\n')}
</wsdl:binding>
<wsdl:service name="${service}"><wsdl:port binding="tns:${service}SoapBinding" name="${service}InterfacePort"><wsdlsoap:address location="https://ads.google.com/apis/ads/publisher/${version}/${service}"/></wsdl:port></wsdl:service>
</wsdl:definitions>`
}

/** Every type the operations lead to, and every type that extends one of those. */
function typesOf(operations: [string, Operation][]): string[] {
  const found = new Set<string>()
  const add = (type: string) => {
    if (found.has(type) || (!(type in complexTypes) && !(type in enums))) return
    found.add(type)
    const { extends: base, fields = '' } = complexTypes[type] ?? {}
    if (base !== undefined) add(base)
    for (const field of parseFields(fields)) add(field.type)
    for (const other of Object.keys(complexTypes)) if (isA(other, type)) add(other)
  }
  for (const [, { takes, answers }] of operations)
    for (const field of parseFields(`${takes} rval:${answers}`)) add(field.type)
  for (const type of ['SoapRequestHeader', 'SoapResponseHeader']) add(type)
  return [...found].sort()
}

function renderType(name: string): string {
  const words = enums[name]
  if (words !== undefined) {
    const values = words.split(' ').map((word) => `<enumeration value="${word}"/>`)
    return `<simpleType name="${name}"><restriction base="xsd:string">${values.join('')}</restriction></simpleType>`
  }
  const { extends: base, abstract, fields } = complexTypes[name] ?? { fields: '' }
  const own = sequence(parseFields(fields))
  const content =
    base === undefined
      ? own
      : `<complexContent><extension base="tns:${base}">${own}</extension></complexContent>`
  return `<complexType${abstract ? ' abstract="true"' : ''} name="${name}">${content}</complexType>`
}

const sequence = (fields: Field[]) => `<sequence>${fields.map(renderField).join('')}</sequence>`
const element = (name: string, fields: Field[]) =>
  `<element name="${name}"><complexType>${sequence(fields)}</complexType></element>`

function renderField({ name, type, repeats }: Field): string {
  const prefix = type in complexTypes || type in enums ? 'tns' : 'xsd'
  return `<element maxOccurs="${repeats ? 'unbounded' : 1}" minOccurs="0" name="${name}" type="${prefix}:${type}"/>`
}

function message(name: string, of: string, part = of): string {
  return `<wsdl:message name="${name}"><wsdl:part element="tns:${of}" name="${part}"/></wsdl:message>`
}

function portOperation(name: string): string {
  return `<wsdl:operation name="${name}"><wsdl:input message="tns:${name}Request" name="${name}Request"/><wsdl:output message="tns:${name}Response" name="${name}Response"/></wsdl:operation>`
}

function boundOperation(name: string): string {
  const half = (tag: string, suffix: string) =>
    `<wsdl:${tag} name="${name}${suffix}"><wsdlsoap:header message="tns:${suffix}Header" part="${suffix}Header" use="literal"/><wsdlsoap:body use="literal"/></wsdl:${tag}>`
  return `<wsdl:operation name="${name}"><wsdlsoap:operation soapAction=""/>${half('input', 'Request')}${half('output', 'Response')}</wsdl:operation>`
}
