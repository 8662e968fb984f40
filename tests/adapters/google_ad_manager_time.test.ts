import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  daysBetween,
  fromNetworkTime,
  toNetworkTime,
} from '../../src/adapters/google_ad_manager/network_time.ts'

const zones = Intl.supportedValuesOf('timeZone')
const instants = fc.date({ min: new Date('2026-01-01'), max: new Date('2031-01-01'), noInvalidDate: true })
/** Hours around the days on which most of the world changes its clocks. */
const nearChanges = fc
  .tuple(
    fc.constantFrom(
      '2027-03-14',
      '2027-03-28',
      '2027-04-04',
      '2027-10-03',
      '2027-10-31',
      '2027-11-07',
      '2028-03-26',
    ),
    fc.integer({ min: -36 * 3600, max: 36 * 3600 }),
  )
  .map(([day, seconds]) => new Date(Date.parse(day) + seconds * 1000))
const anyInstant = fc.oneof(instants, nearChanges)
const anyZone = fc.oneof(
  fc.constantFrom('America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'UTC'),
  fc.constantFrom(...zones),
)

describe('the clock of the network', () => {
  test('shows what the clocks of that place show', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, (at, zone) => {
        const { date, hour, minute, second } = toNetworkTime(at.toISOString(), zone, 'end')
        const two = (n: number) => String(n).padStart(2, '0')
        const spelt = `${date.year}-${two(date.month)}-${two(date.day)} ${two(hour)}:${two(minute)}:${two(second)}`
        expect(spelt).toBe(at.toLocaleString('sv-SE', { timeZone: zone }))
      }),
    )
  })

  test('never starts a flight early and never ends it late, and is exact where an hour does not happen twice', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, (at, zone) => {
        const whole = at.getTime() % 1000 === 0
        const start = fromNetworkTime(toNetworkTime(at.toISOString(), zone, 'start')) ?? NaN
        const end = fromNetworkTime(toNetworkTime(at.toISOString(), zone, 'end')) ?? NaN
        expect(start).toBeGreaterThanOrEqual(at.getTime())
        expect(end).toBeLessThanOrEqual(at.getTime())
        const hour = 3_600_000
        const twice = [-2, -1, -0.5, 0.5, 1, 2].some((h) => {
          const other = new Date(at.getTime() + h * hour)
          return (
            other.toLocaleString('sv-SE', { timeZone: zone }) ===
            at.toLocaleString('sv-SE', { timeZone: zone })
          )
        })
        if (whole && !twice) expect([start, end]).toEqual([at.getTime(), at.getTime()])
        expect(start - at.getTime()).toBeLessThanOrEqual(3 * hour)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    // clocks go forward: 02:30 does not happen, and nobody asks for it
    ['2027-03-14T06:59:59Z', 'America/New_York', 'start', '2027-3-14 1:59:59'],
    ['2027-03-14T07:00:00Z', 'America/New_York', 'start', '2027-3-14 3:0:0'],
    // clocks go back: 01:30 happens twice, and Google reads the first
    ['2027-11-07T05:30:00Z', 'America/New_York', 'start', '2027-11-7 1:30:0'],
    ['2027-11-07T06:30:00Z', 'America/New_York', 'start', '2027-11-7 2:0:0'],
    ['2027-11-07T06:30:00Z', 'America/New_York', 'end', '2027-11-7 1:30:0'],
    ['2027-03-27T23:00:00Z', 'Europe/Berlin', 'start', '2027-3-28 0:0:0'],
    ['2027-03-28T22:00:00Z', 'Europe/Berlin', 'end', '2027-3-29 0:0:0'],
  ] as const)('%s in %s as %s is %s', (at, zone, edge, expected) => {
    const { date, hour, minute, second } = toNetworkTime(at, zone, edge)
    expect(`${date.year}-${date.month}-${date.day} ${hour}:${minute}:${second}`).toBe(expected)
  })

  test.each([
    ['2027-03-01T05:00:00Z', '2027-03-02T05:00:00Z', 1],
    ['2027-03-01T05:00:00Z', '2027-03-02T05:00:01Z', 2],
    ['2027-03-13T05:00:00Z', '2027-03-16T04:00:00Z', 3],
    ['2027-03-01T23:00:00Z', '2027-03-02T06:00:00Z', 2],
  ])('from %s to %s are %i days in New York', (start, end, days) => {
    expect(daysBetween(start, end, 'America/New_York')).toBe(days)
  })
})
