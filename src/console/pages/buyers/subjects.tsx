import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { letInSubject } from '../../../commands/oauth/let_in_subject.ts'
import { shutOutSubject } from '../../../commands/oauth/shut_out_subject.ts'
import { may } from '../../../rights.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { selectBuyer, selectSubjects, type Buyer } from './select.ts'
import { LetIn, Subjects } from './subject_list.tsx'

const Wanted = z.object({
  subject: z
    .string()
    .trim()
    .min(1, 'The claim `sub` of its tokens.')
    .max(255, 'At most 255 characters.')
    .regex(/^\P{C}*$/u, 'There is a character in it that nobody can see.'),
})
const Gone = z.object({ issuer: z.string(), subject: z.string() })

/** Who may come as this buyer with access tokens of the authorization server, and saying so. */
export function buyerSubjects(desk: ConsoleDesk) {
  const find = (c: Context<VisitEnv>) =>
    selectBuyer(desk.readDb, c.get('visit').tenant_id, c.req.param('principal_id') ?? '').executeTakeFirst()
  const show = async (c: Context<VisitEnv>, buyer: Buyer, given = '', problems: Problems = {}) => {
    const visit = c.get('visit')
    const here = `${visit.base}/buyers/${buyer.principal_id}`
    const subjects = await selectSubjects(desk.readDb, visit.tenant_id, buyer.principal_id).execute()
    const acts = may(visit.role, 'manage') && !buyer.archived_at
    const { oauthIssuer: issuer } = desk
    return page(
      c,
      { title: 'Access tokens', room: 'buyers', ...(problems['subject'] !== undefined && { status: 422 }) },
      <>
        <PageHead title="Access tokens" up={{ name: buyer.name, href: here }}>
          {issuer === undefined ? (
            'This desk takes no access tokens: OAUTH_ISSUER is not set.'
          ) : (
            <>
              Beside tokens of this desk, {buyer.name} may come with those of <code>{issuer}</code>.
            </>
          )}
        </PageHead>
        <Subjects {...{ visit, here, issuer, subjects, acts }} />
        {acts && issuer !== undefined && <LetIn {...{ here, given, problems }} />}
      </>,
    )
  }
  return new Hono<VisitEnv>()
    .get('/:principal_id/subjects', async (c) => {
      const buyer = await find(c)
      return buyer ? show(c, buyer) : c.notFound()
    })
    .post('/:principal_id/subjects', needs('manage'), async (c) => {
      const buyer = await find(c)
      if (!buyer) return c.notFound()
      const given = (await formOf(c))['subject'] ?? ''
      const again = (subject: string) => show(c, buyer, given, { subject })
      const read = Wanted.safeParse({ subject: given })
      if (!read.success) return again(problemsOf(read.error)['subject'] ?? '')
      if (desk.oauthIssuer === undefined) return again('This desk takes no access tokens.')
      const { tenant_id, base } = c.get('visit')
      const { principal_id, name } = buyer
      const who = { issuer: desk.oauthIssuer, ...read.data, principal_id, tenant_id }
      const outcome = await letInSubject(desk.db, { ...who, by: actorOf(c.get('visit')) })
      const here = `${base}/buyers/${principal_id}/subjects`
      switch (outcome.type) {
        case 'let_in':
          return done(c, here, `Whoever has tokens given to ${read.data.subject} is ${name} now.`)
        case 'already':
          return done(c, here, 'It was let in before. Nothing was changed.')
        case 'unknown_principal':
          return done(c, here, 'An archived buyer lets nobody in.')
        case 'taken':
          return again(
            outcome.tenant_id === tenant_id
              ? `It is ${outcome.principal_id} already; shut it out there first.`
              : 'It is taken. Ask whoever runs the desk.',
          )
        case 'desk_is_shared':
          return again(
            'Several publishers share this desk, and a subject is one buyer of all of them: whoever runs the desk lets it in.',
          )
      }
    })
    .post('/:principal_id/subjects/remove', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const buyer = await find(c)
      const read = Gone.safeParse(await formOf(c))
      if (!buyer || !read.success) return c.notFound()
      const { tenant_id } = visit
      const gone = await shutOutSubject(desk.db, {
        ...{ ...read.data, tenant_id, principal_id: buyer.principal_id },
        by: actorOf(visit),
      })
      const here = `${visit.base}/buyers/${buyer.principal_id}/subjects`
      const said = `Tokens given to ${read.data.subject} open nothing any more.`
      return done(c, here, gone === undefined ? 'Nothing was changed: it was shut out before.' : said)
    })
}
