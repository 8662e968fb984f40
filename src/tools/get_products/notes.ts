import type { Output } from '../define-tool.ts'
import type { Term } from './brief.ts'
import type { Request } from './request.ts'
import { quoted } from '../../adcp/quoted.ts'

/** What a buyer must know of how its request was read: words nothing matched, and references nobody here looked up. */
export function notesOf(
  { brief, property_list, catalog }: Request,
  terms: readonly Term[],
  stale: string | undefined,
): Output {
  const notes = [
    brief?.trim() &&
      terms.length === 0 &&
      'No product matches a word of the brief, so this is the whole list. Name a topic, a channel or a country.',
    property_list &&
      'The property_list was not looked up and nothing was left out for it; see publisher_properties of each product.',
    catalog && 'The catalog was not looked up; describe the goods in brief.',
    stale,
  ].filter(Boolean)
  return notes.length > 0 ? { message: notes.join(' ') } : {}
}

interface Found {
  product_id: string
  name: string
  pricing_options?: { pricing_option_id: string }[]
}
interface Proposed {
  proposal_id: string
  name: string
  proposal_status: string
}

/** The answer in a few lines, with the ids needed to go on. */
export function summary(output: Output): string {
  if (output['unchanged']) return 'Nothing has changed since the version you have.'
  const products = output['products'] as Found[]
  const proposals = (output['proposals'] ?? []) as Proposed[]
  const message = output['message'] as string | undefined
  if (products.length === 0) return `No products. ${message ?? ''}`
  const { cursor } = output['pagination'] as { cursor?: string }
  return [
    message,
    products.length === 1 ? 'One product:' : `${products.length} products, best first:`,
    ...products.map(productLine),
    proposals.length > 0 && 'Proposals:',
    ...proposals.map(
      ({ proposal_id, name, proposal_status }) => `- ${quoted(name)} (${proposal_id}; ${proposal_status})`,
    ),
    cursor && 'More: pass pagination.cursor.',
  ]
    .filter(Boolean)
    .join('\n')
}

function productLine({ product_id, name, pricing_options = [] }: Found): string {
  const prices = pricing_options.map((option) => option.pricing_option_id).join(', ')
  return `- ${quoted(name)} (${product_id}; pricing: ${prices})`
}
