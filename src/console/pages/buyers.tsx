import { Hono } from 'hono'
import { may } from '../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { Badge } from '../parts/badge.tsx'
import { count, When } from '../parts/figures.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter, Search } from '../parts/search.tsx'
import { Table } from '../parts/table.tsx'
import { buyerAccounts } from './buyers/account.tsx'
import { buyerArchive } from './buyers/archive.tsx'
import { buyerConnect } from './buyers/connect.tsx'
import { buyerDetail } from './buyers/detail.tsx'
import { newBuyer } from './buyers/new.tsx'
import { selectBuyers, selectNewAccounts } from './buyers/select.ts'
import { buyerSubjects } from './buyers/subjects.tsx'
import { buyerTerms } from './buyers/terms.tsx'
import { buyerTokens } from './buyers/tokens.tsx'

const PAGE = 50

/** The agents that buy here, and the way to each. */
export function buyers(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const [q, show, at] = [c.req.query('q') ?? '', c.req.query('show') ?? '', pageOf(c.req.query('page'))]
      const all = selectBuyers(desk.readDb, visit.tenant_id, { q, archived: show === 'archived' })
      const rows = await all
        .orderBy('open_buys', 'desc')
        .orderBy('p.name')
        .limit(PAGE)
        .offset((at - 1) * PAGE)
        .execute()
      const { total } = await all
        .clearSelect()
        .select(desk.readDb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      const asked = await selectNewAccounts(desk.readDb, visit.tenant_id).execute()
      const href = `${visit.base}/buyers`
      return page(
        c,
        { title: 'Buyers', room: 'buyers' },
        <>
          <PageHead
            title="Buyers"
            actions={
              may(visit.role, 'manage') && (
                <a class="button primary" href={`${href}/new`}>
                  New buyer
                </a>
              )
            }
          >
            The agents that may buy here, each with tokens of its own.
          </PageHead>
          {asked.map(({ account_id, name, principal_id }) => (
            <p class="warning">
              The account <a href={`${href}/${principal_id}/accounts/${account_id}`}>{name}</a> waits for you
              to open it.
            </p>
          ))}
          <Search action={href} q={q} label="Name, id or subject">
            <Filter
              name="show"
              label="Show"
              value={show}
              all="Buyers"
              choices={[{ value: 'archived', label: 'Archived' }]}
            />
          </Search>
          <List rows={rows} visit={visit} searched={q !== '' || show !== ''} />
          <Pager
            href={`${href}?${new URLSearchParams({ q, show }).toString()}`}
            page={at}
            page_size={PAGE}
            total={Number(total)}
            of="buyers"
          />
        </>,
      )
    })
    .route('/', newBuyer(desk))
    .route('/', buyerDetail(desk))
    .route('/', buyerTerms(desk))
    .route('/', buyerTokens(desk))
    .route('/', buyerSubjects(desk))
    .route('/', buyerConnect(desk))
    .route('/', buyerAccounts(desk))
    .route('/', buyerArchive(desk))
}

type Row = Awaited<ReturnType<ReturnType<typeof selectBuyers>['execute']>>[number]

function List({ rows, visit, searched }: { rows: readonly Row[]; visit: Visit; searched: boolean }) {
  return (
    <Table
      label="Buyers"
      rows={rows}
      empty={searched ? 'No buyer is like that.' : 'Nobody can buy yet. Make a buyer and give it a token.'}
      columns={[
        {
          label: 'Buyer',
          cell: (row) => (
            <>
              <a href={`${visit.base}/buyers/${row.principal_id}`}>{row.name}</a> <Marks row={row} />
            </>
          ),
        },
        {
          label: 'May buy',
          cell: ({ allowed_product_ids: ids }) =>
            ids === null ? 'everything' : `${count(ids.length)} ${ids.length === 1 ? 'product' : 'products'}`,
        },
        { label: 'Open buys', number: true, cell: (row) => count(row.open_buys) },
        {
          label: 'Tokens',
          number: true,
          cell: (row) => (row.tokens === 0 ? <span class="faint">none</span> : count(row.tokens)),
        },
        {
          label: 'Last call',
          cell: (row) =>
            row.last_used_at ? (
              <When at={row.last_used_at} now={visit.now} />
            ) : (
              <span class="faint">never</span>
            ),
        },
      ]}
    />
  )
}

const Marks = ({ row }: { row: Row }) => (
  <>
    {row.sandbox && <Badge status="sandbox" />}{' '}
    {row.trusted !== null && <Badge status="trusted" tone="good" />}{' '}
    {row.archived_at && <Badge status="archived" />}
  </>
)
