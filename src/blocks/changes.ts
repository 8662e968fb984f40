import type { ApprovalRequest, RequestedPackage } from '../queries/approval_requests.ts'
import { spelled } from './packages.ts'

/** One thing a change asks for. */
export interface Change {
  what: string
  before: string
  after: string
}
/** How amounts and days are written where it is shown. */
export interface Figures {
  money(amount: string, currency: string): string
  day(at: Date): string
}
type Wanted = Record<string, unknown>

/** What a change asks for, thing by thing, beside how it is now; the sum and the end of the whole buy come first. */
export function changesOf(request: ApprovalRequest, figures: Figures): Change[] {
  const { money, day } = figures
  const { wanted, total_budget, end_time, start_time, currency, packages } = request
  if (!wanted) return []
  const { start_time: start, paused } = wanted.request
  return [
    {
      what: 'Budget of the buy',
      before: money(total_budget, currency),
      after: money(wanted.total_budget, currency),
    },
    { what: 'Last day of the buy', before: day(end_time), after: day(new Date(wanted.end_time)) },
    ...(start === undefined
      ? []
      : [{ what: 'First day', before: day(start_time), after: said(figures, start) }]),
    ...(paused === undefined ? [] : [{ what: 'The buy', before: '–', after: paused ? 'paused' : 'resumed' }]),
    ...list(wanted.request['packages']).flatMap((change) => ofPackage(figures, change, packages, currency)),
    ...list(wanted.request['new_packages']).map((added) => ofNew(figures, added, currency)),
  ].filter(({ before, after }) => before !== after)
}

function ofPackage(
  figures: Figures,
  { package_id, ...change }: Wanted,
  all: RequestedPackage[],
  currency: string,
): Change[] {
  const now = all.find((one) => one.package_id === package_id)
  return Object.entries(change)
    .filter(([name]) => name !== 'context' && name !== 'ext')
    .map(([name, after]) => ({
      what: `${now?.product ?? String(package_id)}: ${name.replaceAll('_', ' ')}`,
      before: now && name in now ? said(figures, now[name as keyof RequestedPackage], name, currency) : '–',
      after: said(figures, after, name, currency),
    }))
}

function ofNew(
  figures: Figures,
  { product_id, budget, context: _c, ext: _e, ...rest }: Wanted,
  currency: string,
): Change {
  const terms = Object.keys(rest).length > 0 ? `, ${spelled(rest)}` : ''
  return {
    what: `New package of ${String(product_id)}`,
    before: '–',
    after: `${said(figures, budget, 'budget', currency)}${terms}`,
  }
}

/** A value of a request as people read it: amounts as money, times as days, nothing as a dash. */
function said({ money, day }: Figures, value: unknown, name = '', currency = ''): string {
  if (value === null || value === undefined) return '–'
  if (MONEY.includes(name)) return money(spelled(value), currency)
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return day(new Date(value))
  return spelled(value)
}

const MONEY = ['budget', 'bid_price']
const list = (value: unknown): Wanted[] => (Array.isArray(value) ? (value as Wanted[]) : [])
