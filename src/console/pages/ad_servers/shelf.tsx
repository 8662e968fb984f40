import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import { sql, type SelectQueryBuilder } from 'kysely'
import type { AdServer } from '../../../queries/ad_servers.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Pager, pageOf } from '../../parts/pager.tsx'
import { Search } from '../../parts/search.tsx'
import { findAdServer } from './find.ts'

const PAGE = 100
export const shelves = {
  ad_units: { name: 'Ad units', path: '' },
  placements: { name: 'Placements', path: '/placements' },
  targeting_keys: { name: 'Keys and values', path: '/keys' },
  audience_segments: { name: 'Audiences', path: '/audiences' },
} as const
export type Shelf = keyof typeof shelves

/** Somebody who browses the inventory of a connection. */
export interface Browsing {
  one: AdServer
  visit: Visit
  /** Where its inventory begins. */
  href: string
  q: string
  at: number
}

/** What an address of the inventory asks for; undefined where there is no such connection. */
export async function browse(c: Context<VisitEnv>, desk: ConsoleDesk): Promise<Browsing | undefined> {
  const one = await findAdServer(c, desk)
  if (!one) return undefined
  const visit = c.get('visit')
  const href = `${visit.base}/ad_servers/${one.connection_id}/inventory`
  return { one, visit, href, q: c.req.query('q')?.trim() ?? '', at: pageOf(c.req.query('page')) }
}

/** A page of a list, and how long it is in all. */

export async function pageOfRows<DB, T extends keyof DB, Row>(
  all: SelectQueryBuilder<DB, T, Row>,
  at: number,
): Promise<{ rows: Row[]; total: number }> {
  const rows = await all
    .limit(PAGE)
    .offset((at - 1) * PAGE)
    .execute()
  const { total } = (await all
    .clearSelect()
    .clearOrderBy()
    .select(sql<number>`count(*)::int`.as('total'))
    .executeTakeFirstOrThrow()) as { total: number }
  return { rows: rows, total }
}

export const Pages = ({ at, total, href, of }: { at: number; total: number; href: string; of: string }) => (
  <Pager {...{ href, total, of }} page={at} page_size={PAGE} />
)

/** A list of the inventory, with the ways to the others. */
export function shelfPage(
  c: Context<VisitEnv>,
  { one, visit, href, q }: Browsing,
  { shelf, action, label, children }: { shelf: Shelf; action: string; label: string; children: Child },
) {
  return page(
    c,
    { title: `${shelves[shelf].name} of ${one.name}`, room: 'ad_servers' },
    <>
      <PageHead
        title="Inventory"
        up={{ name: one.name, href: `${visit.base}/ad_servers/${one.connection_id}` }}
      >
        As it was last read of {one.name}.
      </PageHead>
      <nav class="row tabs" aria-label="Kinds of inventory">
        {Object.entries(shelves).map(([key, { name, path }]) => (
          <a href={`${href}${path}`} aria-current={key === shelf ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <Search action={action} q={q} label={label} />
      {children}
    </>,
  )
}

/** Where a list has nothing: not read yet, or nothing of what was looked for. */
export const nothingHere = (q: string, what: string) =>
  q === '' ? `No ${what}: there are none, or they were not read yet.` : `No ${what} of that name or id.`
