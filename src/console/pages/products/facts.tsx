import type { Kept } from '../../../queries/kept_products.ts'
import { count } from '../../parts/figures.tsx'

/** How a product is sold: what buyers do not see. */
export function Facts({ kept: { written } }: { kept: Kept }) {
  const { available_from, available_until, ad_server_config = {} } = written
  const period = [
    typeof available_from === 'string' && `from ${available_from}`,
    typeof available_until === 'string' && `until ${available_until}`,
  ]
  const config = Object.entries(ad_server_config as object)
  return (
    <dl class="facts">
      <dt>Approval</dt>
      <dd>{written['approval_policy'] === 'person' ? 'a person decides each time' : 'sold at once'}</dd>
      <dt>On sale</dt>
      <dd>{period.filter(Boolean).join(' ') || 'without end'}</dd>
      <dt>Shortest flight</dt>
      <dd>{inDays(written['min_flight_days'] ?? 1)}</dd>
      <dt>Lead time</dt>
      <dd>{inDays(written['lead_days'] ?? 0)}</dd>
      <dt>Most a day</dt>
      <dd>
        {written['daily_capacity'] === undefined
          ? 'no limit set'
          : count(written['daily_capacity'] as number)}
      </dd>
      <dt>Keywords</dt>
      <dd>{((written['keywords'] ?? []) as string[]).join(', ') || 'none'}</dd>
      <dt>Ad server</dt>
      <dd>
        <code>{written['connection_id']}</code>
      </dd>
      {config.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>
            <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
          </dd>
        </>
      ))}
    </dl>
  )
}

const inDays = (days: unknown) => `${String(days)} ${days === 1 ? 'day' : 'days'}`
