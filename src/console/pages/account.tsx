import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { changePassword } from '../../commands/people/change_password.ts'
import { LEAST_PASSWORD_LENGTH, MOST_PASSWORD_LENGTH } from '../../passwords.ts'
import { addressOf } from '../address.ts'
import type { ConsoleDesk, Person } from '../desk.ts'
import { formOf } from '../form.ts'
import { TextField } from '../parts/field.tsx'
import { Bare } from '../parts/layout.tsx'
import { problemsOf, type Problems } from '../problems.ts'
import { findPerson, openSession } from '../session.ts'

const Form = z.object({
  password: z.string().min(1, 'The one you sign in with now.').max(MOST_PASSWORD_LENGTH),
  wanted: z
    .string()
    .min(LEAST_PASSWORD_LENGTH, `At least ${LEAST_PASSWORD_LENGTH} characters.`)
    .max(MOST_PASSWORD_LENGTH, `At most ${MOST_PASSWORD_LENGTH} characters.`),
})

/** What belongs to a person rather than to a publisher: their password. */
export function account(desk: ConsoleDesk) {
  return new Hono()
    .get('/', async (c) => {
      const person = await findPerson(c, desk)
      if (!person) return c.redirect('/console/sign-in?to=/console/account', 303)
      return show(c, await standing(desk, person), {})
    })
    .post('/', async (c) => {
      const person = await findPerson(c, desk)
      if (!person) return c.redirect('/console/sign-in?to=/console/account', 303)
      const who = await standing(desk, person)
      const read = Form.safeParse(await formOf(c))
      if (!read.success) return show(c, who, problemsOf(read.error))
      const by = { user_id: person.user_id, address: addressOf(c, desk), now: desk.clock() }
      const outcome = await changePassword(desk.db, { ...by, ...read.data })
      if (outcome !== 'welcome') return show(c, who, { password: problems[outcome] })
      await openSession(c, desk, person.user_id)
      return show(c, who, {}, true)
    })
}

const problems = {
  wrong: 'This is not your password.',
  too_many: 'Too many wrong passwords. Wait a quarter of an hour, then try again.',
}

async function standing({ readDb }: ConsoleDesk, person: Person) {
  const row = await readDb
    .selectFrom('users')
    .select(['password_hash', 'oidc_issuer'])
    .where('user_id', '=', person.user_id)
    .executeTakeFirstOrThrow()
  return { ...person, has_password: row.password_hash !== null }
}
type Standing = Awaited<ReturnType<typeof standing>>

function show(c: Context, who: Standing, wrong: Problems, changed = false) {
  c.header('cache-control', 'no-store')
  return c.html(
    <Bare title="Your password">
      <h1>Your password</h1>
      <p>
        {who.name}, {who.email}
      </p>
      {changed && (
        <p class="said" role="status">
          Changed. Every other browser is signed out.
        </p>
      )}
      {who.has_password ? (
        <Fields problems={wrong} />
      ) : (
        <p>You sign in elsewhere and have no password here.</p>
      )}
      <p>
        <a href="/console">To the console</a>
      </p>
    </Bare>,
    Object.keys(wrong).length > 0 ? 422 : 200,
  )
}

function Fields({ problems }: { problems: Problems }) {
  return (
    <form method="post" action="/console/account">
      <TextField
        name="password"
        label="Password now"
        type="password"
        autocomplete="current-password"
        required
        problem={problems['password']}
      />
      <TextField
        name="wanted"
        label="New password"
        type="password"
        autocomplete="new-password"
        required
        hint={`At least ${LEAST_PASSWORD_LENGTH} characters.`}
        problem={problems['wanted']}
      />
      <button class="primary">Change it</button>
    </form>
  )
}
