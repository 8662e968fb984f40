import { sql } from 'kysely'
import { examplePublisher } from '../../src/cli/seed.ts'
import type { Db } from '../../src/db/database.ts'
import { readPublisherFile, type PublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'

/** Southwind beside Northwind: the example with every id that must be unique changed, a product and an agent (south_agency) of its own. */
export async function seedAnotherPublisher(db: Db): Promise<void> {
  await savePublisher(db, anotherPublisher(await readPublisherFile(examplePublisher)))
  await sql`update adapter_configs as theirs set capabilities = ours.capabilities from adapter_configs as ours
    where theirs.connection_id = 'south_' || ours.connection_id`.execute(db)
}

function anotherPublisher(file: PublisherFile): PublisherFile {
  const copy = structuredClone(file)
  const only = <T>(list: readonly T[], holds: (item: T) => boolean) => list.filter(holds)
  return {
    ...copy,
    tenant: { ...copy.tenant, tenant_id: 'southwind', name: 'Southwind' },
    connections: copy.connections.map((item) => ({ ...item, connection_id: `south_${item.connection_id}` })),
    products: copy.products.map((item) => ({
      ...item,
      ...(item.connection_id !== undefined && { connection_id: `south_${item.connection_id}` }),
      product_id:
        item.product_id === 'trail_display_run_of_site' ? 'southwind_secret_product' : item.product_id,
      name: item.product_id === 'trail_display_run_of_site' ? 'Zyzzyva Southwind Special' : item.name,
    })),
    principals: only(copy.principals, ({ principal_id }) => principal_id === 'pinnacle').map((item) => ({
      ...item,
      principal_id: 'south_agency',
      platform_mappings: {},
    })),
    accounts: only(copy.accounts, ({ account_id }) => account_id === 'acc_acme_pinnacle').map((item) => ({
      ...item,
      account_id: 'acc_southwind_acme',
      brand_domain: 'southwind-only.example',
      principals: ['south_agency'],
    })),
  }
}
