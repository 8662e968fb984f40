import type { Problem } from '../../adcp/error.ts'
import type { Offer } from './offer.ts'
import { quoted } from '../../adcp/quoted.ts'

export interface Flight {
  start: Date
  end: Date
}
const DAY = 86_400_000
const CREATIVES_BEFORE_START = 2 * DAY
/** A start a moment ago is what a slow network makes of "now". */
const TOLERANCE = 60_000

export const daysOf = ({ start, end }: Flight) =>
  Math.max(1, Math.ceil((end.getTime() - start.getTime()) / DAY))

/** The flight of the whole buy. `asap` means now. */
export function flightOf(request: { start_time: string; end_time: string }, now: Date): Flight {
  return {
    start: request.start_time === 'asap' ? now : new Date(request.start_time),
    end: new Date(request.end_time),
  }
}

/** The flight of one package: its own dates where given, else the buy's. */
export function packageFlight(
  item: { start_time?: string | undefined; end_time?: string | undefined },
  buy: Flight,
): Flight {
  return {
    start: item.start_time === undefined ? buy.start : new Date(item.start_time),
    end: item.end_time === undefined ? buy.end : new Date(item.end_time),
  }
}

/** Until when creatives can be changed: two days before the start, or while it runs when it starts sooner. */
export function creativeDeadline({ start, end }: Flight, now: Date): Date {
  const deadline = new Date(start.getTime() - CREATIVES_BEFORE_START)
  return deadline > now ? deadline : end
}

/** What is wrong with the dates of the buy. */
export function flightProblems(flight: Flight, now: Date, maxDays: number): Problem[] {
  if (flight.end <= flight.start)
    return [
      invalid('end_time', 'end_time is not after start_time.', 'Give an end_time later than start_time.'),
    ]
  const problems: Problem[] = []
  if (flight.start.getTime() < now.getTime() - TOLERANCE)
    problems.push(invalid('start_time', 'start_time is in the past.', 'Use "asap" or a time to come.'))
  if (daysOf(flight) > maxDays)
    problems.push(
      invalid('end_time', `The flight is longer than ${maxDays} days.`, 'Buy it in several parts.'),
    )
  return problems
}

/** What is wrong with the dates of one package, within the buy and for its product. */
export function packageFlightProblems(
  field: string,
  offer: Offer | undefined,
  flight: Flight,
  buy: Flight,
  now: Date,
): Problem[] {
  if (buy.end <= buy.start) return [] // said already
  if (flight.end <= flight.start)
    return [invalid(`${field}.end_time`, 'end_time is not after start_time.', 'Give a later end_time.')]
  const problems: Problem[] = []
  if (flight.start < buy.start || flight.end > buy.end)
    problems.push(
      invalid(
        `${field}.start_time`,
        'The package runs outside the flight of the buy.',
        'Keep its dates within start_time and end_time of the buy.',
      ),
    )
  return offer ? [...problems, ...productProblems(field, offer, flight, now)] : problems
}

function productProblems(field: string, offer: Offer, flight: Flight, now: Date): Problem[] {
  const problems: Problem[] = []
  const { available_from: from, available_until: until, min_flight_days, lead_days } = offer
  if ((from && flight.start < from) || (until && flight.end > until))
    problems.push({
      code: until && until <= now ? 'PRODUCT_EXPIRED' : 'PRODUCT_UNAVAILABLE',
      message: `${quoted(offer.name)} is sold for flights ${between(from, until)}.`,
      field: `${field}.product_id`,
      suggestion: 'Choose dates within it, or another product.',
    })
  if (daysOf(flight) < min_flight_days)
    problems.push(
      invalid(
        `${field}.end_time`,
        `${quoted(offer.name)} is sold for at least ${min_flight_days} days.`,
        'Give a longer flight.',
      ),
    )
  const earliest = new Date(now.getTime() + lead_days * DAY - TOLERANCE)
  if (lead_days > 0 && flight.start < earliest)
    problems.push(
      invalid(
        `${field}.start_time`,
        `${quoted(offer.name)} needs ${lead_days} days before it can start.`,
        `Start on ${day(new Date(earliest.getTime() + DAY))} or later.`,
      ),
    )
  return problems
}

function between(from: Date | null, until: Date | null): string {
  return [from && `from ${day(from)}`, until && `until ${day(until)}`].filter(Boolean).join(' ')
}

const day = (date: Date) => date.toISOString().slice(0, 10)
const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
