import { pricingName } from '../../../pricing_words.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { PaceChart } from '../../parts/chart.tsx'
import { count, flight, money } from '../../parts/figures.tsx'
import { pacingDays } from './pacing_days.ts'
import type { Pace } from './read_delivery.ts'
import type { BoughtPackage } from './read_packages.ts'

interface PackagesProps {
  packages: readonly BoughtPackage[]
  paces: ReadonlyMap<string, Pace>
  currency: string
  visit: Visit
}

/** Every package with what was agreed, what it shows, and how it delivers. */
export function Packages({ packages, paces, currency, visit }: PackagesProps) {
  return (
    <div class="packages">
      {packages.map((item) => (
        <article class="card">
          <header class="row">
            <h3>{item.product}</h3>
            {item.canceled ? (
              <Badge status="canceled" />
            ) : item.paused ? (
              <Badge status="paused" />
            ) : (
              <Doing pace={paces.get(item.package_id)} />
            )}
          </header>
          {item.concerns.map((reason) => (
            <p class="warning">{reason}</p>
          ))}
          <Agreed item={item} currency={currency} />
          <Pacing pace={paces.get(item.package_id)} currency={currency} />
          <Shown item={item} visit={visit} />
          <p class="faint">
            <code>{item.package_id}</code>
          </p>
        </article>
      ))}
    </div>
  )
}

const Doing = ({ pace }: { pace: Pace | undefined }) =>
  pace?.doing === undefined ? null : (
    <Badge status={pace.doing} tone={pace.doing === 'delivering' ? 'good' : 'plain'} />
  )

/** What it delivered day by day, against an even pace. */
function Pacing({ pace, currency }: { pace: Pace | undefined; currency: string }) {
  if (!pace) return null
  const [title, unit] =
    pace.measure === 'budget' ? ['Budget spent', currency] : ['Impressions delivered', undefined]
  return <PaceChart title={title} days={pacingDays(pace)} currency={unit} />
}

function Agreed({ item, currency }: { item: BoughtPackage; currency: string }) {
  const price = item.price ?? item.bid_price
  return (
    <dl class="facts">
      <dt>Budget</dt>
      <dd>{money(item.budget, currency)}</dd>
      <dt>Price</dt>
      <dd>
        {price === null ? 'as the ad server sells it' : money(price, currency)}{' '}
        <span class="faint">
          {pricingName(item.pricing_model)}
          {item.price === null && price !== null && ', the buyer’s bid'}
        </span>
      </dd>
      {item.impressions !== null && (
        <>
          <dt>Impressions</dt>
          <dd>{count(item.impressions)}</dd>
        </>
      )}
      <dt>Flight</dt>
      <dd>
        {flight(item.start_time, item.end_time)} <span class="faint">{item.pacing.replaceAll('_', ' ')}</span>
      </dd>
      <dt>Ad server</dt>
      <dd>{item.connection}</dd>
      {Object.entries(item.targeting_overlay ?? {}).map(([field, value]) => (
        <>
          <dt>{nameOfTarget(field)}</dt>
          <dd>{inWords(value)}</dd>
        </>
      ))}
      {item.cancellation_reason !== null && (
        <>
          <dt>Canceled because</dt>
          <dd>{item.cancellation_reason}</dd>
        </>
      )}
    </dl>
  )
}

function Shown({ item, visit }: { item: BoughtPackage; visit: Visit }) {
  if (item.creatives.length === 0)
    return item.canceled ? null : <p class="faint">No creative is on it yet; the buyer brings them.</p>
  return (
    <ul class="plain" aria-label="Creatives">
      {item.creatives.map(({ creative_id, name, status }) => (
        <li>
          <a href={`${visit.base}/creatives/${encodeURIComponent(creative_id)}`}>{name}</a>{' '}
          <Badge status={status} />
        </li>
      ))}
    </ul>
  )
}

/** `geo_countries` is Countries, `geo_regions_exclude` Not in regions. */
function nameOfTarget(field: string): string {
  const words = field
    .replace(/^geo_/, '')
    .replace(/_exclude$/, '')
    .replaceAll('_', ' ')
  if (field.endsWith('_exclude')) return `Not in ${words}`
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What a part of a targeting says, without the signs of JSON. */
function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, part]) => `${key.replaceAll('_', ' ')} ${inWords(part)}`)
    .join(', ')
}
