import type { Problem } from '../../adcp/error.ts'
import type { MediaBuyUpdate } from '../../adcp/media_buy_update.ts'
import { flightProblems, type Flight } from '../media_buy_terms/flight.ts'
import { begun } from './package_problems.ts'
import type { Standing } from './standing.ts'

/** The flight of the whole buy after the change. `asap` means now. */
export function flightAfter(standing: Standing, { start_time, end_time }: MediaBuyUpdate, now: Date): Flight {
  const start =
    start_time === undefined ? standing.start_time : start_time === 'asap' ? now : new Date(start_time)
  return { start, end: end_time === undefined ? standing.end_time : new Date(end_time) }
}

/** What is wrong with the dates of the buy; those that stay are not judged again. */
export function buyProblems(
  standing: Standing,
  request: MediaBuyUpdate,
  flight: Flight,
  maxDays: number,
  now: Date,
): Problem[] {
  const moved = flight.start.getTime() !== standing.start_time.getTime()
  const ends = flight.end.getTime() !== standing.end_time.getTime()
  if (!moved && !ends) return []
  if (moved && standing.start_time <= now) return [begun('start_time')]
  const problems = flightProblems(flight, moved ? now : flight.start, maxDays)
  if (problems.length === 0 && ends && flight.end <= now)
    return [
      {
        code: 'INVALID_REQUEST',
        message: 'end_time is in the past.',
        field: 'end_time',
        suggestion: 'Give a time to come, or cancel the media buy.',
      },
    ]
  return problems
}

const refused: Record<string, [message: string, suggestion: string]> = {
  invoice_recipient: [
    'The invoice recipient of a media buy cannot be changed.',
    'Use an account with the right billing.',
  ],
}
/** Fields of other tools that would change a buy if they did anything; AdCP does not know them here. */
const elsewhere: Record<string, [message: string, suggestion: string]> = {
  total_budget: ['The total is the sum of the packages.', 'Change packages[].budget.'],
  budget: ['Budgets are those of packages.', 'Change packages[].budget.'],
  status: ['A status is not set.', 'Use paused or canceled.'],
  po_number: ['The PO number cannot be changed.', 'Leave it out.'],
}

/** A problem for each part of the request this desk would otherwise have to drop. */
export function unsupportedInBuy(request: MediaBuyUpdate): Problem[] {
  const given = (fields: typeof refused, code: 'UNSUPPORTED_FEATURE' | 'INVALID_REQUEST') =>
    Object.entries(fields)
      .filter(([field]) => request[field] !== undefined)
      .map(([field, [message, suggestion]]): Problem => ({ code, message, field, suggestion }))
  return [...given(refused, 'UNSUPPORTED_FEATURE'), ...given(elsewhere, 'INVALID_REQUEST')]
}
