import { Hono, type Context } from 'hono'
import {
  decideCreative,
  type CreativeDecision,
  type CreativeDecisionOutcome,
} from '../../../commands/decide_creative.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Table } from '../../parts/table.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { hrefOf } from './href.ts'
import { CreativePage } from './page.tsx'
import {
  listedColumns,
  readHistory,
  selectAssignments,
  selectCreatives,
  selectUploads,
  type Listed,
} from './select.ts'

/** One creative with what is needed to decide on it, and the decision. Its id is only unique among those of its buyer. */
export function creativeDetail(desk: ConsoleDesk) {
  const find = (c: Context<VisitEnv>) => {
    const principal_id = c.req.query('principal_id')
    return selectCreatives(desk.readDb, { tenant_id: c.get('visit').tenant_id })
      .select(listedColumns)
      .where('c.creative_id', '=', c.req.param('creative_id') ?? '')
      .$if(principal_id !== undefined, (rows) => rows.where('c.principal_id', '=', principal_id ?? ''))
      .orderBy('agent.name')
      .execute()
  }
  const show = async (c: Context<VisitEnv>, problem?: string) => {
    const [creative, ...others] = await find(c)
    if (!creative) return c.notFound()
    if (others.length > 0) return chooseOne(c, [creative, ...others])
    const named = { ...creative, tenant_id: c.get('visit').tenant_id }
    const [assignments, uploads, history] = [
      await selectAssignments(desk.readDb, named).execute(),
      await selectUploads(desk.readDb, named).execute(),
      await readHistory(desk.readDb, named),
    ]
    const props = { creative, assignments, uploads, history, visit: c.get('visit'), problem }
    const status = problem === undefined ? 200 : 422
    return page(c, { title: creative.name, room: 'creatives', status }, <CreativePage {...props} />)
  }
  const decide = async (c: Context<VisitEnv>, decision: CreativeDecision['decision'], given: Given) => {
    const { tenant_id, person, base, now } = c.get('visit')
    const principal_id = c.req.query('principal_id') ?? ''
    const creative_id = c.req.param('creative_id') ?? ''
    const by = { decided_by: person.name, user_id: person.user_id, now, ...seenAt(given) }
    const outcome = await decideCreative(desk.db, { tenant_id, principal_id, creative_id, decision, ...by })
    if (outcome.type === 'not_found') return c.notFound()
    return done(
      c,
      given['from'] === 'queue' ? `${base}/creatives` : hrefOf(base, { principal_id, creative_id }),
      told(outcome, decision),
    )
  }
  return new Hono<VisitEnv>()
    .get('/:creative_id', (c) => show(c))
    .post('/:creative_id/approve', needs('decide'), async (c) =>
      decide(c, { type: 'approved' }, await formOf(c)),
    )
    .post('/:creative_id/reject', needs('decide'), async (c) => {
      const given = await formOf(c)
      const reason = given['reason']?.trim() ?? ''
      if (reason === '') return show(c, 'Say why: the buyer reads it and sends a better one.')
      return decide(c, { type: 'rejected', reason }, given)
    })
}
type Given = Awaited<ReturnType<typeof formOf>>

/** Which version of it the person saw, so that no other is decided with it. */
function seenAt({ seen_at = '' }: Given) {
  const at = new Date(seen_at)
  return Number.isNaN(at.getTime()) ? {} : { seen_at: at }
}

function told(outcome: CreativeDecisionOutcome, { type }: CreativeDecision['decision']): string {
  if (outcome.type === 'already_decided')
    return `Nothing was changed: ${outcome.by ?? 'somebody'} had decided before (${outcome.status.replaceAll('_', ' ')}).`
  if (outcome.type === 'changed_since')
    return 'Nothing was decided: the buyer has sent another version since. Look again, it is below.'
  return type === 'approved'
    ? 'Approved. Media buys that waited for it go on.'
    : 'Rejected. The buyer reads why and may send it anew.'
}

/** Two buyers may use the same id; a link that names no buyer leads here. */
function chooseOne(c: Context<VisitEnv>, creatives: readonly Listed[]) {
  const { base } = c.get('visit')
  return page(
    c,
    { title: 'Creatives', room: 'creatives' },
    <>
      <PageHead title="Which one?" up={{ name: 'Creatives', href: `${base}/creatives` }}>
        Several buyers have a creative of this id.
      </PageHead>
      <Table
        label="Creatives of this id"
        rows={creatives}
        empty=""
        columns={[
          { label: 'Creative', cell: (row) => <a href={hrefOf(base, row)}>{row.name}</a> },
          { label: 'Buyer', cell: (row) => row.agent },
          { label: 'Account', cell: (row) => row.account },
        ]}
      />
    </>,
  )
}
