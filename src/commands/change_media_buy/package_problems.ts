import { isDeepStrictEqual } from 'node:util'
import type { Problem } from '../../adcp/error.ts'
import type { MediaBuyUpdate } from '../../adcp/media_buy_update.ts'
import { isMoney } from '../../adcp/money.ts'
import { abilityProblems } from '../media_buy_terms/ability_checks.ts'
import { durationProblems } from '../media_buy_terms/duration.ts'
import { packageFlightProblems, type Flight } from '../media_buy_terms/flight.ts'
import {
  bidProblems,
  budgetProblems,
  countryProblems,
  impressionsProblems,
  productProblems,
} from '../media_buy_terms/package_checks.ts'
import { asItIs, asRequest, isOutside, type PackageChange } from './draft_change.ts'
import { keywordProblems } from './keywords.ts'
import type { Standing } from './standing.ts'

const immutable = [
  'product_id',
  'pricing_option_id',
  'format_ids',
  'format_option_refs',
  'format_kind',
  'params',
]

/** Packages named that are none of the buy's, are over, are named twice, or are to become another product. */
export function namingProblems({ packages }: Standing, { packages: asked = [] }: MediaBuyUpdate): Problem[] {
  return asked.flatMap((update, i): Problem[] => {
    const at = `packages[${i}].package_id`
    const found = packages.find(({ package_id }) => package_id === update.package_id)
    if (!found)
      return [
        {
          code: 'PACKAGE_NOT_FOUND',
          message: 'This media buy has no such package.',
          field: at,
          suggestion: 'Use a package_id of this media buy, see get_media_buys.',
        },
      ]
    if (asked.findIndex(({ package_id }) => package_id === update.package_id) < i)
      return [invalid(at, 'This package is named twice.', 'Put all its changes into one entry.')]
    if (found.canceled) return [over(at, update.canceled === true)]
    return immutable
      .filter((name) => update[name] !== undefined)
      .map((name) =>
        invalid(
          `packages[${i}].${name}`,
          `The ${name} of a package cannot be changed.`,
          'Cancel the package and add another one with new_packages.',
        ),
      )
  })
}

/** What keeps one package from becoming what it would be. What it was before is not judged again. */
export function changeProblems(change: PackageChange, buy: Flight, now: Date): Problem[] {
  const problems = problemsOf(change, buy, now)
  if (change.asked) return problems
  // it was not named: the dates of the buy are to blame
  return problems.map(({ message, ...rest }) => ({
    ...rest,
    message: `${change.before.package_id}: ${message}`,
    field:
      rest.field?.endsWith('.start_time') && buy.end > change.after.flight.end ? 'start_time' : 'end_time',
  }))
}

function problemsOf(change: PackageChange, buy: Flight, now: Date): Problem[] {
  const { field, asked, before, after, offer, price } = change
  if (asked?.canceled) return []
  const was = asItIs(before)
  const differs = (...names: (keyof typeof was)[]) =>
    names.some((name) => !isDeepStrictEqual(was[name], after[name]))
  const item = asRequest(change)
  const grows =
    after.budget > was.budget || after.flight.start < was.flight.start || after.flight.end > was.flight.end
  const terms = offer
    ? [
        ...(differs('budget', 'flight') ? budgetProblems(field, item, offer, after.flight) : []),
        ...(differs('budget', 'impressions') ? impressionsProblems(field, item, offer, after.flight) : []),
        ...(differs('targeting_overlay') ? countryProblems(field, item, offer, after.flight) : []),
        ...(differs('targeting_overlay', 'pacing', 'flight')
          ? abilityProblems({ field, request: item, offer, price, flight: after.flight }, buy)
          : []),
      ]
    : []
  return [
    ...(grows ? productProblems(field, item, offer) : []),
    ...(asked ? keywordProblems(field, asked) : []),
    ...(asked?.bid_price === undefined ? [] : bidProblems(`${field}.bid_price`, asked.bid_price, price)),
    ...(differs('flight') || isOutside(after.flight, buy) ? datesProblems(change, buy, now) : []),
    ...terms,
    ...(differs('budget') ? spentProblems(change) : []),
    ...wholeImpressions(change),
  ]
}

function datesProblems(
  { field, before, after, offer, price }: PackageChange,
  buy: Flight,
  now: Date,
): Problem[] {
  const { flight } = after
  const sooner = flight.start.getTime() !== before.start_time.getTime()
  const rest = [
    // a package that has begun needs no time to begin
    ...packageFlightProblems(field, offer, flight, buy, sooner ? now : new Date(0)),
    ...durationProblems(field, price, flight),
  ]
  if (sooner && before.start_time <= now) return [begun(`${field}.start_time`), ...rest]
  if (sooner && flight.start < now && buy.start.getTime() !== flight.start.getTime())
    return [invalid(`${field}.start_time`, 'start_time is in the past.', 'Give a time to come.'), ...rest]
  if (flight.end.getTime() !== before.end_time.getTime() && flight.end <= now)
    return [
      invalid(`${field}.end_time`, 'end_time is in the past.', 'Give a time to come, or cancel the package.'),
      ...rest,
    ]
  return rest
}

function spentProblems({ field, before, after }: PackageChange): Problem[] {
  if (after.budget === 0)
    return [
      {
        code: 'BUDGET_TOO_LOW',
        message: 'A package needs a budget.',
        field: `${field}.budget`,
        suggestion: 'Pause or cancel the package instead.',
      },
    ]
  if (!isMoney(after.budget) || after.budget >= Number(before.spent)) return []
  return [
    {
      code: 'BUDGET_TOO_LOW',
      message: `This package has spent ${Math.ceil(Number(before.spent) * 100) / 100} already.`,
      field: `${field}.budget`,
      suggestion: 'Give at least that, or pause or cancel the package.',
    },
  ]
}

function wholeImpressions({ field, asked }: PackageChange): Problem[] {
  const given = asked?.impressions
  if (given === undefined || (Number.isSafeInteger(given) && given >= 0)) return []
  return [invalid(`${field}.impressions`, 'Impressions are a whole number.', 'Round it.')]
}

const over = (field: string, again: boolean): Problem => ({
  code: again ? 'NOT_CANCELLABLE' : 'INVALID_STATE',
  message: again ? 'This package is canceled already.' : 'This package is canceled and cannot be changed.',
  field,
  suggestion: 'See get_media_buys for the packages that go on; add another one with new_packages.',
})
export const begun = (field: string): Problem =>
  invalid(field, 'It has begun; its start cannot be moved.', 'Leave start_time out.')
const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
