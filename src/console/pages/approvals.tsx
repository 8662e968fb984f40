import { Hono } from 'hono'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { Badge } from '../parts/badge.tsx'
import { flight, money, When } from '../parts/figures.tsx'
import { LiveRegion } from '../parts/live_region.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter, Search } from '../parts/search.tsx'
import { Table } from '../parts/table.tsx'
import { approvalDetail } from './approvals/detail.tsx'
import { Stands } from './approvals/said.tsx'
import { selectRequests, shows, type Shown } from './approvals/select.ts'

const PAGE = 50

/** What waits for a decision and what was decided, and where it is done. */
export function approvals(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const [q, show] = [(c.req.query('q') ?? '').trim(), shownOf(c.req.query('show'))]
      const at = pageOf(c.req.query('page'))
      const all = selectRequests(desk.readDb, visit.tenant_id, { q, show })
      const rows = await all
        .$if(show === '', (query) => query.orderBy('step.created_at'))
        .$if(show !== '', (query) => query.orderBy('step.updated_at', 'desc'))
        .orderBy('step.workflow_step_id')
        .limit(PAGE)
        .offset((at - 1) * PAGE)
        .execute()
      const { total } = await all
        .clearSelect()
        .select(desk.readDb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      const here = `${visit.base}/approvals`
      const narrowed = `${here}?${new URLSearchParams({ q, show }).toString()}`
      return page(
        c,
        { title: 'Approvals', room: 'approvals' },
        <>
          <PageHead title="Approvals">Purchases, and changes of them, that a person must agree to.</PageHead>
          <Search action={here} q={q} label="Buyer, product, brand, order or id">
            <Filter name="show" label="Show" value={show} all="Waiting" choices={choices} />
          </Search>
          <LiveRegion id="requests" topics={['approvals']} from={`${narrowed}&page=${at}`}>
            <List rows={rows} visit={visit} empty={q === '' ? empty[show] : 'No request is like that.'} />
            <Pager href={narrowed} page={at} page_size={PAGE} total={Number(total)} of="requests" />
          </LiveRegion>
        </>,
      )
    })
    .route('/', approvalDetail(desk))
}

const choices = [
  { value: 'approved', label: 'Approved' },
  { value: 'rejected', label: 'Rejected' },
  { value: 'canceled', label: 'Called off' },
  { value: 'all', label: 'All' },
]
const shownOf = (asked = ''): Shown => (Object.hasOwn(shows, asked) ? (asked as Shown) : '')
const empty: Record<Shown, string> = {
  '': 'Nothing waits for a decision. What the approval policy lets pass is bought at once.',
  approved: 'Nothing was approved yet.',
  rejected: 'Nothing was rejected yet.',
  canceled: 'Nothing was called off.',
  all: 'Nothing was asked for yet.',
}

type Row = Awaited<ReturnType<ReturnType<typeof selectRequests>['execute']>>[number]

function List({ rows, visit, empty }: { rows: readonly Row[]; visit: Visit; empty: string }) {
  return (
    <Table
      label="Requests"
      rows={rows}
      empty={empty}
      columns={[
        {
          label: 'Request',
          cell: (step) => <a href={`${visit.base}/approvals/${step.workflow_step_id}`}>{step.title}</a>,
        },
        { label: 'Flight', whole: true, cell: (step) => flight(step.start_time, step.end_time) },
        { label: 'Budget', number: true, cell: (step) => money(step.total_budget, step.currency) },
        { label: 'Asked', cell: (step) => <When at={step.created_at} now={visit.now} /> },
        { label: 'Stands', cell: (step) => <Standing step={step} visit={visit} /> },
      ]}
    />
  )
}

function Standing({ step, visit }: { step: Row; visit: Visit }) {
  const { status, deadline, decided_by, updated_at, approvals_needed, agreed, sandbox } = step
  const waits = status === 'requires_approval' || status === 'input_required'
  return (
    <>
      <Stands status={status} /> {sandbox && <Badge status="sandbox" />}
      {waits && approvals_needed > 1 && (
        <div class="faint">
          {agreed} of {approvals_needed} agreed
        </div>
      )}
      {status === 'requires_approval' && deadline && (
        <div class="faint">
          due <When at={deadline} now={visit.now} />
        </div>
      )}
      {!waits && (
        <div class="faint">
          {decided_by} <When at={updated_at} now={visit.now} />
        </div>
      )}
    </>
  )
}
