import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { changeBuyer } from '../../../commands/buyers/change_buyer.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { amountOrNothing, wholeOrNothing } from '../../fields_of_forms.ts'
import { formOf, valuesOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { typedAmount } from '../../parts/figures.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { readAdvertisers, selectBuyer, selectConnections, selectProducts, type Buyer } from './select.ts'
import { TermsForm, type TermsGiven } from './terms_form.tsx'

const Form = z.object({
  name: z.string().trim().min(1, 'What people call it.').max(100),
  max_media_buy_budget: amountOrNothing,
  max_calls_per_minute: wholeOrNothing(1, 100_000),
  trusted: z.literal('yes').optional(),
  products: z.enum(['all', 'some']).default('all'),
})

/** What one buyer may do here, to be changed. */
export function buyerTerms(desk: ConsoleDesk) {
  const show = async (c: Context<VisitEnv>, buyer: Buyer, given: TermsGiven, problems: Problems = {}) => {
    const visit = c.get('visit')
    const here = `${visit.base}/buyers/${buyer.principal_id}`
    const connections = await selectConnections(desk.readDb, visit.tenant_id).execute()
    const products = await selectProducts(desk.readDb, visit.tenant_id).execute()
    const advertisers = await readAdvertisers(desk.readDb, visit.tenant_id)
    const failed = Object.keys(problems).length > 0
    return page(
      c,
      { title: `Change ${buyer.name}`, room: 'buyers', ...(failed && { status: 422 }) },
      <>
        <PageHead title={`Change ${buyer.name}`} up={{ name: buyer.name, href: here }}>
          It counts from the next call on; what was bought stands.
        </PageHead>
        <TermsForm action={`${here}/terms`} {...{ given, problems, connections, advertisers, products }} />
      </>,
    )
  }
  const find = (c: Context<VisitEnv>) =>
    selectBuyer(desk.readDb, c.get('visit').tenant_id, c.req.param('principal_id') ?? '').executeTakeFirst()

  return new Hono<VisitEnv>()
    .get('/:principal_id/terms', async (c) => {
      const buyer = await find(c)
      return buyer ? show(c, buyer, asGiven(buyer)) : c.notFound()
    })
    .post('/:principal_id/terms', needs('manage'), async (c) => {
      const buyer = await find(c)
      if (!buyer) return c.notFound()
      const [fields, allowed] = [await formOf(c), await valuesOf(c, 'allowed')]
      const read = Form.safeParse(fields)
      const problems = read.success ? {} : problemsOf(read.error)
      if (fields['products'] === 'some' && allowed.length === 0)
        problems['allowed'] = 'Choose at least one product, or everything.'
      if (!read.success || Object.keys(problems).length > 0)
        return show(c, buyer, { fields, allowed }, problems)
      const { products, trusted, ...limits } = read.data
      const { tenant_id, base, ...visit } = c.get('visit')
      const { principal_id } = buyer
      const outcome = await changeBuyer(desk.db, {
        tenant_id,
        principal_id,
        terms: {
          ...limits,
          trusted: trusted === 'yes',
          allowed_product_ids: products === 'some' ? [...new Set(allowed)].sort() : null,
          platform_mappings: await mappings(tenant_id, fields),
        },
        by: actorOf({ tenant_id, base, ...visit }),
      })
      if (outcome === 'name_taken')
        return show(c, buyer, { fields, allowed }, { name: 'Another buyer has this name.' })
      const said = outcome === 'changed' ? 'Changed, from its next call on.' : 'Nothing was to be changed.'
      return done(c, `${base}/buyers/${principal_id}`, said)
    })

  async function mappings(tenant_id: string, fields: TermsGiven['fields']) {
    const connections = await selectConnections(desk.readDb, tenant_id).execute()
    return Object.fromEntries(
      connections.map(({ connection_id: id }) => [
        id,
        fields[`advertiser.${id}`]?.trim().slice(0, 200) ?? '',
      ]),
    )
  }
}

function asGiven(buyer: Buyer): TermsGiven {
  const advertisers = Object.entries(buyer.platform_mappings as Record<string, string>)
  return {
    fields: {
      name: buyer.name,
      max_media_buy_budget: typedAmount(buyer.max_media_buy_budget),
      max_calls_per_minute: buyer.max_calls_per_minute?.toString() ?? '',
      products: buyer.allowed_product_ids === null ? 'all' : 'some',
      ...(buyer.trusted !== null && { trusted: 'yes' }),
      ...Object.fromEntries(advertisers.map(([id, advertiser]) => [`advertiser.${id}`, advertiser])),
    },
    allowed: buyer.allowed_product_ids ?? [],
  }
}
