import { Hono, type Context } from 'hono'
import { signIn as attempt } from '../../commands/people/sign_in.ts'
import { HTTPException } from 'hono/http-exception'
import { backTo } from '../back_to.ts'
import type { ConsoleDesk } from '../desk.ts'
import { Bare } from '../parts/layout.tsx'
import { TextField } from '../parts/field.tsx'
import { closeSession, findPerson, openSession } from '../session.ts'
import { formOf } from '../form.ts'
import { addressOf } from '../address.ts'

/** Signing in and out, and the way from /console to the publisher one works for. */
export function signIn(desk: ConsoleDesk) {
  return new Hono()
    .get('/', async (c) => {
      const person = await findPerson(c, desk)
      if (!person) return c.redirect('/console/sign-in', 303)
      const first = await firstPublisher(desk, person.user_id)
      return first === undefined ? c.html(<NoPublisher />) : c.redirect(`/console/${first}`, 303)
    })
    .get('/sign-in', (c) => c.html(<SignIn desk={desk} to={backTo(c.req.query('to'))} />))
    .post('/sign-in', async (c) => {
      if (!desk.passwords) throw new HTTPException(403, { message: 'Nobody signs in with a password here.' })
      const { email = '', password = '', to } = await formOf(c)
      const outcome = await attempt(desk.db, {
        email,
        password,
        address: addressOf(c, desk),
        now: desk.clock(),
      })
      if (outcome.type === 'welcome') {
        await openSession(c, desk, outcome.user_id)
        return c.redirect(backTo(to), 303)
      }
      const status = outcome.type === 'wrong' ? 422 : 429
      return c.html(
        <SignIn desk={desk} to={backTo(to)} email={email} problem={problems[outcome.type]} />,
        status,
      )
    })
    .post('/sign-out', async (c: Context) => {
      await closeSession(c, desk)
      return c.redirect('/console/sign-in', 303)
    })
}

const problems = {
  wrong: 'Email and password do not belong together.',
  too_many: 'Too many wrong passwords. Wait a quarter of an hour, then try again.',
}

async function firstPublisher({ readDb }: ConsoleDesk, user_id: string): Promise<string | undefined> {
  const row = await readDb
    .selectFrom('memberships as m')
    .innerJoin('tenants as t', 't.tenant_id', 'm.tenant_id')
    .select('t.tenant_id')
    .where('m.user_id', '=', user_id)
    .where('t.closed_at', 'is', null)
    .orderBy('t.name')
    .executeTakeFirst()
  return row?.tenant_id
}

interface SignInProps {
  desk: ConsoleDesk
  to: string
  email?: string
  problem?: string
}

function SignIn({ desk: { oidc, passwords }, to, email, problem }: SignInProps) {
  return (
    <Bare title="Sign in">
      <h1>Sign in</h1>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {oidc && (
        <p>
          <a class="button primary" href={`/console/oidc?to=${encodeURIComponent(to)}`}>
            Sign in with {oidc.name}
          </a>
        </p>
      )}
      {passwords && <WithPassword to={to} email={email} />}
      <p class="hint">
        New here? An admin of the publisher sends you an invitation link. The first one comes from{' '}
        <code>salesdesk invite</code>.
      </p>
    </Bare>
  )
}

function WithPassword({ to, email }: { to: string; email: string | undefined }) {
  return (
    <form method="post" action="/console/sign-in">
      <input type="hidden" name="to" value={to} />
      <TextField
        name="email"
        label="Email"
        type="email"
        autocomplete="username"
        required
        autofocus
        value={email}
      />
      <TextField name="password" label="Password" type="password" autocomplete="current-password" required />
      <button class="primary">Sign in</button>
    </form>
  )
}

function NoPublisher() {
  return (
    <Bare title="No publisher">
      <h1>You work for no publisher here</h1>
      <p>Ask an admin of your publisher for an invitation.</p>
      <form method="post" action="/console/sign-out">
        <button>Sign out</button>
      </form>
    </Bare>
  )
}
