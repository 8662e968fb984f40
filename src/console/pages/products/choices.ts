import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import { readShop, selectFormats } from '../../../queries/shop.ts'
import { findFormat } from '../../../seed/format_refs.ts'
import type { Picked } from './picked.ts'
import type { Shop } from '../../../seed/shop.ts'

interface Choice {
  value: string
  label: string
}
/** What the form of a product offers to choose from. */
export interface Choices {
  currencies: readonly string[]
  places: Choice[]
  formats: Choice[]
  connections: Choice[]
  /** What can be picked on each of them. */
  picks: ReadonlyMap<string, Picked>
}

/** The publisher's shop, and what of it there is to choose from. */
export async function readChoices(db: ReadDb, tenant_id: string): Promise<{ shop: Shop; choices: Choices }> {
  const shop = await readShop(db, tenant_id)
  const connections = await db
    .selectFrom('adapter_configs')
    .select(['connection_id', 'name', sql<Picked | null>`capabilities->'picks'`.as('picks')])
    .where('tenant_id', '=', tenant_id)
    .execute()
  const agents = await db
    .selectFrom('creative_agents')
    .select(['agent_url', 'name'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .execute()
  const theirs = await selectFormats(db, tenant_id).where('creative_agent_id', 'is not', null).execute()
  const agentName = new Map(agents.map(({ agent_url, name }) => [agent_url, name]))
  const choices = {
    currencies: shop.currencies,
    places: shop.publishers.flatMap(placesOf),
    formats: [
      ...shop.formats.map(({ format_id, agent_url, name }) => ({
        value: JSON.stringify(
          findFormat(shop.formats, { id: format_id }) ? format_id : { id: format_id, agent_url },
        ),
        label: name,
      })),
      ...theirs.map(({ format_id, agent_url, name }) => ({
        value: JSON.stringify({ id: format_id, agent_url }),
        label: `${name} (${agentName.get(agent_url) ?? agent_url})`,
      })),
    ],
    picks: new Map(connections.map(({ connection_id, picks }) => [connection_id, picks ?? {}])),
    connections: shop.connection_ids.map((value) => ({
      value,
      label: connections.find(({ connection_id }) => connection_id === value)?.name ?? value,
    })),
  }
  return { shop, choices }
}

function placesOf({ publisher_domain, name, properties }: Shop['publishers'][number]): Choice[] {
  const tags = [...new Set(properties.flatMap((property) => property.tags))].sort()
  return [
    { value: publisher_domain, label: `All of ${name}` },
    ...properties.map((property) => ({
      value: `${publisher_domain} ${property.property_id}`,
      label: property.name,
    })),
    ...tags.map((tag) => ({ value: `${publisher_domain} #${tag}`, label: `${name} #${tag}` })),
  ]
}
