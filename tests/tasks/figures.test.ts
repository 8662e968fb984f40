import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeliveryRow } from '../../src/adapters/adapter.ts'
import type { ReadBuy } from '../../src/tasks/delivery/due.ts'
import { figuresOf } from '../../src/tasks/delivery/figures.ts'
import { dayAt, daysLater, utcHourOf } from '../../src/tasks/delivery/network_clock.ts'
import { nextReading } from '../../src/tasks/delivery/schedule.ts'

const HOUR_MS = 3_600_000
const zones = ['America/New_York', 'Europe/Berlin', 'Europe/London', 'America/Santiago', 'Pacific/Auckland']

/** What a network's clock shows. */
function clockOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return (at: number) => {
    const text = format.format(at)
    return { day: text.slice(0, 10), hour: Number(text.slice(11, 13)) }
  }
}

describe('an hour of a network’s clock', () => {
  test.each(zones)(
    'of %s is the same hour in UTC, and one that happens twice is told as the second',
    (zone) => {
      const shown = clockOf(zone)
      for (let at = Date.UTC(2027, 0, 1); at < Date.UTC(2028, 0, 1); at += HOUR_MS) {
        const { day, hour } = shown(at)
        const twice = [at, at + HOUR_MS].map((one) => JSON.stringify(shown(one)))
        const told = utcHourOf(day, hour, zone)
        expect(told).toEqual(new Date(twice[0] === twice[1] ? at + HOUR_MS : at))
        expect(told.toISOString().slice(0, 10)).toBe(new Date(at).toISOString().slice(0, 10))
      }
    },
  )

  test('half an hour off is told as the hour it begins in, each as another', () => {
    const hours = Array.from({ length: 48 }, (_, i) =>
      utcHourOf(daysLater('2027-05-01', i < 24 ? 0 : 1), i % 24, 'Asia/Kolkata'),
    )
    expect(hours[0]).toEqual(new Date('2027-04-30T18:00:00Z'))
    expect(new Set(hours.map(Number)).size).toBe(48)
    expect(dayAt(new Date('2027-04-30T18:30:00Z'), 'Asia/Kolkata')).toBe('2027-05-01')
  })
})

const item = {
  package_id: 'pkg_1',
  pricing_model: 'cpm' as const,
  price: '5.0000',
  bid_price: null,
  budget: '1000.00',
  start_time: '2027-11-01T00:00:00.000Z',
  end_time: '2027-11-11T00:00:00.000Z',
  canceled_at: null,
  line_item_ids: ['1', '2'],
}
const buyOf = (changes: object): ReadBuy => ({
  media_buy_id: 'mb_1',
  tenant_id: 'northwind',
  currency: 'EUR',
  start_time: new Date(item.start_time),
  ended: new Date(item.end_time),
  read_until: null,
  corrected_at: null,
  order_ids: ['9'],
  packages: [{ ...item, ...changes }],
})
const row = (more: Partial<DeliveryRow>): DeliveryRow => ({
  order_id: '9',
  line_item_id: '1',
  date: '2027-11-02',
  impressions: 1000,
  clicks: 7,
  completions: null,
  spend: null,
  currency: 'EUR',
  ...more,
})
const all = (time_zone: string) => ({
  from: '2027-10-31',
  to: '2027-11-11',
  time_zone,
  as_of: new Date('2027-11-20'),
})
const micros = (told: { spend: bigint }[]) => told.reduce((sum, { spend }) => sum + spend, 0n)

describe('money', () => {
  test('in the buyer’s currency is taken as it is; line items of one package add up', () => {
    const told = figuresOf(
      buyOf({}),
      [row({ spend: '4.123456' }), row({ line_item_id: '2', spend: '0.1' })],
      all('UTC'),
    )
    expect(told).toMatchObject([
      { day: '2027-11-02', hour: null, impressions: 2000, clicks: 14, spend: 4_223_456n },
    ])
  })

  test.each([
    ['by impressions', {}, 5_000_000n],
    ['by clicks', { pricing_model: 'cpc', price: '0.5000' }, 3_500_000n],
    ['by viewable impressions', { pricing_model: 'vcpm', bid_price: '5.0000', price: null }, 2_000_000n],
  ])('in another, or none, is what was agreed %s', (_how, agreed, spend) => {
    const viewable_impressions = 400
    for (const one of [
      row({ viewable_impressions }),
      row({ viewable_impressions, spend: '9', currency: 'USD' }),
    ])
      expect(figuresOf(buyOf(agreed), [one], all('UTC'))).toMatchObject([{ spend }])
  })

  test('nobody can tell is said, not made up', () => {
    expect(() => figuresOf(buyOf({ pricing_model: 'cpa' }), [row({})], all('UTC'))).toThrow('cannot be told')
    expect(() => figuresOf(buyOf({}), [row({ spend: '1e3' })], all('UTC'))).toThrow('a spend of 1e3')
  })

  test('paid by time is spread over the flight, whatever was delivered when, and adds up to the budget', () => {
    const arrivals = fc.array(
      fc.record({ day: fc.integer({ min: 1, max: 10 }), hour: fc.integer({ min: 0, max: 23 }) }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(
        arrivals,
        fc.constantFrom(...zones, 'Asia/Kolkata'),
        fc.boolean(),
        (times, zone, hourly) => {
          const rows = times.map(({ day, hour }) =>
            row({ date: `2027-11-${String(day).padStart(2, '0')}`, ...(hourly && { hour }) }),
          )
          const told = figuresOf(buyOf({ pricing_model: 'flat_rate', price: '1000.0000' }), rows, all(zone))
          expect(micros(told)).toBe(1_000_000_000n)
          expect(told.reduce((sum, one) => sum + one.impressions, 0)).toBe(rows.length * 1000)
        },
      ),
      { numRuns: 25 },
    )
  })
})

test('ad servers are read at the same minutes of each interval, and not all at the same', () => {
  const at = (connection_id: string) =>
    nextReading({ connection_id, delivery_minutes: 60 }, new Date('2027-05-01T12:00:00Z'))
  const next = nextReading({ connection_id: 'a', delivery_minutes: 60 }, at('a'))
  expect(next.getTime() - at('a').getTime()).toBe(HOUR_MS)
  expect(new Set(['a', 'b', 'c', 'd', 'e'].map((id) => at(id).getTime())).size).toBe(5)
})
