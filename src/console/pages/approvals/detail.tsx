import { Hono, type Context } from 'hono'
import { changesOf } from '../../../blocks/changes.ts'
import { isOpen, warnings } from '../../../blocks/warnings.ts'
import { askBuyer } from '../../../commands/ask_buyer.ts'
import { decideApproval, type Decision } from '../../../commands/decide_approval.ts'
import { selectApprovalRequests, type ApprovalRequest } from '../../../queries/approval_requests.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { day, flight, money, When } from '../../parts/figures.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Table } from '../../parts/table.tsx'
import { problemsOf } from '../../problems.ts'
import { asking, Decide, rejecting, told, toldOfQuestion, type Typed } from './decide.tsx'
import { Facts } from './facts.tsx'
import { Packages } from './packages.tsx'
import { Outcome, Questions, Stands } from './said.tsx'
import { selectBuyerBefore, selectPackageTerms, type BuyerBefore, type PackageTerms } from './select.ts'

const nothing: Typed = { values: {}, problems: {} }

/** One request with what is needed to decide on it, and the decision. */
export function approvalDetail(desk: ConsoleDesk) {
  const show = async (c: Context<VisitEnv>, typed = nothing) => {
    const visit = c.get('visit')
    const seen = await read(desk, visit.tenant_id, idOf(c))
    if (!seen) return c.notFound()
    const status = typed === nothing ? 200 : 422
    const title = seen.request.title
    return page(c, { title, room: 'approvals', status }, <Detail {...{ ...seen, visit, typed }} />)
  }
  const decide = async (c: Context<VisitEnv>, decision: Decision['decision'], reason?: string) => {
    const by = { ...whoOf(c), decided_by: c.get('visit').person.name }
    const more = { decision, ...(reason !== undefined && { reason }) }
    const outcome = await decideApproval(desk.db, { ...by, ...more })
    return done(c, addressOf(c), told(outcome, decision))
  }
  return new Hono<VisitEnv>()
    .get('/:workflow_step_id', (c) => show(c))
    .post('/:workflow_step_id/approve', needs('decide'), (c) => decide(c, 'approved'))
    .post('/:workflow_step_id/reject', needs('decide'), async (c) => {
      const values = await formOf(c)
      const form = rejecting.safeParse(values)
      if (!form.success) return show(c, { values, problems: problemsOf(form.error) })
      return decide(c, 'rejected', form.data.reason)
    })
    .post('/:workflow_step_id/ask', needs('decide'), async (c) => {
      const values = await formOf(c)
      const form = asking.safeParse(values)
      if (!form.success) return show(c, { values, problems: problemsOf(form.error) })
      const asked = { ...whoOf(c), ...form.data, asked_by: c.get('visit').person.name }
      return done(c, addressOf(c), toldOfQuestion(await askBuyer(desk.db, asked)))
    })
}

const idOf = (c: Context<VisitEnv>) => c.req.param('workflow_step_id') ?? ''
const addressOf = (c: Context<VisitEnv>) => `${c.get('visit').base}/approvals/${idOf(c)}`

function whoOf(c: Context<VisitEnv>) {
  const { tenant_id, person, now } = c.get('visit')
  return { tenant_id, id: idOf(c), user_id: person.user_id, now }
}

interface Seen {
  request: ApprovalRequest
  terms: readonly PackageTerms[]
  before: BuyerBefore
}

async function read({ readDb }: ConsoleDesk, tenant_id: string, id: string): Promise<Seen | undefined> {
  const request = await selectApprovalRequests(readDb, tenant_id)
    .where('step.workflow_step_id', '=', id)
    .executeTakeFirst()
  const before = await selectBuyerBefore(readDb, tenant_id, id).executeTakeFirst()
  if (!request || !before) return undefined
  return {
    request,
    before,
    terms: await selectPackageTerms(readDb, tenant_id, request.media_buy_id).execute(),
  }
}

function Detail({ request, terms, before, visit, typed }: Seen & { visit: Visit; typed: Typed }) {
  const here = `${visit.base}/approvals/${request.workflow_step_id}`
  const decides = isOpen(request) && may(visit.role, 'decide')
  return (
    <LiveRegion id="approval" topics={['approvals', 'media_buys']} from={here}>
      <PageHead
        title={request.title}
        up={{ name: 'Approvals', href: `${visit.base}/approvals` }}
        actions={
          decides && (
            <a class="button primary" href="#decide">
              Decide
            </a>
          )
        }
      >
        <strong>{money(request.wanted?.total_budget ?? request.total_budget, request.currency)}</strong>,{' '}
        {flight(request.start_time, new Date(request.wanted?.end_time ?? request.end_time))}
        <br />
        <Stands status={request.status} /> asked <When at={request.created_at} now={visit.now} />
      </PageHead>
      <Outcome request={request} at={before.updated_at} visit={visit} />
      {warnings(request).map((warning) => (
        <p class="warning">{warning}</p>
      ))}
      <Facts {...{ request, before, visit }} />
      <Changes request={request} />
      <h2>{request.wanted ? 'Packages as they are now' : 'Packages'}</h2>
      <Packages {...{ request, terms, visit }} />
      <Questions request={request} visit={visit} />
      {decides && <Decide {...{ request, here, typed }} />}
    </LiveRegion>
  )
}

function Changes({ request }: { request: ApprovalRequest }) {
  if (!request.wanted) return null
  return (
    <>
      <h2>What would change</h2>
      <Table
        label="What would change"
        rows={changesOf(request, { money, day })}
        empty="Nothing that can be seen from here."
        columns={[
          { label: 'What', cell: ({ what }) => what },
          { label: 'Now', cell: ({ before }) => before },
          { label: 'Then', cell: ({ after }) => <strong>{after}</strong> },
        ]}
      />
    </>
  )
}
