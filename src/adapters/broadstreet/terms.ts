import { beginning } from '../../plain_line.ts'

/** What a package was sold for. Broadstreet keeps no money, no line items and no ids of ours, so the name of a campaign holds it. */
export interface Terms {
  budget: string
  currency: string
  /** Sold by the thousand, and up to how many; null where the whole flight has one price. */
  by_cpm: { cpm: string; impressions: number } | null
  start_time: string
  end_time: string
  pacing: 'even' | 'asap'
}

/** As the name of a campaign says it, for people and for termsIn: `1250.50 USD at 35.00 CPM for 35728, 2027-03-01 00:00:00 to … UTC, even`. */
export function said({ budget, currency, by_cpm, start_time, end_time, pacing }: Terms): string {
  const price = by_cpm === null ? 'flat' : `at ${by_cpm.cpm} CPM for ${by_cpm.impressions}`
  return `${budget} ${currency} ${price}, ${timeThere(start_time)} to ${timeThere(end_time)} UTC, ${pacing}`
}

/** A time as Broadstreet takes it. Without the time of day it would take a day of the server's. */
export function timeThere(time: string): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

const form =
  /(\d+(?:\.\d+)?) ([A-Z]{3}) (?:flat|at (\d+(?:\.\d+)?) CPM for (\d+)), ([\d-]{10} [\d:]{8}) to ([\d-]{10} [\d:]{8}) UTC, (even|asap) \[adcp:/

/** What the name of a campaign says it was sold for; undefined for one we did not name. */
export function termsIn(name: string): Terms | undefined {
  const [, budget, currency, cpm, impressions, start, end, pacing] = form.exec(name) ?? []
  if (budget === undefined || currency === undefined || start === undefined || end === undefined) return
  return {
    budget,
    currency,
    by_cpm: cpm === undefined ? null : { cpm, impressions: Number(impressions) },
    start_time: `${start.replace(' ', 'T')}Z`,
    end_time: `${end.replace(' ', 'T')}Z`,
    pacing: pacing === 'asap' ? 'asap' : 'even',
  }
}

const LONGEST_NAME = 255

/** A name with what must be in it at its end. */
export function keyedName(name: string, ending: string): string {
  return `${beginning(name, LONGEST_NAME - ending.length - 2)}, ${ending}`
}
