import { Hono } from 'hono'
import { archiveProduct, restoreProduct } from '../../../commands/products/archive_product.ts'
import { readKept, type Kept } from '../../../queries/kept_products.ts'
import { readShop } from '../../../queries/shop.ts'
import { readWithheld } from '../../../queries/withheld.ts'
import { may } from '../../../rights.ts'
import { judgeProduct } from '../../../seed/judge_product.ts'
import { spellPath } from '../../../seed/publisher_file_error.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { flight, money, When } from '../../parts/figures.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Table } from '../../parts/table.tsx'
import { Facts } from './facts.tsx'
import { OfferCard } from './offer.tsx'
import { offerOf } from './preview.tsx'
import { selectRunning } from './select.ts'
import { WithheldNote } from './withheld.tsx'

type Running = Awaited<ReturnType<ReturnType<typeof selectRunning>['execute']>>[number]

/** One product: what buyers see, what is bought of it, and what can be done with it. */
export function productDetail(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/:product_id', async (c) => {
      const visit = c.get('visit')
      const product_id = c.req.param('product_id')
      const shop = await readShop(desk.readDb, visit.tenant_id)
      const kept = (await readKept(desk.readDb, shop, [product_id])).get(product_id)
      if (!kept) return c.notFound()
      const running = await selectRunning(desk.readDb, visit.tenant_id, product_id).execute()
      const withheld = await readWithheld(desk.readDb, visit.tenant_id, product_id)
      const { product, problems } = judgeProduct(kept.written, shop)
      return page(
        c,
        { title: kept.written.name, room: 'products' },
        <>
          <Head kept={kept} offered={!withheld} visit={visit} />
          <WithheldNote withheld={withheld} visit={visit} />
          {problems.length > 0 && (
            <div class="warning">
              <p>Something this product is made of has changed. It needs a hand:</p>
              <ul>
                {problems.map(({ path, message }) => (
                  <li>
                    {spellPath(path)} {message}
                  </li>
                ))}
              </ul>
            </div>
          )}
          <div class="columns">
            <section aria-label="What a buyer sees">
              <h2>What a buyer sees</h2>
              {product && <OfferCard offer={offerOf(product, shop)} />}
            </section>
            <section>
              <h2>How it is sold</h2>
              <Facts kept={kept} />
            </section>
          </div>
          <h2>Bought of it, and not over</h2>
          <RunningList rows={running} visit={visit} />
          {may(visit.role, 'manage') && <End kept={kept} visit={visit} running={running.length} />}
        </>,
      )
    })
    .post('/:product_id/archive', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const named = {
        tenant_id: visit.tenant_id,
        product_id: c.req.param('product_id'),
        actor: actorOf(visit),
      }
      const { type } = await archiveProduct(desk.db, named)
      if (type === 'not_found') return c.notFound()
      const told = type === 'archived' ? 'Archived. No buyer finds it any more.' : 'It was archived already.'
      return done(c, `${visit.base}/products/${named.product_id}`, told)
    })
    .post('/:product_id/restore', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const named = {
        tenant_id: visit.tenant_id,
        product_id: c.req.param('product_id'),
        actor: actorOf(visit),
      }
      const { type } = await restoreProduct(desk.db, named)
      if (type === 'not_found') return c.notFound()
      const here = `${visit.base}/products/${named.product_id}`
      if (type === 'refused')
        return done(
          c,
          `${here}/edit`,
          'It cannot be sold as it was. Put it right here; saving puts it back on sale.',
        )
      return done(c, here, type === 'restored' ? 'It is on sale again.' : 'It was on sale already.')
    })
}

function Head({ kept, offered, visit }: { kept: Kept; offered: boolean; visit: Visit }) {
  const { product_id, name } = kept.written
  const here = `${visit.base}/products/${product_id}`
  return (
    <PageHead
      title={name}
      up={{ name: 'Products', href: `${visit.base}/products` }}
      actions={
        may(visit.role, 'manage') && (
          <>
            <a class="button" href={`${visit.base}/products/new?like=${product_id}`}>
              Duplicate
            </a>
            <a class="button primary" href={`${here}/edit`}>
              Edit
            </a>
          </>
        )
      }
    >
      {kept.archived_at ? (
        <Badge status="archived" />
      ) : offered ? (
        <Badge status="on sale" tone="good" />
      ) : (
        <Badge status="not offered" tone="bad" />
      )}{' '}
      changed <When at={kept.updated_at} now={visit.now} />
      {kept.kept_in === 'file' ? ' by the publisher file' : ' in the console'}
    </PageHead>
  )
}

function RunningList({ rows, visit }: { rows: readonly Running[]; visit: Visit }) {
  return (
    <Table
      label="Media buys with this product"
      rows={rows}
      empty="Nothing is bought of it at present."
      columns={[
        {
          label: 'Brand',
          cell: (row) => <a href={`${visit.base}/media_buys/${row.media_buy_id}`}>{row.brand}</a>,
        },
        { label: 'Buyer', cell: (row) => row.agent },
        { label: 'Status', cell: (row) => <Badge status={row.status} /> },
        { label: 'Flight', cell: (row) => flight(row.start_time, row.end_time) },
        { label: 'Budget', number: true, cell: (row) => money(row.budget, row.currency) },
      ]}
    />
  )
}

function End({ kept, visit, running }: { kept: Kept; visit: Visit; running: number }) {
  const here = `${visit.base}/products/${kept.written.product_id}`
  if (kept.archived_at)
    return (
      <form method="post" action={`${here}/restore`}>
        <button>Put it back on sale</button>
      </form>
    )
  return (
    <Confirm action={`${here}/archive`} verb="Archive the product">
      <p>
        No buyer finds it any more. {running > 0 && 'What is bought of it runs on as agreed. '}You can put it
        back on sale at any time.
      </p>
    </Confirm>
  )
}
