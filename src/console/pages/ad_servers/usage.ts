import type { AdServerKind } from '../../../ad_server_kinds.ts'
import type { ReadDb } from '../../../db/database.ts'
import type { AdServer } from '../../../queries/ad_servers.ts'

export interface Seller {
  product_id: string
  name: string
}
/** Which products sell which inventory of a connection. */
export interface Usage {
  /** Products that name this ad unit, or one above it that they sell with all below. */
  ofUnit(id: string, above?: readonly string[]): Seller[]
  ofPlacement(id: string): Seller[]
}

/** Read from what each product says to its ad server. */
export async function readUsage(
  db: ReadDb,
  kind: AdServerKind,
  tenant_id: string,
  one: AdServer,
): Promise<Usage> {
  const products = await db
    .selectFrom('products')
    .select(['product_id', 'name', 'ad_server_config'])
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', one.connection_id)
    .where('archived_at', 'is', null)
    .where('sandbox_of', 'is', null)
    .orderBy('name')
    .execute()
  const units = new Map<string, (Seller & { below: boolean })[]>()
  const placements = new Map<string, Seller[]>()
  for (const { product_id, name, ad_server_config } of products) {
    const sold = kind.sells(ad_server_config)
    for (const id of sold.ad_units)
      units.set(id, [...(units.get(id) ?? []), { product_id, name, below: sold.below }])
    for (const id of sold.placements)
      placements.set(id, [...(placements.get(id) ?? []), { product_id, name }])
  }
  return {
    ofUnit(id, above = []) {
      const from = above.flatMap((one) => (units.get(one) ?? []).filter(({ below }) => below))
      const all = [...(units.get(id) ?? []), ...from]
      return [...new Map(all.map(({ product_id, name }) => [product_id, { product_id, name }])).values()]
    },
    ofPlacement: (id) => placements.get(id) ?? [],
  }
}
