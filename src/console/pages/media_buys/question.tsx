import { Hono, type Context } from 'hono'
import { resolveStep, type Resolution, type ResolutionOutcome } from '../../../commands/resolve_step.ts'
import { selectQuestions, type AskedOfPeople } from '../../../queries/notice_subjects.ts'
import { may } from '../../../rights.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { When } from '../../parts/figures.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Choices, type Form, type Given } from './choices.tsx'
import type { Buy } from './read_buy.ts'

const here = '/:media_buy_id/steps/:workflow_step_id'

/** An order that cannot go on by itself: what happened, and the ways out. */
export function question(desk: ConsoleDesk) {
  const resolve = async (c: Context<VisitEnv>, how: Resolution['how'], given: Given = {}) => {
    const { tenant_id, person, base, now } = c.get('visit')
    const id = c.req.param('workflow_step_id') ?? ''
    const by = { by: person.name, user_id: person.user_id }
    const outcome = await resolveStep(desk.db, { tenant_id, id, how, ...by, now })
    if (outcome.type === 'external_id_missing') {
      const object = outcome.object.replaceAll('_', ' ')
      return show(c, { given, problems: { external_id: `Say which id the ${object} has there.` } })
    }
    return done(c, `${base}/media_buys/${c.req.param('media_buy_id') ?? ''}`, told(outcome, how.type))
  }
  const show = async (c: Context<VisitEnv>, form: Form = {}) => {
    const visit = c.get('visit')
    const asked = await selectQuestions(desk.readDb, visit.tenant_id)
      .where('w.media_buy_id', '=', c.req.param('media_buy_id') ?? '')
      .where('w.workflow_step_id', '=', c.req.param('workflow_step_id') ?? '')
      .executeTakeFirst()
    if (!asked) return c.notFound()
    const status = form.problems ? 422 : 200
    return page(
      c,
      { title: asked.title, room: 'media_buys', status },
      <Asked asked={asked} visit={visit} {...form} />,
    )
  }
  return new Hono<VisitEnv>()
    .get(here, (c) => show(c))
    .post(`${here}/retry`, needs('decide'), (c) => resolve(c, { type: 'retried' }))
    .post(`${here}/skip`, needs('decide'), async (c) => {
      const given = await formOf(c)
      const external_id = (given['external_id'] ?? '').trim()
      return resolve(c, { type: 'skipped', ...(external_id !== '' && { external_id }) }, given)
    })
    .post(`${here}/abandon`, needs('decide'), async (c) => {
      const given = await formOf(c)
      const reason = (given['reason'] ?? '').trim()
      if (reason === '') return show(c, { given, problems: { reason: 'Say why; the buyer reads it.' } })
      return resolve(c, { type: 'abandoned', reason: reason.slice(0, 500) })
    })
}

function told(outcome: ResolutionOutcome, how: Resolution['how']['type']): string {
  switch (outcome.type) {
    case 'recorded':
      return how === 'abandoned'
        ? 'Given up. What stands of it is taken back, and the buyer is told why.'
        : 'A worker goes on with it now.'
    case 'already_resolved':
      return `Nothing was changed: ${outcome.by ?? 'the worker'} had seen to it before (${outcome.reason ?? 'the order changed'}).`
    case 'nothing_to_skip':
      return 'Nothing was changed: this is about the whole order, so there is nothing to skip.'
    case 'external_id_missing':
    case 'not_found':
      return 'Nothing was changed: there is no such question any more.'
  }
}

/** That an order of a media buy waits for a person, with the nearest way out. */
export function OpenQuestion({ buy, visit }: { buy: Buy; visit: Visit }) {
  const at = `${visit.base}/media_buys/${buy.media_buy_id}/steps/${buy.question_id ?? ''}`
  return (
    <div class="warning row">
      <span>Its order cannot go on without a person.</span>
      <a class="button" href={at}>
        See what happened
      </a>
      {may(visit.role, 'decide') && (
        <form method="post" action={`${at}/retry`}>
          <button>Try again</button>
        </form>
      )}
    </div>
  )
}

function Asked({ asked, visit, ...form }: { asked: AskedOfPeople; visit: Visit } & Form) {
  const { media_buy_id, brand_domain, status } = asked
  const up = { name: brand_domain, href: `${visit.base}/media_buys/${media_buy_id}` }
  return (
    <>
      <PageHead title={asked.title} up={up}>
        <Badge
          status={status === 'pending' ? 'waits for a person' : status}
          {...(status === 'pending' && { tone: 'bad' as const })}
        />{' '}
        asked <When at={asked.created_at} now={visit.now} /> about the order on {asked.connection}
      </PageHead>
      {status === 'pending' ? (
        <>
          {asked.suggested_action !== null && <p>{asked.suggested_action}</p>}
          {may(visit.role, 'decide') ? (
            <Choices asked={asked} at={`${up.href}/steps/${asked.workflow_step_id}`} {...form} />
          ) : (
            <p class="faint">An approver, manager or admin decides how it goes on.</p>
          )}
        </>
      ) : (
        <p>
          {asked.decided_by === null
            ? 'The order was changed meanwhile, so the question is void.'
            : `Answered by ${asked.decided_by}: ${asked.reason ?? status}`}
        </p>
      )}
    </>
  )
}
