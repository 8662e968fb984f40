import { Hono } from 'hono'
import { readKept } from '../../../queries/kept_products.ts'
import { readShop } from '../../../queries/shop.ts'
import { toCsv } from '../../../seed/product_csv.ts'
import type { WrittenProduct } from '../../../seed/written_product.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'

/** Everything that is on sale, as a file to keep, to edit and to import again: as a table, or in the words of the publisher file. */
export function exporting(desk: ConsoleDesk) {
  const onSale = async (tenant_id: string): Promise<WrittenProduct[]> => {
    const kept = await readKept(desk.readDb, await readShop(desk.readDb, tenant_id))
    return [...kept.values()].flatMap(({ written, archived_at }) => (archived_at ? [] : written))
  }
  return new Hono<VisitEnv>()
    .get('/export.csv', async (c) => {
      const { tenant_id } = c.get('visit')
      // the mark of UTF-8, which spreadsheets ask for
      return c.body(
        `\uFEFF${toCsv(await onSale(tenant_id))}`,
        200,
        file(`${tenant_id}-products.csv`, 'text/csv'),
      )
    })
    .get('/export.json', async (c) => {
      const { tenant_id } = c.get('visit')
      const text = JSON.stringify({ products: await onSale(tenant_id) }, null, 2)
      return c.body(`${text}\n`, 200, file(`${tenant_id}-products.json`, 'application/json'))
    })
}

const file = (name: string, type: string) => ({
  'content-type': `${type}; charset=utf-8`,
  'content-disposition': `attachment; filename="${name}"`,
})
