import type { ApprovalRequest } from '../../../queries/approval_requests.ts'
import type { Visit } from '../../desk.ts'
import { count, day, flight, money, When } from '../../parts/figures.tsx'
import type { BuyerBefore } from './select.ts'

interface Props {
  request: ApprovalRequest
  before: BuyerBefore
  visit: Visit
}

/** What is asked for, and by whom, side by side. */
export const Facts = (props: Props) => (
  <div class="columns">
    <section class="card" aria-labelledby="what">
      <h2 id="what">What is asked</h2>
      <What {...props} />
    </section>
    <section class="card" aria-labelledby="who">
      <h2 id="who">Who asks</h2>
      <Who {...props} />
    </section>
  </div>
)

function What({ request, before, visit }: Props) {
  const { start_time, end_time, total_budget, currency, po_number, deadline, wanted, media_buy_id } = request
  const open = request.status === 'requires_approval' || request.status === 'input_required'
  return (
    <dl class="facts">
      <dt>{wanted ? 'Change of' : 'Purchase'}</dt>
      <dd>
        <a href={`${visit.base}/media_buys/${media_buy_id}`}>
          <code>{media_buy_id}</code>
        </a>
      </dd>
      <dt>Flight</dt>
      <dd>{flight(start_time, end_time)}</dd>
      <dt>Budget</dt>
      <dd>{money(total_budget, currency)}</dd>
      {po_number !== null && (
        <>
          <dt>Purchase order</dt>
          <dd>{po_number}</dd>
        </>
      )}
      <People request={request} />
      {request.status === 'requires_approval' && deadline && (
        <>
          <dt>Decide</dt>
          <dd>
            <When at={deadline} now={visit.now} />
          </dd>
        </>
      )}
      {open && before.expire_at && (
        <>
          <dt>Declined by itself</dt>
          <dd>
            <When at={before.expire_at} now={visit.now} />
          </dd>
        </>
      )}
    </dl>
  )
}

/** Whether two people must agree, and who has. */
function People({ request: { approvals_needed, agreed } }: Pick<Props, 'request'>) {
  if (approvals_needed < 2) return null
  return (
    <>
      <dt>Four eyes</dt>
      <dd>
        {approvals_needed} people must agree
        {agreed.length > 0 ? `; ${agreed.join(' and ')} agreed` : '; nobody has yet'}
      </dd>
    </>
  )
}

function Who({ request, before, visit }: Props) {
  const { agent, sandbox, advertiser, brand_domain, currency } = request
  return (
    <dl class="facts">
      <dt>Buyer</dt>
      <dd>
        <a href={`${visit.base}/buyers/${before.principal_id}`}>{agent}</a>
        {sandbox && ' (sandbox: nothing is booked)'}
      </dd>
      <dt>Account</dt>
      <dd>{advertiser}</dd>
      <dt>Brand</dt>
      <dd>{brand_domain}</dd>
      <dt>Before</dt>
      <dd>{history(before, currency)}</dd>
    </dl>
  )
}

/** What there was with a buyer before this request, in a sentence. */
function history({ bought, running, rejected, amount, since }: BuyerBefore, currency: string): string {
  if (bought === 0)
    return rejected === 0 ? 'It never bought here.' : `Nothing but ${count(rejected)} rejected.`
  const parts = [
    `${count(bought)} ${bought === 1 ? 'buy' : 'buys'}${amount === null ? '' : `, ${money(amount, currency)} of it in ${currency}`}`,
    ...(running > 0 ? [`${count(running)} running now`] : []),
    ...(rejected > 0 ? [`${count(rejected)} rejected`] : []),
  ]
  return `${parts.join(', ')}${since ? `; the first on ${day(since)}` : ''}.`
}
