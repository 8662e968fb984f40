import { XmlDocument, XmlElement } from 'libxml2-wasm'
import { parseFields } from '../../../src/adapters/google_ad_manager/wsdl/fields.ts'
import {
  operation as operationOf,
  services,
  type Service,
} from '../../../src/adapters/google_ad_manager/wsdl/operations.ts'
import { namespaceOf } from '../../../src/adapters/google_ad_manager/wsdl/render.ts'
import type { Books } from './books.ts'
import { ApiException, spell, type ApiError } from './fail.ts'
import * as data from './network_data.ts'
import { escapeXml, readFields, writeThing, XSI } from './objects.ts'
import { operations } from './operations.ts'
import { complaints } from './schemas.ts'
import type { Fault } from './server.ts'

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/'

interface Incoming {
  books: Books
  path: string
  body: string
  /** Whether the caller carries our token. */
  known: boolean
  calls: { service: string; operation: string; complaints: string[] }[]
  take: (operation: string) => Fault | undefined
}
export interface Answer {
  status: number
  xml: string
  fault: Fault | undefined
}

/** Answers one SOAP request: held against the schema, carried out, and harmed where a test asked for it. */
export function answerTo({ books, path, body, known, calls, take }: Incoming): Answer {
  const [, version = '', service = ''] = /^\/apis\/ads\/publisher\/(v\d+)\/(\w+)$/.exec(path) ?? []
  if (!(service in services)) return { status: 404, xml: '<html>Not found</html>', fault: undefined }
  const document = XmlDocument.fromString(body)
  try {
    const asked = elementIn(document.root, 'Body')
    const header = elementIn(document.root, 'Header')
    const wrong = [header, asked].flatMap((element) =>
      element ? complaints(element, service as Service, version) : ['there is no header or body'],
    )
    const operation = asked?.name ?? ''
    calls.push({ service, operation, complaints: wrong })
    if (!asked || wrong.length > 0)
      return { status: 500, xml: clientFault(wrong.join(' ')), fault: undefined }
    const fault = take(operation)
    const rval = (): string => {
      checkCaller(header, known, operation)
      if (fault && !fault.carried_out && Array.isArray(fault.answer))
        throw new ApiException(...(fault.answer as ApiError[]))
      if (fault && !fault.carried_out && fault.answer !== 'truncated') return ''
      const { takes, answers } = operationOf(service as Service, operation)
      const result = operations[operation]?.(books, readFields(asked, parseFields(takes)))
      if (fault && Array.isArray(fault.answer)) throw new ApiException(...(fault.answer as ApiError[]))
      return writeThing('rval', answers.replace('[]', ''), result)
    }
    return { ...respond(operation, version, rval), fault }
  } finally {
    document.dispose()
  }
}

function respond(operation: string, version: string, rval: () => string): { status: number; xml: string } {
  const ns = namespaceOf(version)
  try {
    return {
      status: 200,
      xml: envelope(ns, `<${operation}Response xmlns="${ns}">${rval()}</${operation}Response>`),
    }
  } catch (error) {
    if (!(error instanceof ApiException)) throw error
    const errors = error.errors.map((one) => renderError(one)).join('')
    const text = `[${escapeXml(error.message)}]`
    const detail = `<detail><ApiExceptionFault xmlns="${ns}"><message>${text}</message>${errors}</ApiExceptionFault></detail>`
    const fault = `<soap:Fault><faultcode>soap:Server</faultcode><faultstring>${text}</faultstring>${detail}</soap:Fault>`
    return { status: 500, xml: envelope(ns, fault) }
  }
}

function renderError(error: ApiError): string {
  const { type, reason, field_path = '', trigger = '' } = error
  return `<errors xmlns:xsi="${XSI}" xsi:type="${type}"><fieldPath>${escapeXml(field_path)}</fieldPath><trigger>${escapeXml(trigger)}</trigger><errorString>${escapeXml(spell({ type, ...(reason && { reason }) }))}</errorString>${reason === undefined ? '' : `<reason>${reason}</reason>`}</errors>`
}

function envelope(ns: string, body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${ENVELOPE}"><soap:Header><ResponseHeader xmlns="${ns}"><requestId>${Date.now().toString(16)}</requestId><responseTime>12</responseTime></ResponseHeader></soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
}

function clientFault(text: string): string {
  return `<soap:Envelope xmlns:soap="${ENVELOPE}"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode><faultstring>Unmarshalling Error: ${escapeXml(text)}</faultstring></soap:Fault></soap:Body></soap:Envelope>`
}

function checkCaller(header: XmlElement | undefined, known: boolean, operation: string): void {
  if (!known) throw new ApiException({ type: 'AuthenticationError', reason: 'AUTHENTICATION_FAILED' })
  const { networkCode, applicationName } = header
    ? readFields(header, parseFields('networkCode:string applicationName:string'))
    : {}
  // whoever asks which networks there are knows none yet
  if (operation !== 'getAllNetworks' && networkCode !== data.network['networkCode'])
    throw new ApiException({ type: 'AuthenticationError', reason: 'NETWORK_NOT_FOUND' })
  if (!applicationName) throw new ApiException({ type: 'AuthenticationError', reason: 'INVALID_HEADER' })
}

/** The one element inside the envelope's Header or Body. */
function elementIn(envelopeElement: XmlElement, name: string): XmlElement | undefined {
  for (let part = envelopeElement.firstChild; part; part = part.next)
    if (part instanceof XmlElement && part.name === name)
      for (let child = part.firstChild; child; child = child.next)
        if (child instanceof XmlElement) return child
  return undefined
}
