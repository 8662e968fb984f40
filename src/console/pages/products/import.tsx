import { Hono, type Context } from 'hono'
import {
  importProducts,
  planImport,
  type PlannedProduct,
} from '../../../commands/products/import_products.ts'
import type { LocatedProblem } from '../../../seed/read_file.ts'
import { readProducts } from '../../../seed/read_products.ts'
import { notUtf8, textOf } from '../../../seed/text_of.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { needs } from '../../needs.ts'
import { bodyOfAtMost } from '../../only_readable.ts'
import { done, page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { LongField } from '../../parts/field.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { Table } from '../../parts/table.tsx'

const MOST_BYTES = 4_000_000

interface Shown {
  text: string
  problems?: readonly LocatedProblem[]
  plan?: { version: string; planned: readonly PlannedProduct[] }
  warning?: string
}

/** Products from a file: first what would change, then, if somebody says so, all of it at once. */
export function importing(desk: ConsoleDesk) {
  const most = bodyOfAtMost(MOST_BYTES, 'A file may have four megabytes. Import it in parts.')
  return new Hono<VisitEnv>()
    .get('/import', needs('manage'), (c) => show(c, { text: '' }))
    .post('/import', needs('manage'), most, async (c) => {
      const visit = c.get('visit')
      const { text, version, problem } = await readForm(c)
      if (problem) return show(c, { text, problems: [problem] })
      const { products, problems } = readProducts(text)
      if (text === '') return show(c, { text, warning: 'Choose a file, or paste what is in it.' })
      if (problems.length > 0) return show(c, { text, problems })
      const { tenant_id, base } = visit
      const wanted = { tenant_id, products, version, actor: actorOf(visit) }
      const outcome = version === '' ? undefined : await importProducts(desk.db, wanted)
      if (outcome?.type === 'imported')
        return done(
          c,
          `${base}/products`,
          `Imported: ${outcome.changed} of ${products.length} products were changed or new.`,
        )
      const plan = await planImport(desk.readDb, tenant_id, products)
      if (plan.type === 'refused') return show(c, { text, problems: plan.problems })
      const warning =
        outcome && 'The products have changed since you looked. This is what the import would do now.'
      return show(c, { text, plan, ...(warning && { warning }) })
    })
}

/** The text of the file that was chosen, or what was pasted. */
async function readForm(c: Context): Promise<{ text: string; version: string; problem?: LocatedProblem }> {
  const { file, text = '', version = '' } = await c.req.parseBody()
  const said = { version: typeof version === 'string' ? version : '' }
  if (!(file instanceof File) || file.size === 0)
    return { ...said, text: typeof text === 'string' ? text.trim() : '' }
  const read = textOf(await file.bytes())
  if ('text' in read) return { ...said, text: read.text.trim() }
  return { ...said, text: '', problem: { line: read.line, part: 'The file', message: notUtf8 } }
}

function show(c: Context<VisitEnv>, { text, problems, plan, warning }: Shown) {
  const { base } = c.get('visit')
  const here = `${base}/products/import`
  return page(
    c,
    {
      title: 'Import products',
      room: 'products',
      status: problems || (warning !== undefined && !plan) ? 422 : 200,
    },
    <>
      <PageHead title="Import products" up={{ name: 'Products', href: `${base}/products` }}>
        A table, or JSON in the words of the publisher file, as the exports are. You see what would change
        before it is done; what the file does not name stays as it is.
      </PageHead>
      {warning !== undefined && (
        <p class="warning" role="alert">
          {warning}
        </p>
      )}
      {problems && <Problems problems={problems} />}
      {plan && <Plan plan={plan} text={text} here={here} />}
      <form class="card" method="post" action={here} enctype="multipart/form-data">
        <div class="field">
          <label for="file">File</label>
          <input id="file" name="file" type="file" accept=".csv,.json,.yaml,.yml,text/csv,application/json" />
        </div>
        <LongField name="text" label="Or what is in it" class="code" rows={8} value={text} />
        <button class={plan ? '' : 'primary'}>See what would change</button>
      </form>
    </>,
  )
}

/** A file of the wrong kind has a problem in every line, and one is as good as all. */
const MOST_SHOWN = 200

function Problems({ problems }: { problems: readonly LocatedProblem[] }) {
  return (
    <section>
      <h2>
        Nothing is imported: there{' '}
        {problems.length === 1 ? 'is one problem' : `are ${problems.length} problems`}
        {problems.length > MOST_SHOWN && `; the first ${MOST_SHOWN}`}
      </h2>
      <Table
        label="Problems of the file"
        rows={problems.slice(0, MOST_SHOWN)}
        empty=""
        columns={[
          { label: 'Line', number: true, cell: ({ line }) => line ?? '–' },
          { label: 'Where', cell: ({ part }) => <code>{part}</code> },
          { label: 'What', cell: ({ message }) => message },
        ]}
      />
    </section>
  )
}

const kinds = {
  new: ['new', 'good'],
  changed: ['changed', 'waiting'],
  back_on_sale: ['back on sale', 'good'],
  as_it_is: ['as it is', 'plain'],
} as const

function Plan({ plan, text, here }: { plan: NonNullable<Shown['plan']>; text: string; here: string }) {
  const changing = plan.planned.filter(({ what }) => what !== 'as_it_is')
  const same = plan.planned.length - changing.length
  return (
    <section>
      <h2>What would change</h2>
      <Table
        label="What would change"
        rows={changing}
        empty="Nothing: all of it is so already."
        columns={[
          {
            label: 'Product',
            cell: ({ name, product_id }) => (
              <>
                {name} <code>{product_id}</code>
              </>
            ),
          },
          { label: '', cell: ({ what }) => <Badge status={kinds[what][0]} tone={kinds[what][1]} /> },
          { label: 'Changes', cell: changesOf },
        ]}
      />
      {same > 0 && <p class="faint">{same === 1 ? 'One product is' : `${same} products are`} so already.</p>}
      {changing.length > 0 && (
        <form method="post" action={here}>
          <textarea name="text" hidden>
            {text}
          </textarea>
          <input type="hidden" name="version" value={plan.version} />
          <button class="primary">Import {changing.length === 1 ? 'it' : `these ${changing.length}`}</button>
        </form>
      )}
    </section>
  )
}

function changesOf({ what, changes }: PlannedProduct) {
  if (what === 'new') return null
  return (
    <ul class="changes">
      {Object.entries(changes).map(([field, { before, after }]) => (
        <li>
          {field}: <del>{inShort(before)}</del> → <ins>{inShort(after)}</ins>
        </li>
      ))}
    </ul>
  )
}

function inShort(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
