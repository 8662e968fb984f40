import { Hono, type Context } from 'hono'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter, Search } from '../parts/search.tsx'
import { may } from '../../rights.ts'
import { productDetail } from './products/detail.tsx'
import { exporting } from './products/export.ts'
import { importing } from './products/import.tsx'
import { trying } from './products/try.tsx'
import { editing } from './products/edit.tsx'
import { notFound, nothing, ProductList } from './products/list.tsx'
import { countListed, selectListed, type Wanted } from './products/select.ts'
import { channels } from './products/words.ts'

const PAGE = 50

/** What the publisher sells: found, made, changed and taken off sale. */
export function products(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const wanted = wantedOf(c)
      const at = pageOf(c.req.query('page'))
      const total = await countListed(desk.readDb, wanted)
      const rows = await selectListed(desk.readDb, wanted, { limit: PAGE, offset: (at - 1) * PAGE })
      return page(
        c,
        { title: 'Products', room: 'products' },
        <>
          <PageHead title="Products" actions={<Actions visit={visit} />}>
            What buying agents find here. A change reaches them at once.
          </PageHead>
          <Narrow wanted={wanted} base={visit.base} />
          <ProductList rows={rows} visit={visit} empty={isNarrowed(wanted) ? notFound : nothing(visit)} />
          <Pager href={hrefOf(visit.base, wanted)} page={at} page_size={PAGE} total={total} of="products" />
          <Files visit={visit} />
        </>,
      )
    })
    .route('/', editing(desk))
    .route('/', trying(desk))
    .route('/', importing(desk))
    .route('/', exporting(desk))
    .route('/', productDetail(desk))
}

function wantedOf(c: Context<VisitEnv>): Wanted {
  const { tenant_id, now } = c.get('visit')
  const asked = (name: string) => c.req.query(name)?.trim() || undefined
  const status = asked('status')
  return {
    tenant_id,
    now,
    q: asked('q'),
    status: status === 'archived' || status === 'all' ? status : 'on_sale',
    delivery_type: asked('delivery_type'),
    channel: asked('channel'),
  }
}

function hrefOf(base: string, { q, status, delivery_type, channel }: Wanted): string {
  const given = Object.entries({ q, status, delivery_type, channel }).filter(
    ([, value]) => value !== undefined,
  )
  return `${base}/products?${new URLSearchParams(given as [string, string][]).toString()}`
}

function Actions({ visit: { base, role } }: { visit: Visit }) {
  return (
    <>
      <a class="button" href={`${base}/products/try`}>
        Try a brief
      </a>
      {may(role, 'manage') && (
        <a class="button primary" href={`${base}/products/new`}>
          New product
        </a>
      )}
    </>
  )
}

/** The list as files, and back. */
function Files({ visit: { base, role } }: { visit: Visit }) {
  return (
    <p class="row">
      <a href={`${base}/products/export.csv`} download>
        Export as CSV
      </a>
      <a href={`${base}/products/export.json`} download>
        Export as JSON
      </a>
      {may(role, 'manage') && <a href={`${base}/products/import`}>Import…</a>}
    </p>
  )
}

function Narrow({ wanted, base }: { wanted: Wanted; base: string }) {
  return (
    <Search action={`${base}/products`} q={wanted.q} label="Name, keyword or id">
      <div class="field">
        <label for="status">Status</label>
        <select id="status" name="status">
          {[
            ['on_sale', 'On sale'],
            ['archived', 'Archived'],
            ['all', 'All'],
          ].map(([value, label]) => (
            <option value={value} selected={value === wanted.status}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <Filter
        name="delivery_type"
        label="Delivery"
        value={wanted.delivery_type}
        all="Any"
        choices={[
          { value: 'guaranteed', label: 'Guaranteed' },
          { value: 'non_guaranteed', label: 'Not guaranteed' },
        ]}
      />
      <Filter name="channel" label="Channel" value={wanted.channel} all="Any" choices={channels} />
    </Search>
  )
}

const isNarrowed = ({ q, status, delivery_type, channel }: Wanted) =>
  status !== 'on_sale' || [q, delivery_type, channel].some((asked) => asked !== undefined)
