import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import {
  acceptInvitation,
  findInvitation,
  type AcceptanceOutcome,
  type Invitation,
} from '../../commands/people/accept_invitation.ts'
import { LEAST_PASSWORD_LENGTH, MOST_PASSWORD_LENGTH } from '../../passwords.ts'
import type { ConsoleDesk } from '../desk.ts'
import { formOf } from '../form.ts'
import { problemsOf, type Problems } from '../problems.ts'
import { TextField } from '../parts/field.tsx'
import { Bare } from '../parts/layout.tsx'
import { openSession } from '../session.ts'

const Newcomer = z.object({
  email: z.email('An email address, such as ada@publisher.example.').max(200),
  name: z.string().trim().min(1, 'Your name, as colleagues and buyers will read it.').max(100),
  password: z
    .string()
    .min(LEAST_PASSWORD_LENGTH, `At least ${LEAST_PASSWORD_LENGTH} characters.`)
    .max(MOST_PASSWORD_LENGTH, `At most ${MOST_PASSWORD_LENGTH} characters.`),
})

/** The page an invitation link leads to. It works once; opening it alone changes nothing, since mail programs open links too. */
export function invitation(desk: ConsoleDesk) {
  return new Hono()
    .get('/:token', async (c) => {
      const found = await findInvitation(desk.readDb, c.req.param('token'), desk.clock())
      return found
        ? c.html(<Accept {...{ desk, found }} token={c.req.param('token')} given={{}} problems={{}} />)
        : c.html(<Gone />, 404)
    })
    .post('/:token', async (c) => {
      if (!desk.passwords) throw new HTTPException(403, { message: 'Nobody has a password here.' })
      const token = c.req.param('token')
      const now = desk.clock()
      const found = await findInvitation(desk.readDb, token, now)
      if (!found) return c.html(<Gone />, 404)
      const given = await formOf(c)
      const email = found.email ?? given['email']
      const fields = found.known ? { ...given, email, name: 'known' } : { ...given, email }
      const read = Newcomer.safeParse(fields)
      if (!read.success)
        return c.html(<Accept {...{ desk, found, token, given }} problems={problemsOf(read.error)} />, 422)
      const outcome = await acceptInvitation(desk.db, { token, now, ...read.data })
      if (outcome.type !== 'accepted') return refuse(outcome)
      await openSession(c, desk, outcome.user_id)
      return c.redirect(`/console/${outcome.tenant_id}`, 303)

      function refuse({ type }: AcceptanceOutcome) {
        if (type === 'gone') return c.html(<Gone />, 404)
        const problems = {
          password:
            'Somebody with this email works at this desk already. Give the password you sign in with.',
        }
        return c.html(<Accept {...{ desk, token, given, problems }} found={found as Invitation} />, 422)
      }
    })
}

interface AcceptProps {
  desk: ConsoleDesk
  token: string
  found: Invitation
  given: Partial<Record<string, string>>
  problems: Problems
}

function Accept({ desk: { oidc, passwords }, token, found, given, problems }: AcceptProps) {
  return (
    <Bare title="Invitation">
      <h1>Welcome to {found.publisher}</h1>
      <p>
        {found.invited_by} invites you to work here as <strong>{found.role}</strong>.
      </p>
      {oidc && (
        <p>
          <a class="button primary" href={`/console/oidc?invitation=${token}`}>
            Come in with {oidc.name}
          </a>
        </p>
      )}
      {passwords && <WithPassword {...{ found, given, problems }} />}
    </Bare>
  )
}

function WithPassword({ found, given, problems }: Pick<AcceptProps, 'found' | 'given' | 'problems'>) {
  return (
    <form method="post">
      {found.email === null ? (
        <TextField
          name="email"
          label="Email"
          type="email"
          autocomplete="username"
          required
          value={given['email']}
          problem={problems['email']}
        />
      ) : (
        <TextField
          name="email"
          label="Email"
          type="email"
          autocomplete="username"
          readonly
          value={found.email}
        />
      )}
      {!found.known && (
        <TextField
          name="name"
          label="Your name"
          autocomplete="name"
          required
          maxlength={100}
          value={given['name']}
          problem={problems['name']}
        />
      )}
      <TextField
        name="password"
        label="Password"
        type="password"
        autocomplete={found.known ? 'current-password' : 'new-password'}
        required
        hint={
          found.known
            ? 'The one you sign in with here already.'
            : `At least ${LEAST_PASSWORD_LENGTH} characters.`
        }
        problem={problems['password']}
      />
      <button class="primary">Come in</button>
    </form>
  )
}

function Gone() {
  return (
    <Bare title="Invitation">
      <h1>This invitation is over</h1>
      <p>It was used, or its seven days have passed. Ask whoever sent it for another.</p>
      <p>
        <a href="/console/sign-in">Sign in</a>
      </p>
    </Bare>
  )
}
