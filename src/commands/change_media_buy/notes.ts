import { isDeepStrictEqual } from 'node:util'
import type { MediaBuyUpdate } from '../../adcp/media_buy_update.ts'
import type { AgreedPackage } from '../media_buy_terms/draft.ts'
import type { Flight } from '../media_buy_terms/flight.ts'
import { asItIs, type PackageChange } from './draft_change.ts'
import type { Standing } from './standing.ts'

/** One line of history a change leaves. */
export interface Note {
  action: string
  summary: string
  package_id?: string
  /** Possible while a person thinks about another change: it stops or goes on with what was agreed, or is about creatives. */
  any_time?: true
}

/** What a change does to its packages and dates, in history's words; empty when everything stays as it is. */
export function notesOf(
  standing: Standing,
  changes: readonly PackageChange[],
  added: readonly AgreedPackage[],
  flight: Flight,
): Note[] {
  const { start_time, end_time, currency } = standing
  const moved = isDeepStrictEqual(flight, { start: start_time, end: end_time })
    ? []
    : [{ action: 'updated_dates', summary: `Runs from ${day(flight.start)} to ${day(flight.end)}` }]
  const bought = added.map(({ package_id, offer, budget }) => ({
    action: 'package_added',
    summary: `${offer.name} for ${money(budget)} ${currency}`,
    package_id,
  }))
  return [...moved, ...changes.flatMap((change) => packageNotes(change, currency)), ...bought]
}

function packageNotes({ before, after, asked, shows }: PackageChange, currency: string): Note[] {
  const { package_id } = before
  if (asked?.canceled)
    return [
      {
        action: 'package_canceled',
        summary: asked.cancellation_reason ?? 'Canceled by the buyer',
        package_id,
      },
    ]
  const was = asItIs(before)
  const differs = (name: keyof typeof was) => !isDeepStrictEqual(was[name], after[name])
  const from = (name: 'budget' | 'bid_price' | 'impressions', word: string, unit = '') =>
    `${word} from ${money(was[name])} to ${money(after[name])}${unit}`
  const told: (Omit<Note, 'package_id'> | false)[] = [
    differs('budget') && { action: 'updated_budget', summary: from('budget', 'Budget', ` ${currency}`) },
    differs('bid_price') && { action: 'updated_packages', summary: from('bid_price', 'Bid', ` ${currency}`) },
    differs('impressions') &&
      !differs('budget') && { action: 'updated_packages', summary: from('impressions', 'Impressions') },
    differs('pacing') && {
      action: 'updated_packages',
      summary: `Pacing from ${was.pacing} to ${after.pacing}`,
    },
    differs('flight') && {
      action: 'updated_dates',
      summary: `Package runs from ${day(after.flight.start)} to ${day(after.flight.end)}`,
    },
    differs('targeting_overlay') && { action: 'targeting_updated', summary: 'Targeting changed' },
    differs('paused') && {
      action: after.paused ? 'package_paused' : 'package_resumed',
      summary: after.paused ? 'Package paused' : 'Package resumed',
      any_time: true,
    },
    shows !== undefined && {
      action: 'creatives_assigned',
      summary:
        `${shows.replaces ? 'Shows' : 'Shows besides'} ${shows.creatives.map(({ creative_id }) => creative_id).join(', ') || 'nothing'}`.slice(
          0,
          400,
        ),
      any_time: true,
    },
    differs('context') && { action: 'updated_packages', summary: 'Context changed', any_time: true },
  ]
  return told.flatMap((note) => (note ? [{ ...note, package_id }] : []))
}

/** Whether a request asks for anything at all, be it what is there already. */
export function asksForSomething(request: MediaBuyUpdate): boolean {
  const { paused, start_time, end_time, packages, new_packages } = request
  return [paused, start_time, end_time, packages, new_packages].some((part) => part !== undefined)
}

const money = (amount: number | null) => (amount === null ? 'none' : amount.toLocaleString('en'))
const day = (date: Date) => date.toISOString().slice(0, 10)
