import { Hono, type Context } from 'hono'
import { saveProduct, type SaveOutcome } from '../../../commands/products/save_product.ts'
import { readKept, type Kept } from '../../../queries/kept_products.ts'
import { readWithheld } from '../../../queries/withheld.ts'
import { judgeProduct } from '../../../seed/judge_product.ts'
import type { Shop } from '../../../seed/shop.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { actorOf } from '../../actor.ts'
import type { Problems } from '../../problems.ts'
import { readChoices, type Choices } from './choices.ts'
import { draftOf, emptyDraft, emptyPrice, identified, type Draft } from './draft.ts'
import { Editor } from './editor.tsx'
import { Preview } from './preview.tsx'
import { readInventory, type Looked } from './inventory.ts'
import { readDraft } from './read_draft.ts'
import { problemsByField, writtenOf } from './written.ts'

interface Shown {
  draft: Draft
  problems?: Problems
  /** Said on top: what kept it from being saved. */
  warning?: string
  version?: string | undefined
  looked?: Looked
  kept_in?: string | undefined
}

/** Making a product, or changing one. */
export function editing(desk: ConsoleDesk) {
  return new Hono<VisitEnv>()
    .get('/new', async (c) => {
      const { shop, choices } = await readChoices(desk.readDb, c.get('visit').tenant_id)
      const like = await findKept(desk, shop, c.req.query('like') ?? '')
      const empty = emptyDraft(choices.currencies[0] ?? '', shop.connection_ids[0] ?? '')
      const draft = like
        ? {
            ...draftOf(like.written, picksOf(choices, like.written)),
            product_id: '',
            name: `${like.written.name} (copy)`,
          }
        : empty
      return show(c, desk, shop, choices, { draft })
    })
    .get('/:product_id/edit', async (c) => {
      const { shop, choices } = await readChoices(desk.readDb, c.get('visit').tenant_id)
      const kept = await findKept(desk, shop, c.req.param('product_id'))
      if (!kept) return c.notFound()
      const { version, kept_in } = kept
      const draft = draftOf(kept.written, picksOf(choices, kept.written))
      return show(c, desk, shop, choices, { draft, version, kept_in })
    })
    .post('/new', needs('manage'), (c) => take(c, desk))
    .post('/:product_id/edit', needs('manage'), (c) => take(c, desk))
}

/** Saves what was typed, or shows it again: with what is wrong, with a price more or less, or just as buyers would see it. */
async function take(c: Context<VisitEnv>, desk: ConsoleDesk) {
  const visit = c.get('visit')
  const { shop, choices } = await readChoices(desk.readDb, visit.tenant_id)
  const { draft: sent, pressed, fields } = await readDraft(c)
  const typed = pressed === 'save' ? identified(sent) : sent
  const product_id = c.req.param('product_id') ?? typed.product_id
  const kept = c.req.param('product_id') === undefined ? undefined : await findKept(desk, shop, product_id)
  const draft = { ...inOrder(typed, kept), product_id }
  const version = kept && fields.text('version')
  const looked = { find: fields.text('find'), open: /^open\.(.+)$/.exec(pressed)?.[1] ?? '' }
  const again = (shown: Partial<Shown>, status: 200 | 422) =>
    show(c, desk, shop, choices, { draft, version, kept_in: kept?.kept_in, looked, ...shown }, status)
  if (pressed !== 'save') return again({ draft: redrawn(draft, pressed, choices) }, 200)
  const { written, unreadable } = writtenOf(draft, choices.picks.get(draft.connection_id) ?? {})
  if (Object.keys(unreadable).length > 0) return again({ problems: unreadable }, 422)
  const actor = actorOf(visit)
  const outcome = await saveProduct(desk.db, { tenant_id: visit.tenant_id, written, version, actor })
  const { base } = visit
  switch (outcome.type) {
    case 'saved':
      const found = (await readWithheld(desk.readDb, visit.tenant_id, product_id)) === undefined
      return done(c, `${base}/products/${product_id}`, said(outcome, version, found))
    case 'refused':
      return again(
        { problems: problemsByField(outcome.problems), warning: 'Nothing is saved yet: see below.' },
        422,
      )
    case 'changed_meanwhile':
      return again({ warning: meanwhile(outcome.current), version: outcome.current.version }, 422)
    case 'not_found':
      return c.notFound()
  }
}

