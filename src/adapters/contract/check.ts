import type { ApprovedPackage } from './buy.ts'
import { AdapterError } from './call.ts'

/** What a publisher sells over one connection. */
export interface Sold {
  currencies: readonly string[]
  products: readonly Pick<ApprovedPackage, 'product_id' | 'ad_server_config' | 'sizes'>[]
}
export interface ConnectionFinding {
  ok: boolean
  subject: string
  text: string
}
/** Looks at one thing: what is well, in words, or a finding of its own. */
type Look = () => Promise<string | ConnectionFinding> | string | ConnectionFinding

/** Findings on a connection, in the order things were looked at. A look the ad server turns away is a finding as well, not the end. */
export function openFindings(findings: ConnectionFinding[] = []) {
  return {
    findings,
    async look(subject: string, at: Look): Promise<boolean> {
      const finding = await lookedAt(subject, at)
      findings.push(finding)
      return finding.ok
    },
  }
}

async function lookedAt(subject: string, at: Look): Promise<ConnectionFinding> {
  try {
    const result = await at()
    return typeof result === 'string' ? { ok: true, subject, text: result } : result
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    return { ok: false, subject, text: error.message }
  }
}

/** Whether what is sold is sold in money the ad server takes. */
export function currencyFinding(takes: readonly string[], { currencies }: Sold): string | ConnectionFinding {
  const strange = currencies.filter((one) => !takes.includes(one))
  if (strange.length === 0) return takes.join(', ')
  const text = `products are sold in ${strange.join(', ')}, but the network takes ${takes.join(', ')}`
  return { ok: false, subject: 'currency', text }
}

/** Whether everything a product names is there to be sold. */
export function productFinding(product_id: string, missing: readonly string[]): string | ConnectionFinding {
  if (missing.length === 0) return 'can be sold'
  return { ok: false, subject: product_id, text: `not active in the network: ${missing.join(', ')}` }
}
