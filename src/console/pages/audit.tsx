import { Hono } from 'hono'
import type { ConsoleDesk, Visit, VisitEnv } from '../desk.ts'
import { page } from '../page.tsx'
import { Badge } from '../parts/badge.tsx'
import { TextField } from '../parts/field.tsx'
import { PageHead } from '../parts/page_head.tsx'
import { Pager, pageOf } from '../parts/pager.tsx'
import { Filter as Choice, Search } from '../parts/search.tsx'
import { Table } from '../parts/table.tsx'
import { auditExport } from './audit/export.ts'
import { Filter, readActions, selectAudit, selectEntries, type Entry } from './audit/select.ts'

const PAGE = 50

/** Who did what, and when: people, agents, the clock and the workers. */
export function audit(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const visit = c.get('visit')
      const filter = Filter.parse(c.req.query())
      const at = pageOf(c.req.query('page'))
      const entries = await selectEntries(desk.readDb, visit.tenant_id, filter)
        .limit(PAGE)
        .offset((at - 1) * PAGE)
        .execute()
      const { total } = await selectAudit(desk.readDb, visit.tenant_id, filter)
        .select(desk.readDb.fn.countAll<string>().as('total'))
        .executeTakeFirstOrThrow()
      const actions = await readActions(desk.readDb, visit.tenant_id)
      const asked = Object.entries(filter).filter(([, value]) => value !== undefined && value !== '')
      const query = new URLSearchParams(asked as [string, string][]).toString()
      const here = `${visit.base}/audit`
      return page(
        c,
        { title: 'Audit', room: 'audit' },
        <>
          <PageHead title="Audit" actions={<Exports here={here} query={query} />}>
            What was done here, by whom, through whatever door. It cannot be changed afterwards.
          </PageHead>
          <Narrow here={here} filter={filter} actions={actions} />
          <Entries visit={visit} entries={entries} />
          <Pager href={`${here}?${query}`} page={at} page_size={PAGE} total={Number(total)} of="entries" />
        </>,
      )
    })
    .route('/', auditExport(desk))
}

function Exports({ here, query }: { here: string; query: string }) {
  const to = (kind: string) => `${here}/audit.${kind}${query && `?${query}`}`
  return (
    <>
      <a class="button" href={to('csv')} download>
        CSV
      </a>
      <a class="button" href={to('json')} download>
        JSON
      </a>
    </>
  )
}

function Narrow({ here, filter, actions }: { here: string; filter: Filter; actions: readonly string[] }) {
  return (
    <Search action={here} q={filter.q} label="Name, email or id">
      <Choice name="who" label="Who" value={filter.who} all="Everybody" choices={kinds} />
      <Choice
        name="action"
        label="What"
        value={filter.action}
        all="Everything"
        choices={actions.map((action) => ({ value: action, label: words(action) }))}
      />
      <TextField name="from" label="From" type="date" value={filter.from ?? ''} />
      <TextField name="until" label="Until" type="date" value={filter.until ?? ''} />
    </Search>
  )
}

const kinds = [
  { value: 'operator', label: 'People' },
  { value: 'approver', label: 'People who decided' },
  { value: 'buyer', label: 'Buyers’ agents' },
  { value: 'worker', label: 'Workers' },
  { value: 'ad_server', label: 'Ad servers' },
  { value: 'clock', label: 'The clock' },
]
const words = (action: string) => action.replaceAll('_', ' ')
/** The exact time in UTC: in a log the minute matters. */
const exact = (at: Date) => at.toISOString().replace('T', ' ').slice(0, 19)

function Entries({ visit, entries }: { visit: Visit; entries: readonly Entry[] }) {
  return (
    <Table
      label="Audit log"
      rows={entries}
      empty="Nothing like that was done here."
      columns={[
        { label: 'What', cell: ({ action }) => words(action) },
        { label: 'About', cell: (entry) => <About visit={visit} entry={entry} /> },
        {
          label: 'Who',
          cell: ({ actor, actor_kind, email }) => (
            <>
              {actor} <Badge status={actor_kind} />
              {email !== null && (
                <>
                  <br />
                  <span class="faint">{email}</span>
                </>
              )}
            </>
          ),
        },
        {
          label: 'When, UTC',
          cell: ({ at }) => <time datetime={at.toISOString()}>{exact(at)}</time>,
        },
        { label: 'Details', cell: ({ detail, audit_id }) => <Detail id={audit_id} detail={detail} /> },
      ]}
    />
  )
}

const rooms: Partial<Record<string, string>> = {
  media_buy: 'media_buys',
  principal: 'buyers',
  product: 'products',
  connection: 'ad_servers',
}

function About({ visit, entry: { subject_kind, subject_id, about } }: { visit: Visit; entry: Entry }) {
  const room = rooms[subject_kind]
  const id = <code>{subject_id}</code>
  return (
    <>
      <span class="faint">{words(subject_kind)}</span>{' '}
      {room === undefined ? (about ?? id) : <a href={`${visit.base}/${room}/${subject_id}`}>{id}</a>}
    </>
  )
}

function Detail({ id, detail }: { id: string; detail: unknown }) {
  if (Object.keys(detail as object).length === 0) return null
  return (
    <details class="detail">
      <summary aria-label={`Show details of entry ${id}`}>Show</summary>
      <pre tabindex={0}>{JSON.stringify(detail, null, 2)}</pre>
    </details>
  )
}