function said(
  { changed }: SaveOutcome & { type: 'saved' },
  version: string | undefined,
  found: boolean,
): string {
  if (!changed) return 'It was so already; nothing was changed.'
  if (!found) return 'Saved. Buyers are not offered it yet, see why below.'
  return version === undefined
    ? 'It is on sale. Buyers find it from now on.'
    : 'Saved. Buyers see it from now on.'
}

const meanwhile = ({ archived_at }: Kept) =>
  `Somebody else ${archived_at ? 'archived' : 'changed'} this product while you were editing. What you typed is still here; nothing was saved. Compare with the product as it is now, then save again to have yours.`

function redrawn(draft: Draft, pressed: string, { currencies }: Choices): Draft {
  if (pressed === 'add_price') return { ...draft, prices: [...draft.prices, emptyPrice(currencies[0] ?? '')] }
  const [, dropped] = /^drop_price\.(\d+)$/.exec(pressed) ?? []
  if (dropped === undefined) return draft
  return { ...draft, prices: draft.prices.filter((_, index) => index !== Number(dropped)) }
}

/** Boxes come in the order of the page; what was chosen before keeps its own. */
function inOrder(draft: Draft, kept: Kept | undefined): Draft {
  if (!kept) return draft
  const before = draftOf(kept.written, {})
  const order = (name: 'channels' | 'places' | 'formats') => {
    const place = new Map(before[name].map((value, index) => [value, index]))
    return draft[name].toSorted((a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || 0)
  }
  return { ...draft, channels: order('channels'), places: order('places'), formats: order('formats') }
}

const picksOf = ({ picks }: Choices, { connection_id }: Kept['written']) =>
  picks.get(String(connection_id)) ?? {}

async function findKept(desk: ConsoleDesk, shop: Shop, product_id: string): Promise<Kept | undefined> {
  return (await readKept(desk.readDb, shop, [product_id])).get(product_id)
}

async function show(
  c: Context<VisitEnv>,
  desk: ConsoleDesk,
  shop: Shop,
  choices: Choices,
  shown: Shown,
  status: 200 | 422 = 200,
) {
  const { base } = c.get('visit')
  const { draft, problems = {}, warning, version, kept_in, looked = { find: '', open: '' } } = shown
  const picked = choices.picks.get(draft.connection_id) ?? {}
  const inventory = await readInventory(desk.readDb, picked, draft, looked)
  const here = version === undefined ? `${base}/products/new` : `${base}/products/${draft.product_id}/edit`
  const title = version === undefined ? 'New product' : draft.name || draft.product_id
  const { product } = judgeProduct(writtenOf(identified(draft), picked).written, shop)
  return page(
    c,
    { title, room: 'products', status },
    <>
      <PageHead title={title} up={{ name: 'Products', href: `${base}/products` }} />
      {warning !== undefined && (
        <p class="warning" role="alert">
          {warning}{' '}
          {version !== undefined && (
            <a href={`${base}/products/${draft.product_id}`}>The product as it is now</a>
          )}
        </p>
      )}
      {kept_in === 'file' && (
        <p class="hint">
          It came from the publisher file. The next <code>salesdesk seed</code> puts it back as the file says,
          so change it there too.
        </p>
      )}
      <div class="editor">
        <Editor {...{ draft, problems, choices, here, version, inventory, looked }} />
        <Preview product={product} shop={shop} from={here} />
      </div>
    </>,
  )
}
