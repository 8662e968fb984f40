import { Hono, type Context } from 'hono'
import { setApprovalPolicy, type PolicyProblem } from '../../../commands/set_approval_policy.ts'
import { readApprovalPolicy } from '../../../queries/approval_policy.ts'
import { may } from '../../../rights.ts'
import { ApprovalPolicy } from '../../../seed/approval_policy_schema.ts'
import { actorOf } from '../../actor.ts'
import type { ConsoleDesk, VisitEnv } from '../../desk.ts'
import { formOf, valuesOf } from '../../form.ts'
import { needs } from '../../needs.ts'
import { done, page } from '../../page.tsx'
import type { Problems } from '../../problems.ts'
import { ApprovalsForm, type PolicyGiven } from './approvals_form.tsx'
import { typedAmount } from '../../parts/figures.tsx'
import { Head } from './head.tsx'

const HOURS = [
  'decide_within_hours',
  'remind_after_hours',
  'escalate_after_hours',
  'expire_after_hours',
] as const
const LIMITS = ['auto_approve_under', 'four_eyes_above'] as const

/** The approval policy: what needs a person, or two, and how long they have. */
export function approvalSettings(desk: ConsoleDesk) {
  const show = async (c: Context<VisitEnv>, given: PolicyGiven, problems: Problems = {}) => {
    const visit = c.get('visit')
    const failed = Object.keys(problems).length > 0
    return page(
      c,
      { title: 'Approvals · Settings', room: 'settings', ...(failed && { status: 422 }) },
      <>
        <Head visit={visit} at="/approvals" />
        <ApprovalsForm
          action={`${visit.base}/settings/approvals`}
          {...{ given, problems }}
          {...await facts(desk, visit.tenant_id)}
          sets={may(visit.role, 'administer')}
        />
      </>,
    )
  }
  return new Hono<VisitEnv>()
    .get('/', async (c) => {
      const policy = await readApprovalPolicy(desk.readDb, c.get('visit').tenant_id)
      return show(c, asGiven(policy ?? ApprovalPolicy.parse({})))
    })
    .post('/', needs('administer'), async (c) => {
      const visit = c.get('visit')
      const given = { fields: await formOf(c), trusted: await valuesOf(c, 'trusted') }
      const { currencies } = await facts(desk, visit.tenant_id)
      const policy = asPolicy(given, currencies)
      const by = { tenant_id: visit.tenant_id, actor: actorOf(visit) }
      const outcome = await setApprovalPolicy(desk.db, { ...by, policy })
      if (outcome.type === 'refused') return show(c, given, byField(outcome.problems, policy.limits))
      const said = outcome.changed
        ? 'Kept. It counts from the next purchase on.'
        : 'Nothing was to be changed.'
      return done(c, `${visit.base}/settings/approvals`, said)
    })
}

async function facts({ readDb }: ConsoleDesk, tenant_id: string) {
  const { currencies } = await readDb
    .selectFrom('tenants')
    .select('currencies')
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  const buyers = await readDb
    .selectFrom('principals')
    .select(['principal_id', 'name'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .orderBy('name')
    .execute()
  return { currencies, buyers }
}

function asGiven(policy: ApprovalPolicy): PolicyGiven {
  const limits = policy.limits.flatMap(({ currency, ...limit }) =>
    LIMITS.map((name) => [`${name}.${currency}`, typedAmount(limit[name])]),
  )
  const hours = HOURS.map((name) => [name, String(policy[name] ?? '')])
  return {
    fields: {
      ...(Object.fromEntries([...limits, ...hours]) as Record<string, string>),
      expire_reason: policy.expire_reason ?? '',
      review_creatives: policy.review_creatives,
      includes_person_products: policy.includes_person_products ? 'yes' : '',
    },
    trusted: policy.trusted_principals,
  }
}

/** What was typed, as a policy that may yet be wrong. */
function asPolicy({ fields, trusted }: PolicyGiven, currencies: readonly string[]) {
  const typed = (name: string) => fields[name]?.trim() || undefined
  const number = (name: string) => {
    const text = typed(name)?.replaceAll(/[\s,](?=\d{3}(\D|$))/g, '')
    return text === undefined
      ? {}
      : { [name.split('.')[0] ?? '']: /^[\d.]+$/.test(text) ? Number(text) : text }
  }
  const limits = currencies
    .map((currency) => ({
      currency,
      ...number(`auto_approve_under.${currency}`),
      ...number(`four_eyes_above.${currency}`),
    }))
    .filter((limit) => Object.keys(limit).length > 1)
  return {
    limits,
    trusted_principals: trusted,
    includes_person_products: typed('includes_person_products') === 'yes',
    review_creatives: typed('review_creatives'),
    ...Object.fromEntries(HOURS.flatMap((name) => Object.entries(number(name)))),
    ...(typed('expire_reason') && { expire_reason: typed('expire_reason') }),
  }
}

/** The problems by the fields of the form, in words without underscores. */
function byField(problems: readonly PolicyProblem[], limits: readonly { currency: string }[]): Problems {
  return Object.fromEntries(
    problems.map(({ path: [first, index, name], message }) => {
      const currency = typeof index === 'number' ? limits[index]?.currency : undefined
      const field =
        first === 'limits' && currency !== undefined
          ? `${String(name ?? 'auto_approve_under')}.${currency}`
          : String(first)
      return [field, words(message)]
    }),
  )
}

const words = (message: string) => {
  const text = message
    .replaceAll('_', ' ')
    .replace('Invalid input: expected number, received string', 'must be a number')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.')
}
