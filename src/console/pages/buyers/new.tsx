import { Hono } from 'hono'
import { z } from 'zod'
import { createBuyer } from '../../../commands/buyers/create_buyer.ts'
import { Id } from '../../../seed/file_words.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, Visit, VisitEnv } from '../../desk.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { TextField } from '../../parts/field.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { problemsOf, type Problems } from '../../problems.ts'

const Form = z.object({
  name: z.string().trim().min(1, 'What people call it.').max(100),
  principal_id: z.preprocess((id) => (id === '' ? undefined : id), Id.optional()),
  sandbox: z.literal('yes').optional(),
})

/** Making a buyer known. */
export function newBuyer(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/new', (c) =>
      page(
        c,
        { title: 'New buyer', room: 'buyers' },
        <NewBuyer visit={c.get('visit')} given={{}} problems={{}} />,
      ),
    )
    .post('/new', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const given = await formOf(c)
      const again = (problems: Problems) =>
        page(
          c,
          { title: 'New buyer', room: 'buyers', status: 422 },
          <NewBuyer visit={visit} given={given} problems={problems} />,
        )
      const read = Form.safeParse(given)
      if (!read.success) return again(problemsOf(read.error))
      const { name, principal_id = idOf(name), sandbox } = read.data
      if (principal_id === '') return again({ principal_id: 'Give it an id of letters and digits.' })
      const buyer = { tenant_id: visit.tenant_id, principal_id, name, sandbox: sandbox === 'yes' }
      if (!(await createBuyer(desk.db, { ...buyer, by: actorOf(visit) })))
        return again({ name: 'This name or this id is taken. Choose another.' })
      return done(c, `${visit.base}/buyers/${principal_id}`, `${name} may buy here once it has a token.`)
    })
}

/** An id like the name: `Pinnacle Media` becomes `pinnacle_media`. */
const idOf = (name: string) =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
    .slice(0, 100)

interface Props {
  visit: Visit
  given: Partial<Record<string, string>>
  problems: Problems
}

function NewBuyer({ visit, given, problems }: Props) {
  return (
    <>
      <PageHead title="New buyer" up={{ name: 'Buyers', href: `${visit.base}/buyers` }} />
      <form class="narrow" method="post" action={`${visit.base}/buyers/new`}>
        <TextField
          name="name"
          label="Name"
          hint="The agency or company whose agent it is. You read it in approvals and reports."
          required
          maxlength={100}
          value={given['name']}
          problem={problems['name']}
        />
        <TextField
          name="principal_id"
          label="Id"
          hint="Letters, digits, _ and -. Left empty, it is made of the name."
          maxlength={100}
          value={given['principal_id']}
          problem={problems['principal_id']}
        />
        <fieldset>
          <legend>Sandbox</legend>
          <label>
            <input type="checkbox" name="sandbox" value="yes" checked={given['sandbox'] === 'yes'} /> For
            trying things out: nothing it buys reaches an ad server or costs money
          </label>
        </fieldset>
        <button class="primary">Make the buyer</button>
      </form>
    </>
  )
}
