import type { CreativeAgent } from './creative_agent_schema.ts'
import type { Format } from './format_schema.ts'
import type { Publisher, Tenant } from './tenant_schema.ts'

/** A format as far as a product refers to it, with the agent that defines it. */
export type ShopFormat = Pick<Format, 'format_id' | 'name'> & { agent_url: string }

/** What of a publisher its products point at or take over: read from its file, or from the database. */
export interface Shop {
  tenant_id: string
  currencies: readonly string[]
  /** Holds for each product, unless it says otherwise. */
  product_terms: ProductTerms
  /** The first is that of products which name none. */
  connection_ids: readonly string[]
  publishers: readonly Publisher[]
  creative_agents: readonly Pick<CreativeAgent, 'agent_url'>[]
  formats: readonly ShopFormat[]
}
export type ProductTerms = {
  [Name in 'reporting_capabilities' | 'measurement_terms' | 'performance_standards']?:
    Tenant[Name] | undefined
}

/** What a publisher says once for all its products. */
export const productTerms = ({
  reporting_capabilities,
  measurement_terms,
  performance_standards,
}: ProductTerms): ProductTerms => ({ reporting_capabilities, measurement_terms, performance_standards })
