import { Hono, type Context } from 'hono'
import { AdcpError } from '../../../adcp/error.ts'
import type { Db } from '../../../db/database.ts'
import { getProducts } from '../../../tools/get_products.ts'
import type { Principal } from '../../../tools/define-tool.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { page } from '../../page.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { OfferCard, type Offer } from './offer.tsx'

interface Answer {
  products: Offer[]
  message?: string
  proposals?: { name: string; description?: string }[]
}

/** A brief, asked as a buyer asks it: the same query answers, on a connection that cannot write. */
export function trying(desk: ConsoleDesk) {
  return new Hono<VisitEnv>().get('/try', async (c) => {
    const { base, tenant_id } = c.get('visit')
    const brief = c.req.query('brief')?.trim() ?? ''
    const buyers = await selectBuyers(desk, tenant_id)
    const buyer = buyers.find(({ principal_id }) => principal_id === c.req.query('principal_id')) ?? buyers[0]
    const answer = buyer && brief !== '' ? await ask(c, desk, buyer, brief) : undefined
    return page(
      c,
      { title: 'Try a brief', room: 'products' },
      <>
        <PageHead title="Try a brief" up={{ name: 'Products', href: `${base}/products` }}>
          What an agent would be told now. Nothing is written, and no buyer learns of it.
        </PageHead>
        <form class="card" method="get" action={`${base}/products/try`}>
          <TextField
            name="brief"
            label="Brief"
            value={brief}
            maxlength={5000}
            hint="In plain words, as a buyer would: outdoor video in Germany, 20000 EUR"
          />
          <SelectField
            name="principal_id"
            label="As this buyer"
            value={buyer?.principal_id ?? ''}
            choices={buyers.map(({ principal_id, name }) => ({ value: principal_id, label: name }))}
          />
          <button class="primary">Ask</button>
          {!buyer && (
            <p class="hint">
              There is no buyer to ask as yet. <a href={`${base}/buyers`}>Make one first</a>.
            </p>
          )}
        </form>
        {answer && <Told answer={answer} base={base} />}
      </>,
    )
  })
}

function Told({ answer, base }: { answer: Answer | string; base: string }) {
  if (typeof answer === 'string') return <p class="warning">{answer}</p>
  const { products, message, proposals = [] } = answer
  return (
    <>
      {message !== undefined && <p class="said">{message}</p>}
      {products.length > 0 ? (
        <h2>Best match first</h2>
      ) : (
        <p class="hint">
          That is what its agent reads. <a href={`${base}/products`}>The list of products</a> marks those that
          no buyer is offered, and their pages say why.
        </p>
      )}
      <div class="offers">
        {products.map((offer) => (
          <OfferCard offer={offer} href={`${base}/products/${offer.product_id}`} />
        ))}
      </div>
      {proposals.length > 0 && (
        <>
          <h2>Plans offered with it</h2>
          <ul>
            {proposals.map(({ name, description }) => (
              <li>
                <strong>{name}</strong> {description}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

async function ask(
  c: Context<VisitEnv>,
  { readDb, publicUrl }: ConsoleDesk,
  principal: Principal,
  brief: string,
): Promise<Answer | string> {
  try {
    const answer = await getProducts.handle(getProducts.input.parse({ brief, buying_mode: 'brief' }), {
      db: readDb,
      // a brief writes nothing, and could not
      writeDb: readDb as Db,
      principal,
      version: '3.1',
      now: c.get('visit').now,
      webhooks: undefined,
      may_force: false,
      publicUrl,
      requestSigning: undefined,
    })
    return answer as unknown as Answer
  } catch (error) {
    if (error instanceof AdcpError) return error.message
    throw error
  }
}

/** The buyers there are; sandboxes last, and each with what it may buy. */
const selectBuyers = ({ readDb }: ConsoleDesk, tenant_id: string): Promise<Principal[]> =>
  readDb
    .selectFrom('principals')
    .select(['principal_id', 'tenant_id', 'name', 'sandbox', 'allowed_product_ids', 'max_calls_per_minute'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .orderBy('sandbox')
    .orderBy('name')
    .execute()
