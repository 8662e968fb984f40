import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { changeRole, removeMember, type MemberOutcome } from '../../../commands/people/change_role.ts'
import { endSessions } from '../../../commands/people/end_sessions.ts'
import { invite, INVITATION_DAYS } from '../../../commands/people/invite.ts'
import { withdrawInvitations } from '../../../commands/people/withdraw_invitation.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { ownAddress } from '../../own_address.ts'
import { done, page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { Head } from './head.tsx'
import { PeopleList } from './people_list.tsx'
import { selectInvitations, selectMembers } from './select_people.ts'

const Role = z.enum(['viewer', 'approver', 'manager', 'admin'])
const Invited = z.object({
  email: z.email('An email address, such as ada@publisher.example.').max(200),
  role: Role,
})

/** Who works here, in which role, and who is invited to. */
export function peopleSettings(desk: ConsoleDesk) {
  const show = async (
    c: Context<VisitEnv>,
    given: Partial<Record<string, string>> = {},
    problems: Problems = {},
  ) => {
    const visit = c.get('visit')
    const failed = Object.keys(problems).length > 0
    const members = await selectMembers(desk.readDb, visit.tenant_id, visit.now).execute()
    const invitations = await selectInvitations(desk.readDb, visit.tenant_id, visit.now).execute()
    return page(
      c,
      { title: 'People · Settings', room: 'settings', ...(failed && { status: 422 }) },
      <>
        <Head visit={visit} at="/people" />
        <PeopleList {...{ visit, members, invitations, given, problems }} />
      </>,
    )
  }
  const member = (c: Context<VisitEnv>) => {
    const visit = c.get('visit')
    return { tenant_id: visit.tenant_id, user_id: c.req.param('user_id') ?? '', by: actorOf(visit) }
  }
  const over = (c: Context<VisitEnv>, outcome: MemberOutcome, said: string) =>
    done(c, `${c.get('visit').base}/settings/people`, outcome === 'done' ? said : refusals[outcome])

  return new Hono<VisitEnv>()
    .get('/', (c) => show(c))
    .post('/invite', needs('administer'), async (c) => {
      const visit = c.get('visit')
      const given = await formOf(c)
      const read = Invited.safeParse(given)
      if (!read.success) return show(c, given, problemsOf(read.error))
      const { tenant_id, now } = visit
      const token = await invite(desk.db, actorOf(visit), { tenant_id, ...read.data, now })
      return showLink(c, read.data.email, `${ownAddress(c, desk)}/console/invitation/${token}`)
    })
    .post('/withdraw', needs('administer'), async (c) => {
      const visit = c.get('visit')
      const { email = '' } = await formOf(c)
      const withdrawn = { tenant_id: visit.tenant_id, email, by: actorOf(visit) }
      const said = (await withdrawInvitations(desk.db, withdrawn))
        ? `The link sent to ${email} is useless now.`
        : 'There was no open invitation for them.'
      return done(c, `${visit.base}/settings/people`, said)
    })
    .post('/:user_id/role', needs('administer'), async (c) => {
      const read = Role.safeParse((await formOf(c))['role'])
      if (!read.success) return over(c, 'not_found', '')
      return over(c, await changeRole(desk.db, { ...member(c), role: read.data }), `Is ${read.data} now.`)
    })
    .post('/:user_id/remove', needs('administer'), async (c) =>
      over(c, await removeMember(desk.db, member(c)), 'Removed. Their next click leads nowhere here.'),
    )
    .post('/:user_id/sign-out', needs('administer'), async (c) => {
      const ended = await endSessions(desk.db, member(c))
      const said = ended === undefined ? refusals.not_found : 'Signed out of every browser.'
      return done(c, `${c.get('visit').base}/settings/people`, said)
    })
}

const refusals = {
  not_found: 'Nothing was changed: they do not work here.',
  last_admin: 'Nothing was changed: they are the last admin, and somebody must be able to let others in.',
}

function showLink(c: Context<VisitEnv>, email: string, link: string) {
  const up = { name: 'People', href: `${c.get('visit').base}/settings/people` }
  return page(
    c,
    { title: 'Invitation', room: 'settings' },
    <>
      <PageHead title="An invitation" up={up} />
      <p class="warning">
        Copy the link now and give it to {email} only: it is shown this once, works once, and for{' '}
        {INVITATION_DAYS} days.
      </p>
      <section class="card config">
        <h2>
          <label for="link">The link</label>
        </h2>
        <textarea id="link" readonly rows={2} data-copy>
          {link}
        </textarea>
      </section>
      <p>
        <a class="button" href={up.href}>
          I have it
        </a>
      </p>
    </>,
  )
}
