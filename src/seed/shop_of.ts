import type { PublisherFile } from './publisher_file.ts'
import { productTerms, type Shop } from './shop.ts'

/** The shop as a publisher file describes it. */
export function shopOf({ tenant, connections, publishers, creative_agents, formats }: PublisherFile): Shop {
  return {
    tenant_id: tenant.tenant_id,
    currencies: tenant.currencies,
    product_terms: productTerms(tenant),
    connection_ids: connections.map(({ connection_id }) => connection_id),
    publishers,
    creative_agents,
    formats: formats.map((format) => ({ ...format, agent_url: format.agent_url ?? tenant.agent_url })),
  }
}
