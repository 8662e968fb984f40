import type { WSDL } from 'soap'
import type { Service } from './operations.ts'
import { renderWsdl } from './render.ts'

const parsed = new Map<string, Promise<WSDL>>()

/** The WSDL of a service as `soap` reads it; parsed once in the life of the process. */
export function parsedWsdl(service: Service, version: string): Promise<WSDL> {
  const key = `${version}/${service}`
  const known = parsed.get(key)
  if (known) return known
  const parsing = parse(renderWsdl(service, version))
  parsed.set(key, parsing)
  return parsing
}

async function parse(text: string): Promise<WSDL> {
  // loaded by whom it concerns: it takes a fifth of a start, and most desks have no Google
  const { WSDL } = await import('soap')
  // 64-bit ids and amounts stay text: as numbers they would lose their last digits
  const wsdl = new WSDL(text, '', {
    disableCache: true,
    customDeserializer: { long: (digits: string) => digits },
  })
  return new Promise((resolve, reject) => {
    wsdl.onReady((error: Error | null | undefined) => {
      // what the client sets too; here for whoever writes XML without one
      wsdl.options.attributesKey = 'attributes'
      if (error) reject(error)
      else resolve(wsdl)
    })
  })
}
