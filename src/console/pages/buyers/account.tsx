import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { changeAccount, type AccountTerms } from '../../../commands/buyers/change_account.ts'
import { may } from '../../../rights.ts'
import { Account as AccountFile } from '../../../seed/tenant_schema.ts'
import { Currency } from '../../../seed/file_words.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { amountOrNothing, nothing } from '../../fields_of_forms.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { Badge } from '../../parts/badge.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { typedAmount } from '../../parts/figures.tsx'
import { PageHead } from '../../parts/page_head.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { selectAccounts, selectBuyer, type Account } from './select.ts'

const { status, billing, payment_terms } = AccountFile.shape
const Form = z
  .object({
    name: z.string().trim().min(1, 'What people call it.').max(200),
    status: status.unwrap(),
    billing: billing.unwrap(),
    payment_terms: nothing(payment_terms.unwrap()),
    credit_limit: amountOrNothing,
    credit_currency: nothing(Currency),
  })
  .refine((form) => (form.credit_limit === null) === (form.credit_currency === null), {
    path: ['credit_currency'],
    error: 'A limit has a currency, and a currency a limit.',
  })

/** An account of a buyer: how it stands and how it is billed. */
export function buyerAccounts(desk: ConsoleDesk) {
  const find = async (c: Context<VisitEnv>) => {
    const { principal_id = '', account_id = '' } = c.req.param()
    const { tenant_id } = c.get('visit')
    const buyer = await selectBuyer(desk.readDb, tenant_id, principal_id).executeTakeFirst()
    const account = await selectAccounts(desk.readDb, tenant_id, principal_id)
      .where('a.account_id', '=', account_id)
      .executeTakeFirst()
    return buyer && account && { buyer, account }
  }
  type Found = NonNullable<Awaited<ReturnType<typeof find>>>
  const show = (c: Context<VisitEnv>, { buyer, account }: Found, given: Given, problems: Problems = {}) => {
    const here = `${c.get('visit').base}/buyers/${buyer.principal_id}`
    const failed = Object.keys(problems).length > 0
    return page(
      c,
      { title: account.name, room: 'buyers', ...(failed && { status: 422 }) },
      <>
        <PageHead title={account.name} up={{ name: buyer.name, href: here }}>
          <Badge status={account.status} /> <code>{account.account_id}</code>
        </PageHead>
        <Facts account={account} />
        {may(c.get('visit').role, 'manage') && (
          <Terms action={`${here}/accounts/${account.account_id}`} given={given} problems={problems} />
        )}
      </>,
    )
  }
  return new Hono<VisitEnv>()
    .get('/:principal_id/accounts/:account_id', async (c) => {
      const found = await find(c)
      return found ? show(c, found, asGiven(found.account)) : c.notFound()
    })
    .post('/:principal_id/accounts/:account_id', needs('manage'), async (c) => {
      const visit = c.get('visit')
      const found = await find(c)
      if (!found) return c.notFound()
      const given = await formOf(c)
      const read = Form.safeParse(given)
      if (!read.success) return show(c, found, given, problemsOf(read.error))
      const { account_id } = found.account
      const terms: AccountTerms = read.data
      const outcome = await changeAccount(desk.db, {
        tenant_id: visit.tenant_id,
        account_id,
        terms,
        by: actorOf(visit),
      })
      const here = `${visit.base}/buyers/${found.buyer.principal_id}`
      return done(c, here, outcome === 'changed' ? `${terms.name} is changed.` : 'Nothing was to be changed.')
    })
}

type Given = Partial<Record<string, string>>

const asGiven = (account: Account): Given => ({
  name: account.name,
  status: account.status,
  billing: account.billing,
  payment_terms: account.payment_terms ?? '',
  credit_limit: typedAmount(account.credit_limit),
  credit_currency: account.credit_currency ?? '',
})

function Facts({ account }: { account: Account }) {
  return (
    <dl class="facts">
      <dt>Brand</dt>
      <dd>
        {account.brand_domain}
        {account.brand_id !== '' && ` (${account.brand_id})`}
      </dd>
      <dt>Operator</dt>
      <dd>{account.operator}</dd>
      {account.invoice_recipients && (
        <>
          <dt>Invoices to</dt>
          <dd>{account.invoice_recipients.join(', ')}</dd>
        </>
      )}
    </dl>
  )
}

const said = (word: string) => ({ value: word, label: word.replaceAll('_', ' ') })

function Terms({ action, given, problems }: { action: string; given: Given; problems: Problems }) {
  const field = (name: string) => ({ name, value: given[name] ?? '', problem: problems[name] })
  return (
    <form class="narrow" method="post" action={action}>
      <TextField {...field('name')} label="Name" required maxlength={200} />
      <SelectField
        {...field('status')}
        label="Status"
        hint="Only an active account can buy. What runs goes on."
        choices={status.unwrap().options.map(said)}
      />
      <SelectField {...field('billing')} label="Who is billed" choices={billing.unwrap().options.map(said)} />
      <SelectField
        {...field('payment_terms')}
        label="Payment"
        choices={[{ value: '', label: 'not agreed' }, ...payment_terms.unwrap().options.map(said)]}
      />
      <TextField
        {...field('credit_limit')}
        label="Credit"
        hint="All that is not canceled or declined counts against it. Empty: not limited."
        inputmode="decimal"
      />
      <TextField {...field('credit_currency')} label="Currency of the credit" maxlength={3} />
      <button class="primary">Save</button>
    </form>
  )
}
