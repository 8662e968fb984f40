import { pricingName } from '../../../pricing_words.ts'
import { Capabilities, changes } from '../../../capabilities.ts'
import { nameOfKind } from './health.tsx'

/** What an ad server can do, as a worker learned it: what buyers are held to. */
export function Able({ capabilities }: { capabilities: unknown }) {
  const able = Capabilities.safeParse(capabilities).data
  if (!able) return <p class="empty">Not known yet: a worker asks when it reaches the ad server.</p>
  const byHand = changes.filter((one) => !able.changes.includes(one))
  return (
    <dl class="facts">
      <dt>Prices</dt>
      <dd>
        {able.pricing_models.map(pricingName).join(', ') || 'None'}
        {able.bids ? ', also a buyer’s own price' : ''}
      </dd>
      <dt>Delivery</dt>
      <dd>{words(able.delivery_types)}</dd>
      <dt>Pacing</dt>
      <dd>{words(able.pacing)}</dd>
      <dt>Targeting</dt>
      <dd>{words(able.targeting)}</dd>
      <dt>Approval there</dt>
      <dd>{able.approval === 'none' ? 'Orders run at once' : 'An order may wait for somebody there'}</dd>
      <dt>Changes by itself</dt>
      <dd>{words(able.changes)}</dd>
      <dt>Changes by hand</dt>
      <dd>{words(byHand)}</dd>
      <dt>Reports</dt>
      <dd>
        {able.reports === undefined ? 'Totals only' : `By the ${able.reports === 'hours' ? 'hour' : 'day'}`}
      </dd>
      <dt>Forecasts</dt>
      <dd>{able.forecasts === undefined ? 'None' : 'Says how much there is to sell'}</dd>
    </dl>
  )
}

const words = (all: readonly string[]) =>
  all.length === 0
    ? 'None'
    : all.map((one, i) => (i === 0 ? nameOfKind(one) : one.replaceAll('_', ' '))).join(', ')
