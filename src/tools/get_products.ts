import { z } from 'zod'
import { readCursor, writeCursor } from '../adcp/cursor.ts'
import { throwProblems, type Problem } from '../adcp/error.ts'
import { accountRef, brand, deliveryType, envelope, pagination } from '../adcp/request_schemas.ts'
import type { ReadDb } from '../db/database.ts'
import { readTool, type Output } from './define-tool.ts'
import { readBrief, type Term } from './get_products/brief.ts'
import { explainEmptyResult } from './get_products/empty_result.ts'
import { conditionsOf, filterProblems, filters } from './get_products/filters.ts'
import { toProduct } from './get_products/product.ts'
import { withoutPrices } from './get_products/without_prices.ts'
import { relevance, selectHits, type Hit } from './get_products/search.ts'

const input = z.looseObject({
  ...envelope,
  buying_mode: z
    .enum(['brief', 'wholesale', 'refine'])
    .optional()
    .describe(
      'brief: find what fits a brief. wholesale: list everything. Taken from the presence of brief if left out.',
    ),
  brief: z
    .string()
    .max(5000)
    .optional()
    .describe('What is wanted, in plain words: topic, audience, channel, country.'),
  refine: z.array(z.looseObject({})).optional(),
  brand: brand.optional(),
  catalog: z.looseObject({}).optional(),
  account: accountRef.optional(),
  preferred_delivery_types: z
    .array(deliveryType)
    .min(1)
    .optional()
    .describe('Put these first where they fit as well.'),
  filters: filters.optional(),
  property_list: z.looseObject({}).optional(),
  fields: z.array(z.string()).min(1).optional().describe('Only these product fields.'),
  time_budget: z.looseObject({}).optional(),
  push_notification_config: z.looseObject({}).optional(),
  pagination: pagination.optional(),
  if_wholesale_feed_version: z.string().optional(),
  if_pricing_version: z.string().optional(),
  required_policies: z.array(z.string()).optional(),
})
type Input = z.infer<typeof input>
const PAGE = 10

export const getProducts = readTool({
  name: 'get_products',
  title: 'Find advertising products',
  description:
    'Find what this publisher sells. Say in brief what is wanted; the best matches come first, each with brief_relevance (why), formats and pricing_options. To buy, pass product_id and pricing_option_id to create_media_buy.',
  input,
  forStrangers: withoutPrices,
  summary,
  async handle(request, { db, principal, version, now }) {
    const tenant = await selectTenant(db, principal.tenant_id).executeTakeFirstOrThrow()
    throwProblems([...modeProblems(request), ...filterProblems(request.filters, tenant.currencies)])
    const { pagination, ...query } = request
    const limit = pagination?.max_results ?? PAGE
    const after = pagination?.cursor ? readCursor(pagination.cursor, query) : []

    const terms = request.brief === undefined ? [] : await readBrief(db, principal.tenant_id, request.brief)
    const conditions = conditionsOf(request.filters ?? {}, now)
    const search = { terms, conditions, preferred: request.preferred_delivery_types ?? [] }
    const hits = await selectHits(db, principal, search, { limit: limit + 1, after }).execute()
    const page = hits.slice(0, limit)
    const last = hits.length > limit ? page.at(-1) : undefined
    return {
      products: page.map((hit) => pick(toProduct(hit, version, relevance(hit, terms)), request.fields)),
      ...(page.length === 0 && { message: await explainEmptyResult(db, principal, conditions, terms) }),
      ...note(request, terms),
      // products and prices are the same whatever the account
      ...(version !== '3.0' && { cache_scope: 'public' }),
      pagination: {
        has_more: last !== undefined,
        ...(last && { cursor: writeCursor(query, positionOf(last)) }),
      },
    }
  },
})

const positionOf = (hit: Hit) => [hit.score, hit.product_id]

/** A brief that matched no word still gets an answer, and is told that it is not a match. */
function note(request: Input, terms: readonly Term[]): Output {
  if (!request.brief?.trim() || terms.length > 0) return {}
  return {
    message:
      'No product matches a word of the brief, so this is the whole list. Name a topic, a channel or a country.',
  }
}

function pick(product: Output, fields: readonly string[] | undefined): Output {
  if (!fields) return product
  return Object.fromEntries(
    Object.entries(product).filter(([key]) => key === 'product_id' || key === 'name' || fields.includes(key)),
  )
}

function modeProblems({
  buying_mode,
  brief,
  refine,
  property_list,
  catalog,
  required_policies,
}: Input): Problem[] {
  const problems: Problem[] = []
  const unsupported = (field: string, suggestion: string) =>
    problems.push({
      code: 'UNSUPPORTED_FEATURE',
      message: `${field} is not supported here.`,
      field,
      suggestion,
    })
  if (buying_mode === 'refine' || refine) unsupported('refine', 'Say what you want changed in a new brief.')
  if (property_list) unsupported('property_list', 'Describe the properties in brief.')
  if (catalog) unsupported('catalog', 'Describe the goods in brief.')
  if (required_policies)
    unsupported('required_policies', 'See advertising_policies in get_adcp_capabilities.')
  if (buying_mode === 'brief' && !brief?.trim())
    problems.push({
      code: 'INVALID_REQUEST',
      message: 'buying_mode brief needs a brief.',
      field: 'brief',
      suggestion: 'Say in plain words what is wanted, or use buying_mode wholesale.',
    })
  if (buying_mode === 'wholesale' && brief !== undefined)
    problems.push({
      code: 'INVALID_REQUEST',
      message: 'buying_mode wholesale takes no brief.',
      field: 'brief',
      suggestion: 'Use buying_mode brief.',
    })
  return problems
}

function summary(output: Output): string {
  const products = output['products'] as {
    product_id: string
    name: string
    pricing_options?: { pricing_option_id: string }[]
  }[]
  const message = output['message'] as string | undefined
  if (products.length === 0) return `No products. ${message ?? ''}`
  const lines = products.map(({ product_id, name, pricing_options = [] }) => {
    return `- ${name} (${product_id}; pricing: ${pricing_options.map((option) => option.pricing_option_id).join(', ')})`
  })
  const { cursor } = output['pagination'] as { cursor?: string }
  return [
    output['message'],
    products.length === 1 ? 'One product:' : `${products.length} products, best first:`,
    ...lines,
    cursor && 'More: pass pagination.cursor.',
  ]
    .filter(Boolean)
    .join('\n')
}

function selectTenant(db: ReadDb, tenantId: string) {
  return db.selectFrom('tenants').select('currencies').where('tenant_id', '=', tenantId)
}
