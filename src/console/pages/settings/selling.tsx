import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { changeTenant, type TenantSettings } from '../../../commands/change_tenant.ts'
import { may } from '../../../rights.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { amountOrNothing, nothing, ticked, whole } from '../../fields_of_forms.ts'
import { formOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import { typedAmount } from '../../parts/figures.tsx'
import { problemsOf, type Problems } from '../../problems.ts'
import { Head } from './head.tsx'
import { SellingForm } from './selling_form.tsx'

const Link = nothing(z.url({ protocol: /^https?$/, error: 'An address that begins with https://.' }))
const Currencies = z
  .string()
  .transform((text) => [...new Set(text.toUpperCase().match(/[^\s,;]+/g))])
  .pipe(
    z
      .array(z.string().refine(isCurrency, 'Currencies as ISO 4217 writes them, such as EUR, USD.'))
      .min(1, 'At least one, such as EUR.'),
  )
const Form = z
  .object({
    name: z.string().trim().min(1, 'What buyers call you.').max(200),
    description: z.string().trim().max(5000),
    advertising_policies: z.string().trim().max(10_000),
    currencies: Currencies,
    approval_threshold: amountOrNothing,
    max_package_budget: amountOrNothing,
    max_media_buy_budget: amountOrNothing,
    max_flight_days: whole(1, 3660),
    max_new_keys_per_minute: whole(1, 1_000_000),
    opens_accounts: ticked,
    sells_unverified: ticked,
    refusal_policy: z.enum(['ask_person', 'take_back']),
    behind_percent: whole(1, 100),
    stale_forecast: z.enum(['sell', 'ask_person', 'refuse']),
    forecast_horizon_days: whole(1, 366),
    forecast_refresh_hours: whole(1, 168),
    forecast_max_age_hours: whole(1, 720),
    sells_proposals: ticked,
    proposal_hold_hours: whole(1, 720),
    insertion_orders: ticked,
    io_above: amountOrNothing,
    io_terms_url: Link,
    io_signing_url: Link,
  })
  .transform(({ insertion_orders, io_above, io_terms_url, io_signing_url, ...settings }) => ({
    ...settings,
    insertion_order: insertion_orders
      ? {
          ...(io_above !== null && { above: Number(io_above) }),
          ...(io_terms_url !== null && { terms_url: io_terms_url }),
          ...(io_signing_url !== null && { signing_url: io_signing_url }),
        }
      : null,
  }))

/** What a publisher says of itself and how it sells. */
export function sellingSettings(desk: ConsoleDesk) {
  const show = (c: Context<VisitEnv>, given: Partial<Record<string, string>>, problems: Problems = {}) => {
    const visit = c.get('visit')
    const failed = Object.keys(problems).length > 0
    return page(
      c,
      { title: 'Settings', room: 'settings', ...(failed && { status: 422 }) },
      <>
        <Head visit={visit} at="" />
        <SellingForm
          action={`${visit.base}/settings`}
          given={given}
          problems={problems}
          sets={may(visit.role, 'administer')}
        />
      </>,
    )
  }
  return new Hono<VisitEnv>()
    .get('/', async (c) => show(c, await asGiven(desk, c.get('visit').tenant_id)))
    .post('/', needs('administer'), async (c) => {
      const visit = c.get('visit')
      const given = await formOf(c)
      const read = Form.safeParse(given)
      if (!read.success) return show(c, given, problemsOf(read.error))
      const settings: TenantSettings = read.data
      const { tenant_id } = visit
      const outcome = await changeTenant(desk.db, { tenant_id, settings, by: actorOf(visit) })
      if (outcome.type === 'currency_in_use') {
        const { currency, by } = outcome
        return show(c, given, { currencies: `${currency} is still used by ${by}. Nothing was kept.` })
      }
      const said =
        outcome.type === 'changed' ? 'Kept. It counts from the next call on.' : 'Nothing was to be changed.'
      return done(c, `${visit.base}/settings`, said)
    })
}

async function asGiven({ readDb }: ConsoleDesk, tenant_id: string) {
  const { insertion_order, ...row } = await readDb
    .selectFrom('tenants')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  const order = insertion_order as TenantSettings['insertion_order']
  const fields = {
    ...row,
    approval_threshold: typedAmount(row.approval_threshold),
    max_package_budget: typedAmount(row.max_package_budget),
    max_media_buy_budget: typedAmount(row.max_media_buy_budget),
    currencies: row.currencies.join(', '),
    insertion_orders: order !== null,
    io_above: typedAmount(order?.above),
    io_terms_url: order?.terms_url ?? '',
    io_signing_url: order?.signing_url ?? '',
  }
  const texts = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? (value ? 'yes' : '') : text(value),
  ])
  return Object.fromEntries(texts) as Partial<Record<string, string>>
}

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

const known = new Set(Intl.supportedValuesOf('currency'))
function isCurrency(code: string): boolean {
  return known.has(code)
}
