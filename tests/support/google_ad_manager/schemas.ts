import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { XmlDocument, XsdValidator, type XmlElement } from 'libxml2-wasm'
import type { Service } from '../../../src/adapters/google_ad_manager/wsdl/operations.ts'
import { namespaceOf, renderWsdl } from '../../../src/adapters/google_ad_manager/wsdl/render.ts'

/** A folder with Google's own WSDLs of one version, if there is one; without it requests are held against ours. */
export const realFolder = process.env['GAM_WSDLS'] || undefined

/** Google's own WSDL of a service, where the folder has it. */
export function realFile(service: Service): string | undefined {
  const file = join(realFolder ?? '', `${service}.wsdl`)
  return realFolder !== undefined && existsSync(file) ? file : undefined
}

/** The WSDL of a service in the namespace of a version: Google's own where the folder has it, else ours. */
export function wsdlOf(service: Service, version: string): string {
  const file = realFile(service)
  if (file === undefined) return renderWsdl(service, version)
  const text = readFileSync(file, 'utf8')
  return text.replaceAll(/\/apis\/ads\/publisher\/v\d+/g, `/apis/ads/publisher/${version}`)
}

const validators = new Map<string, XsdValidator>()

/** What the schema has against an element; empty if nothing. */
export function complaints(element: XmlElement, service: Service, version: string): string[] {
  const key = `${version}/${service}`
  const validator =
    validators.get(key) ??
    XsdValidator.fromDoc(XmlDocument.fromString(schemaOf(wsdlOf(service, version), version)))
  validators.set(key, validator)
  try {
    validator.validate(element)
    return []
  } catch (error) {
    const { details = [], message } = error as Error & { details?: { message: string }[] }
    return details.length > 0 ? details.map((one) => one.message.trim()) : [message]
  }
}

/** The one schema inside a WSDL, with the prefixes its surroundings declare. */
export function schemaOf(wsdl: string, version: string): string {
  const schema = /<schema\b[\s\S]*?<\/schema>/.exec(wsdl)?.[0] ?? ''
  const prefixes = `xmlns:tns="${namespaceOf(version)}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"`
  return schema.replace('<schema ', `<schema ${prefixes} `)
}
