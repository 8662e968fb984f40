import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDesk, type TestBuyer } from '../support/desk.ts'
import {
  anHour,
  deliveryOf,
  onTheAdServer,
  product_id,
  readFigures,
  sellOnGoogle,
} from '../support/figures.ts'
import type { ServedHour } from '../support/google_ad_manager/reports.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { buy } from '../support/orders.ts'
import { move } from '../support/delivery.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const CORRECTIONS_DAYS = 8

const clock = { now: new Date() }
const open = () => startFakeGoogle({ clock: () => clock.now })
const networks = { 'America/New_York': await open(), 'Europe/Berlin': await open() }
const desk = testDesk({
  SALESDESK_SECRET_AMERICA: networks['America/New_York'].serviceAccount,
  SALESDESK_SECRET_EUROPE: networks['Europe/Berlin'].serviceAccount,
})
let buyer: TestBuyer
beforeAll(async () => void (buyer = await desk.buyer()))
afterAll(() => Promise.all(Object.values(networks).map((google) => google.close())))

test.each([
  // in New York clocks are put back on 7 November, in Berlin forward on 26 March
  ['America/New_York', 'america', '2027-11-02T04:00:00.000Z', '2027-12-01T05:00:00.000Z'],
  ['Europe/Berlin', 'europe', '2028-03-02T23:00:00.000Z', '2028-04-01T22:00:00.000Z'],
] as const)(
  'a month on the clock of %s is told as the books of the ad server have it, to the last impression and millionth, whatever is corrected',
  async (time_zone, connection_id, start_time, end_time) => {
    const google = networks[time_zone]
    await sellOnGoogle(desk, google, { connection_id, time_zone, corrections_days: CORRECTIONS_DAYS })
    const dice = diceOf(start_time)
    at(Date.parse(start_time) - 5 * DAY_MS)
    const item = { product_id, pricing_option_id: 'cpm_eur_auction', budget: 4000, bid_price: 5 }
    const id = await buy(
      buyer,
      { start_time, end_time, packages: [item, { ...item, budget: 2500 }] },
      desk.now,
    )
    await desk.runJobs(desk.now)
    await move(desk, id, 'active')
    const { order_id, items } = await onTheAdServer(desk, id)
    const others = [
      { order_id, line_item_id: '77001' }, // added by hand to our order
      { order_id: '66001', line_item_id: '66002' }, // another order of the same advertiser
    ]
    const begin = Date.parse(start_time)
    const end = Date.parse(end_time)
    let served = begin
    for (let day = begin; served < end || day < end + (CORRECTIONS_DAYS + 2) * DAY_MS; day += 2 * DAY_MS) {
      at(day + dice(20) * HOUR_MS + dice(3600) * 1000)
      for (; served + HOUR_MS <= Math.min(desk.now.getTime(), end); served += HOUR_MS)
        for (const one of [...items, ...others])
          if (dice(4) > 0) google.books.served.push(randomHour({ order_id, ...one }, new Date(served), dice))
      const recent = google.books.served.filter(
        (hour) => desk.now.getTime() - hour.at.getTime() < (CORRECTIONS_DAYS - 2) * DAY_MS,
      )
      for (let i = 0; i < 6 && recent.length > 0; i++)
        correct(google.books.served, recent[dice(recent.length)], dice)
      await step()
    }
    const told = await deliveryOf(buyer, id)
    expect(told).toMatchObject({ is_final: true, totals: sumOf(google.books.served, items) })
    expect(told.daily_breakdown).toMatchObject(daysOf(google.books.served, items))
    for (const { package_id, daily_breakdown = [] } of told.by_package) {
      const own = items.filter((one) => one.package_id === package_id)
      expect(daily_breakdown.filter(({ impressions }) => impressions > 0)).toMatchObject(
        daysOf(google.books.served, own),
      )
    }
    const asked = google.books.reports.length
    at(desk.now.getTime() + 3 * DAY_MS)
    await step()
    expect(google.books.reports).toHaveLength(asked)
    expect(google.books.reports.filter(({ csv }) => csv.includes('66001'))).toEqual([])
  },
  90_000,
)

function at(time: number): void {
  desk.now = new Date(time)
  clock.now = desk.now
}
async function step(): Promise<void> {
  await readFigures(desk)
  clock.now = desk.now
}

type Dice = (below: number) => number

/** The same numbers for the same words, so that a failure can be had again. */
function diceOf(words: string): Dice {
  let state = [...words].reduce((all, one) => (all * 31 + one.charCodeAt(0)) >>> 0, 7)
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function randomHour(item: Pick<ServedHour, 'order_id' | 'line_item_id'>, when: Date, dice: Dice): ServedHour {
  const impressions = dice(900)
  return anHour({
    ...item,
    at: when,
    impressions,
    completions: dice(impressions + 1),
    revenue: BigInt(dice(4_000_000)),
  })
}

/** Invalid traffic is taken out, late beacons come in, and now and then an hour is taken back altogether. */
function correct(served: ServedHour[], hour: ServedHour | undefined, dice: Dice): void {
  if (!hour) return
  if (dice(5) === 0) served.splice(served.indexOf(hour), 1)
  else
    Object.assign(hour, {
      impressions: hour.impressions + dice(50),
      clicks: dice(9),
      revenue: (hour.revenue * 9n) / 10n,
    })
}

const of = (served: ServedHour[], items: { line_item_id: string }[]) =>
  served.filter(({ line_item_id }) => items.some((one) => one.line_item_id === line_item_id))

function sumOf(served: ServedHour[], items: { line_item_id: string }[]) {
  const own = of(served, items)
  const total = (number: (one: ServedHour) => number) => own.reduce((all, one) => all + number(one), 0)
  return {
    impressions: total(({ impressions }) => impressions),
    clicks: total(({ clicks }) => clicks),
    completed_views: total(({ completions = 0 }) => completions),
    spend: Number(own.reduce((all, { revenue }) => all + revenue, 0n)) / 1_000_000,
  }
}

/** By day in UTC, as buyers are told. */
function daysOf(served: ServedHour[], items: { line_item_id: string }[]) {
  const own = of(served, items)
  const dates = [...new Set(own.map((one) => one.at.toISOString().slice(0, 10)))].toSorted()
  return dates.map((date) => ({
    date,
    ...sumOf(
      own.filter((one) => one.at.toISOString().startsWith(date)),
      items,
    ),
  }))
}
