import { Hono, type Context } from 'hono'
import { decideApproval, type Decision, type DecisionOutcome } from '../../../commands/decide_approval.ts'
import type { ReadDb } from '../../../db/database.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { LongField } from '../../parts/field.tsx'
import { day, flight, money, When } from '../../parts/figures.tsx'
import { LiveRegion } from '../../parts/live_region.tsx'

/** One request with what is needed to decide on it, and the decision. */
export function approvalDetail(desk: ConsoleDesk) {
  const decide = async (c: Context<VisitEnv>, decision: Decision['decision']) => {
    const { tenant_id, person, base, now } = c.get('visit')
    const id = c.req.param('workflow_step_id') ?? ''
    const { reason = '' } = await formOf(c)
    const outcome = await decideApproval(desk.db, {
      tenant_id,
      id,
      decision,
      decided_by: person.name,
      user_id: person.user_id,
      now,
      ...(reason.trim() !== '' && { reason: reason.trim() }),
    })
    return done(c, `${base}/approvals/${id}`, told(outcome, decision))
  }
  return new Hono<VisitEnv>()
    .get('/:workflow_step_id', async (c) => {
      const visit = c.get('visit')
      const found = selectStep(desk.readDb, visit.tenant_id, c.req.param('workflow_step_id'))
      const step = await found.executeTakeFirst()
      if (!step) return c.notFound()
      return page(c, { title: step.title, room: 'approvals' }, <Detail step={step} visit={visit} />)
    })
    .post('/:workflow_step_id/approve', needs('decide'), (c) => decide(c, 'approved'))
    .post('/:workflow_step_id/reject', needs('decide'), (c) => decide(c, 'rejected'))
}

/** What a decision led to, for whoever made it. */
function told(outcome: DecisionOutcome, decision: Decision['decision']): string {
  switch (outcome.type) {
    case 'recorded':
      return decision === 'approved'
        ? 'Approved. A worker places it now.'
        : 'Rejected. The buyer is told why.'
    case 'another_must_agree':
      return `${outcome.again ? 'You had agreed before.' : 'You agree.'} Somebody else must agree too before it is approved.`
    case 'already_decided':
      return `Nothing was changed: ${outcome.decided_by ?? 'somebody'} had decided before (${outcome.status}).`
    case 'no_longer_fits':
      return `This change no longer fits: ${outcome.problems.map(({ message }) => message).join(' ')}`
    case 'too_late':
      return `The flight ended on ${day(outcome.end_time)}; it can only be rejected now.`
    case 'not_found':
      return 'There is no such request any more.'
  }
}

type Step = NonNullable<Awaited<ReturnType<ReturnType<typeof selectStep>['executeTakeFirst']>>>

function Detail({ step, visit }: { step: Step; visit: Visit }) {
  const here = `${visit.base}/approvals/${step.workflow_step_id}`
  return (
    <LiveRegion id="approval" topics={['approvals', 'media_buys']} from={here}>
      <h1>{step.title}</h1>
      <p>
        <Badge status={step.status} /> asked <When at={step.created_at} now={visit.now} /> by {step.agent}
      </p>
      <dl class="facts">
        <dt>Flight</dt>
        <dd>{flight(step.start_time, step.end_time)}</dd>
        <dt>Budget</dt>
        <dd>{money(step.total_budget, step.currency)}</dd>
      </dl>
      {step.status === 'requires_approval' ? (
        may(visit.role, 'decide') && <Decide here={here} />
      ) : (
        <p>
          Decided by {step.decided_by}
          {step.reason !== null && `: ${step.reason}`}
        </p>
      )}
    </LiveRegion>
  )
}

function Decide({ here }: { here: string }) {
  return (
    <div class="decide">
      <form method="post" action={`${here}/approve`}>
        <button class="primary">Approve</button>
      </form>
      <form method="post" action={`${here}/reject`}>
        <LongField name="reason" label="Reason" hint="The buyer reads this." required />
        <button class="danger">Reject</button>
      </form>
    </div>
  )
}

const selectStep = (db: ReadDb, tenant_id: string, workflow_step_id: string) =>
  db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .innerJoin('principals as p', 'p.principal_id', 'buy.principal_id')
    .select([
      'step.workflow_step_id',
      'step.title',
      'step.status',
      'step.created_at',
      'step.decided_by',
      'step.reason',
      'p.name as agent',
      'buy.start_time',
      'buy.end_time',
      'buy.total_budget',
      'buy.currency',
    ])
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .where('step.workflow_step_id', '=', workflow_step_id)
