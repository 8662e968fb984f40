import { pricingName } from '../../../pricing_words.ts'
import { spelled, targetingWords } from '../../../blocks/packages.ts'
import type { ApprovalRequest, RequestedPackage } from '../../../queries/approval_requests.ts'
import type { Visit } from '../../desk.ts'
import { Badge } from '../../parts/badge.tsx'
import { count, flight, money, When } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { PackageTerms } from './select.ts'

interface Row {
  asked: RequestedPackage
  terms: PackageTerms | undefined
}

/** What is asked for, package by package, beside what its product offers and what is left of it. */
export function Packages(props: { request: ApprovalRequest; terms: readonly PackageTerms[]; visit: Visit }) {
  const { request, terms, visit } = props
  const byId = new Map(terms.map((one) => [one.package_id, one]))
  const { currency } = request
  return (
    <Table<Row>
      label="Packages"
      rows={request.packages.map((asked) => ({ asked, terms: byId.get(asked.package_id) }))}
      empty="No package is left of it."
      columns={[
        {
          label: 'Product',
          cell: ({ asked, terms }) => (
            <>
              {asked.product}
              {terms && (
                <Small>
                  {terms.delivery_type.replace('_', '-')}, on {terms.connection}
                </Small>
              )}
            </>
          ),
        },
        { label: 'Asked', cell: ({ asked, terms }) => <Asked {...{ asked, terms, currency }} /> },
        {
          label: 'Product terms',
          cell: ({ asked, terms }) => terms && <Offered {...{ asked, terms, currency }} />,
        },
        { label: 'What is left', cell: ({ asked, terms }) => terms && <Left {...{ asked, terms, visit }} /> },
        { label: 'Creatives', cell: ({ terms }) => <Creatives creatives={terms?.creatives ?? []} /> },
      ]}
    />
  )
}

const Small = ({ children }: { children?: unknown }) => <div class="faint">{children}</div>

function Asked({ asked, terms, currency }: Row & { currency: string }) {
  const { impressions, price, bid_price, pricing_model, start_time, end_time } = asked
  const model = pricingName(pricing_model)
  const aims = targetingWords(asked, 2000)
  const agreed = [terms?.measurement_terms, terms?.performance_standards].filter(Boolean)
  return (
    <>
      {money(asked.budget, currency)}
      <Small>
        {price === null
          ? bid_price === null
            ? `${model}, no bid`
            : `${model}, bids ${money(bid_price, currency)}`
          : `${model} at ${money(price, currency)}`}
        {impressions !== null && `, ${count(impressions)} impressions`}
      </Small>
      <Small>
        {flight(new Date(start_time), new Date(end_time))}
        {terms && terms.pacing !== 'even' && `, ${terms.pacing.replace('_', ' ')}`}
      </Small>
      <Small>{aims ?? 'No targeting'}</Small>
      {agreed.map((one) => (
        <Small>Terms: {spelled(one)}</Small>
      ))}
    </>
  )
}

function Offered({
  asked,
  terms,
  currency,
}: {
  asked: RequestedPackage
  terms: PackageTerms
  currency: string
}) {
  const { fixed_price, floor_price, min_spend, formats } = terms
  const differs = fixed_price !== null && asked.price !== null && Number(fixed_price) !== Number(asked.price)
  return (
    <>
      {fixed_price === null
        ? floor_price === null
          ? 'No floor'
          : `Floor ${money(floor_price, currency)}`
        : `Fixed ${money(fixed_price, currency)}`}
      {differs && <Small>The price asked was agreed before it changed.</Small>}
      {min_spend !== null && <Small>At least {money(min_spend, currency)} a package</Small>}
      {formats.length > 0 && <Small>{formats.join(', ')}</Small>}
    </>
  )
}

function Left({ asked, terms, visit }: { asked: RequestedPackage; terms: PackageTerms; visit: Visit }) {
  const { room, forecast_as_of } = terms
  if (terms.delivery_type !== 'guaranteed') return <span class="faint">nothing is held</span>
  if (room.capacity === null || room.known < room.days) return <span class="faint">not known</span>
  const left = room.capacity - room.others - room.wants
  return (
    <>
      {count(Math.max(0, left))} of {count(room.capacity)} in the flight
      <Small>
        with this purchase of {count(room.wants)} counted
        {asked.left !== null && `; ${Math.max(0, Math.round(asked.left * 100))} % on its fullest day`}
      </Small>
      {forecast_as_of && (
        <Small>
          forecast <When at={forecast_as_of} now={visit.now} />
        </Small>
      )}
    </>
  )
}

function Creatives({ creatives }: { creatives: PackageTerms['creatives'] }) {
  if (creatives.length === 0) return <span class="faint">none yet</span>
  return (
    <>
      {creatives.map(({ name, status }) => (
        <div>
          {name} <Badge status={status} />
        </div>
      ))}
    </>
  )
}
