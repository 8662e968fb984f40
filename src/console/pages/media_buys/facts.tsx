import { exact, flight, money, When } from '../../parts/figures.tsx'
import type { Buy } from './read_buy.ts'

/** What was bought by whom, in a few lines. */
export function Facts({ buy, now }: { buy: Buy; now: Date }) {
  return (
    <dl class="facts">
      <dt>Buyer</dt>
      <dd>{buy.buyer}</dd>
      <dt>Account</dt>
      <dd>{buy.account}</dd>
      <dt>Flight</dt>
      <dd>{flight(buy.start_time, buy.end_time)}</dd>
      <dt>Budget</dt>
      <dd>{money(buy.total_budget, buy.currency)}</dd>
      {buy.po_number !== null && (
        <>
          <dt>PO number</dt>
          <dd>{buy.po_number}</dd>
        </>
      )}
      {buy.proposal_id !== null && (
        <>
          <dt>Proposal</dt>
          <dd>
            <code>{buy.proposal_id.slice(0, 40)}</code>
          </dd>
        </>
      )}
      <dt>Requested</dt>
      <dd>
        {exact(buy.created_at)} <span class="faint">UTC</span>
      </dd>
      {buy.status === 'pending_creatives' && buy.creative_deadline !== null && (
        <>
          <dt>Creatives due</dt>
          <dd>
            <When at={buy.creative_deadline} now={now} />
          </dd>
        </>
      )}
      <Over buy={buy} />
      <dt>Revision</dt>
      <dd>{buy.revision}</dd>
    </dl>
  )
}

/** Why it is over, where somebody ended it. */
function Over({ buy }: { buy: Buy }) {
  if (buy.rejection_reason !== null)
    return (
      <>
        <dt>Rejected because</dt>
        <dd>{buy.rejection_reason}</dd>
      </>
    )
  if (buy.canceled_by === null) return null
  return (
    <>
      <dt>Canceled by</dt>
      <dd>
        {buy.canceled_by === 'seller' ? 'you' : 'the buyer'}
        {buy.cancellation_reason !== null && `: ${buy.cancellation_reason}`}
      </dd>
    </>
  )
}
