import { expect, test, type TestContext } from 'vitest'
import type { ApprovedBuy, Availability, ForecastQuestion } from '../../../src/adapters/adapter.ts'
import { expectNoSecret, rejection } from './errors.ts'
import { call, placeRest } from './steps.ts'
import type { AdServerUnderTest } from './under_test.ts'

/** What an ad server says of how much there is to sell. */
export function describeForecasting(it: AdServerUnderTest): void {
  const equipped = (context: TestContext) => {
    if (it.adapter.capabilities.forecasts === undefined) return context.skip()
    const { adapter, forecasting } = it
    if (!adapter.forecast || !forecasting) throw new Error('it claims forecasts: give forecasting.buy()')
    return { ...forecasting, forecast: adapter.forecast.bind(adapter) }
  }

  test('it claims forecasts if it can be asked for them, else not', (context) => {
    if (!it.adapter.forecast) return context.skip()
    expect(it.forecasting === undefined).toBe(it.adapter.capabilities.forecasts === undefined)
  })

  test('whole numbers come for days asked about, each once, or one for all of them', async (context) => {
    const { forecast, buy } = equipped(context)
    const question = questionOf(buy())
    const told = await forecast(question, call())
    expect(amountsOf(told).every((amount) => Number.isSafeInteger(amount) && amount >= 0)).toBe(true)
    expect(sum(told)).toBeGreaterThan(0)
    if (told.per !== 'day') return
    const dates = told.days.map(({ date }) => date)
    expect(dates).toEqual([...new Set(dates)].sort())
    expect([dates[0], dates.at(-1)]).toEqual([question.from, question.to])
  })

  test('asking changes nothing', async (context) => {
    const { forecast, buy } = equipped(context)
    const order = buy()
    const first = await forecast(questionOf(order), call())
    expect(await forecast(questionOf(order), call())).toEqual(first)
    expect((await it.booked(order)).orders).toBe(0)
  })

  test('what was booked is no longer left, and where all there is was asked for it still is', async (context) => {
    const { forecast, buy } = equipped(context)
    const order = buy()
    const before = sum(await forecast(questionOf(order), call()))
    await placeRest(it, order, [])
    const after = sum(await forecast(questionOf(order), call()))
    if (it.adapter.capabilities.forecasts === 'all') return expect(after).toBe(before)
    const booked = order.packages.reduce((all, { impressions }) => all + (impressions ?? 0), 0)
    // each day of each package may be rounded
    const rounding = order.packages.length * 40
    expect(Math.abs(before - after - booked)).toBeLessThanOrEqual(rounding)
  })

  test('a call given up before it was made is not made, and nothing of a forecast is ever in doubt', async (context) => {
    const { forecast, buy, silence } = equipped(context)
    const question = questionOf(buy())
    const givenUp = call(AbortSignal.abort())
    expect(await rejection(forecast(question, givenUp))).toMatchObject({ class: 'transient' })
    if (!silence) return
    silence()
    const error = await rejection(forecast(question, call(AbortSignal.timeout(100))))
    expect(error).toMatchObject({ class: 'transient' })
    expectNoSecret(error, it.secret)
  })

  test('with a secret the ad server does not know nothing is told', async (context) => {
    const { buy } = equipped(context)
    if (!it.unauthorised?.forecast) return context.skip()
    const error = await rejection(it.unauthorised.forecast(questionOf(buy()), call()))
    expect(error).toMatchObject({ class: 'config' })
    expectNoSecret(error, it.secret)
  })
}

/** About the inventory of the first package, for its flight. */
function questionOf({ packages, currency }: ApprovedBuy): ForecastQuestion {
  const [first] = packages
  if (!first) throw new Error('the buy has no package')
  return {
    package: { ...first, targeting_overlay: {} },
    currency,
    from: first.start_time.slice(0, 10),
    to: first.end_time.slice(0, 10),
  }
}

function amountsOf(told: Availability): number[] {
  if (told.per === 'nothing_yet') throw new Error(told.reason)
  return told.per === 'total' ? [told.available] : told.days.map(({ available }) => available)
}

const sum = (told: Availability) => amountsOf(told).reduce((all, amount) => all + amount, 0)
