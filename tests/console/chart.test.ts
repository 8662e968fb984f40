import fc from 'fast-check'
import type { HtmlEscapedString } from 'hono/utils/html'
import { describe, expect, it } from 'vitest'
import { BarChart, PaceChart } from '../../src/console/parts/chart.tsx'
import { scaleOf } from '../../src/console/parts/chart/scale.ts'

/** As it is sent to a browser. */
const drawn = (chart: unknown) => (chart as HtmlEscapedString).toString()
const from = (amounts: readonly number[]) =>
  amounts.map((amount, i) => ({ day: new Date(Date.UTC(2026, 10, 1 + i)), amount }))

describe('the scale of a chart', () => {
  const amounts = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 40 })

  it('has room for every amount, more above more, and none of it is wasted', () => {
    fc.assert(
      fc.property(amounts, (given) => {
        const { y, ticks } = scaleOf(given)
        expect(y(0)).toBe(100)
        expect(y(ticks[2])).toBe(0)
        for (const amount of given) {
          expect(y(amount)).toBeGreaterThanOrEqual(0)
          expect(y(amount)).toBeLessThanOrEqual(100)
        }
        const most = Math.max(0, ...given)
        if (most >= 0.01) expect(y(most)).toBeLessThanOrEqual(50.001)
        const sorted = [...given].sort((a, b) => a - b).map(y)
        expect(sorted).toEqual([...sorted].sort((a, b) => b - a))
      }),
    )
  })

  it.for([
    [[], [0, 1, 2]],
    [[5e-324], [0, 1, 2]],
    [[0.01], [0, 0.005, 0.01]],
    [[7_300], [0, 4_000, 8_000]],
    [[42_000.5], [0, 30_000, 60_000]],
  ] as const)('is marked at round amounts: %j', ([given, ticks]) => {
    expect(scaleOf(given).ticks).toEqual(ticks)
  })
})

describe('a chart', () => {
  it('tells those who cannot see it what it shows, day by day', () => {
    const page = drawn(BarChart({ title: 'Booked', days: from([1200, 0, 300.5]), currency: 'EUR' }))
    expect(page).toContain('aria-label="Booked. 3 days, €1,500.50 in all."')
    for (const [day, amount] of [
      ['1 Nov 2026', '€1,200.00'],
      ['2 Nov 2026', '€0.00'],
      ['3 Nov 2026', '€300.50'],
    ] as const) {
      expect(page).toContain(`<title>${day}: ${amount}</title>`)
      expect(page).toMatch(new RegExp(`${day}</span></td><td[^>]*><span>${amount.replace(/[.$]/g, '\\$&')}`))
    }
    expect(page).toContain('<span>€2K</span><span>€1K</span><span>€0</span>')
  })

  it('ends what was delivered where nothing is known yet, and draws the plan to its end', () => {
    const days = [
      { day: new Date('2026-11-01'), planned: 100, delivered: 90 },
      { day: new Date('2026-11-02'), planned: 200, delivered: null },
    ]
    const page = drawn(PaceChart({ title: 'Pace', days }))
    expect(page).toContain('aria-label="Pace. By 1 Nov 2026 90 of 100 planned."')
    expect(page).toContain('class="delivered" points="0,100 50,55"')
    expect(page).toContain('class="planned" points="0,100 50,50 100,0"')
    expect(page).toContain('2 Nov 2026: not known yet of 200 planned')
  })

  it('of no days at all is still a chart', () => {
    expect(drawn(BarChart({ title: 'Booked', days: [], currency: 'EUR' }))).toContain('€0.00 in all')
    expect(drawn(PaceChart({ title: 'Pace', days: [] }))).toContain('Nothing is known yet')
  })
})
