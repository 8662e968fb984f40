import { expect, test, type TestContext } from 'vitest'
import type { DeliveryRow, Reading } from '../../../src/adapters/adapter.ts'
import { dayAt, utcHourOf } from '../../../src/tasks/delivery/network_clock.ts'
import { faults, type Fault } from '../../support/fault_proxy.ts'
import type { ReadableAdServer } from '../conformance_reading.ts'
import { expectNoSecret, rejection } from './errors.ts'
import { call } from './steps.ts'

export const reportFaults = ['lost answer', 'turned away', 'too many', 'garbage', 'silence'] as const
export type ReportFault = (typeof reportFaults)[number]

/** The same for an ad server behind a fault proxy. */
export const overHttp: Record<ReportFault, Fault> = {
  'lost answer': faults.lostAnswer,
  'turned away': faults.unavailable,
  'too many': faults.tooMany,
  garbage: faults.garbage,
  silence: faults.silence,
}

/** An ad server whose reports these tests examine, its books open to them. */
export interface ReportedAdServer {
  /** Whose days its reports tell. */
  time_zone: string
  /** Two orders that stand, the first with several line items. */
  orders: [string, string]
  /** What a line item has served: so many in each of the hours that begin then, and nothing else. */
  serve(line_item_id: string, hours: readonly Date[], each: number): Promise<void> | void
  /** The next report is not ready that many times; absent where there is nothing to wait for. */
  keepWaiting?(times: number): void
  /** The next report cannot be made; absent where that never happens. */
  fail?(): void
  /** The calls that start and read a report, by name, each to be broken once; absent where there is no wire to break. */
  wire?: Readonly<Record<'start' | 'read', Readonly<Record<string, (fault: ReportFault) => void>>>>
}

// three days of the network's; on the second one, clocks in New York are put forward
const [from, to] = ['2026-03-07', '2026-03-09']

/** What an ad server owes whoever reads its reports. */
export function describeReports(it: ReadableAdServer): void {
  type Able = ReportedAdServer & Required<Pick<Reading, 'startReport' | 'readReport' | 'readNetwork'>>
  const equipped = (context: TestContext): Able => {
    if (it.adapter.capabilities.reports === undefined) return context.skip()
    const { adapter, reports } = it
    const { startReport, readReport, readNetwork } = adapter
    if (!reports || !startReport || !readReport || !readNetwork)
      throw new Error('it claims reports: give its books, and the functions of the contract')
    return { ...reports, startReport, readReport, readNetwork }
  }
  const itemsOf = async (order_id: string) => {
    const [standing] = (await it.adapter.readStatus?.([order_id], call())) ?? []
    return (standing?.line_items ?? []).map(({ line_item_id }) => line_item_id)
  }
  const ask = async (able: Able, order_ids: readonly string[] = [able.orders[0]]) =>
    rowsOf(able, (await able.startReport({ order_ids, from, to }, call())).handle)
  async function rowsOf({ readReport }: Pick<Able, 'readReport'>, handle: string) {
    for (let [asked, current] = [0, handle]; asked < 10; asked++) {
      const report = await readReport(current, call())
      if (report.state === 'ready') return report.rows
      current = report.handle ?? current
    }
    throw new Error('it never became ready')
  }
  /** The first hour of the first day, an hour after the night of the second, and the last of the third; and those around them. */
  const hoursIn = (zone: string) => {
    const [first, after] = [utcHourOf(from, 0, zone), utcHourOf('2026-03-10', 0, zone)]
    const hour = (at: Date, hours: number) => new Date(at.getTime() + hours * 3_600_000)
    const inside = [first, utcHourOf('2026-03-08', 3, zone), hour(after, -1)]
    return { inside, all: [hour(first, -1), ...inside, after] }
  }

  test('it claims reports if it makes any, else not', () => {
    const { capabilities, startReport, readReport } = it.adapter
    expect([startReport !== undefined, readReport !== undefined]).toEqual(
      Array(2).fill(capabilities.reports !== undefined),
    )
  })

  test('exactly the days asked for are told, of the network’s clock, each line item for itself', async (context) => {
    const able = equipped(context)
    expect((await able.readNetwork(call())).time_zone).toBe(able.time_zone)
    const { inside, all } = hoursIn(able.time_zone)
    const [one = '', two = ''] = await itemsOf(able.orders[0])
    await able.serve(one, all, 1000)
    await able.serve(two, all.slice(1, 3), 30)
    const rows = await ask(able)
    expect(sums(rows)).toEqual(
      sumsOf([
        ...inside.map((at) => [one, dayAt(at, able.time_zone), 1000] as const),
        ...all.slice(1, 3).map((at) => [two, dayAt(at, able.time_zone), 30] as const),
      ]),
    )
    for (const row of rows) expectWellFormed(row, able.orders, it.adapter.capabilities.reports)
    expect(JSON.parse(JSON.stringify(rows))).toStrictEqual(rows)
  })

  test('the orders asked about are told and no others, however many', async (context) => {
    const able = equipped(context)
    const hours = hoursIn(able.time_zone).inside.slice(0, 1)
    const [[mine = ''], [other = '']] = [await itemsOf(able.orders[0]), await itemsOf(able.orders[1])]
    for (const item of [mine, other]) await able.serve(item, hours, 400)
    const told = async (order_ids: readonly string[]) =>
      [...new Set((await ask(able, order_ids)).map(({ order_id }) => order_id))].sort()
    expect(await told([able.orders[0]])).toEqual([able.orders[0]])
    expect(await told([able.orders[1], '99'])).toEqual([able.orders[1]])
    expect(await told(able.orders)).toEqual([...able.orders].sort())
  })

  test('what was corrected is told corrected, up, down or to nothing', async (context) => {
    const able = equipped(context)
    const hours = hoursIn(able.time_zone).inside.slice(0, 1)
    const [item = '', ...others] = await itemsOf(able.orders[0])
    for (const one of others) await able.serve(one, [], 0)
    for (const each of [500, 700, 650, 0]) {
      await able.serve(item, each === 0 ? [] : hours, each)
      const rows = await ask(able)
      expect(rows.reduce((all, { impressions }) => all + impressions, 0)).toBe(each)
    }
  })

  test('one that is not ready says when to come back, and is the same report when it is', async (context) => {
    const able = equipped(context)
    if (!able.keepWaiting) return context.skip()
    able.keepWaiting(3)
    const { handle, retry_after_ms } = await able.startReport({ order_ids: able.orders, from, to }, call())
    expect(retry_after_ms).toBeGreaterThan(0)
    for (let asked = 0; asked < 3; asked++)
      expect(await able.readReport(handle, call())).toEqual({
        state: 'running',
        retry_after_ms: expect.any(Number),
      })
    expect(await able.readReport(handle, call())).toMatchObject({ state: 'ready' })
    able.keepWaiting(1)
  })

  test('whoever holds its handle reads it, in another process too, and as often as he likes', async (context) => {
    const able = equipped(context)
    const { readReport } = it.again
    if (!readReport) throw new Error('the other process cannot read reports')
    await able.serve((await itemsOf(able.orders[0]))[0] ?? '', hoursIn(able.time_zone).inside, 250)
    const { handle } = await able.startReport({ order_ids: [able.orders[0]], from, to }, call())
    const elsewhere = await rowsOf({ readReport }, handle)
    expect(sums(elsewhere).size).toBe(3)
    expect(await rowsOf(able, handle)).toEqual(elsewhere)
    expect(await ask(able)).toEqual(elsewhere)
  })

  test('one that failed, or that nobody knows, must be started anew', async (context) => {
    const able = equipped(context)
    for (const unknown of ['', '{}', 'nonsense'])
      expect(await rejection(able.readReport(unknown, call()))).toMatchObject({ class: 'permanent' })
    if (!able.fail) return
    able.fail()
    const { handle } = await able.startReport({ order_ids: able.orders, from, to }, call())
    expect(await rejection(rowsOf(able, handle))).toMatchObject({ class: 'permanent' })
    await ask(able)
  })

  test('whatever befalls a call, nothing is in doubt, no secret is shown, and the next one succeeds', async (context) => {
    const able = equipped(context)
    if (!able.wire) return context.skip()
    const question = { order_ids: [able.orders[0]], from, to }
    const { handle } = await able.startReport(question, call())
    const rows = await rowsOf(able, handle)
    const calls = {
      start: (signal: AbortSignal) => able.startReport(question, call(signal)),
      read: (signal: AbortSignal) => able.readReport(handle, call(signal)),
    }
    for (const [name, broken] of Object.entries(able.wire))
      for (const [operation, next] of Object.entries(broken))
        for (const fault of reportFaults) {
          next(fault)
          // not so short that a busy machine gives up before the request that is met with silence was made
          const limit = AbortSignal.timeout(fault === 'silence' ? 400 : 10_000)
          const error = await rejection(calls[name as keyof typeof calls](limit))
          expect(['transient', 'rate_limited'], `${operation}: ${fault}`).toContain(error.class)
          expectNoSecret(error, it.secret)
        }
    expect(await rowsOf(able, handle)).toEqual(rows)
    expect(await ask(able)).toEqual(rows)
  })

  test('a call given up before it is made fails at once; a secret it does not know is ours to put right', async (context) => {
    const able = equipped(context)
    const question = { order_ids: able.orders, from, to }
    const { handle } = await able.startReport(question, call())
    const givenUp = call(AbortSignal.abort())
    expect(await rejection(able.readReport(handle, givenUp))).toMatchObject({ class: 'transient' })
    const { startReport, readReport } = it.unauthorised ?? {}
    if (!startReport || !readReport) return
    for (const refused of [() => startReport(question, call()), () => readReport(handle, call())]) {
      const error = await rejection(refused())
      expect(error).toMatchObject({ class: 'config' })
      expectNoSecret(error, it.secret)
    }
  })
}

function expectWellFormed(row: DeliveryRow, orders: readonly string[], grain: string | undefined): void {
  const { order_id, date, hour, impressions, clicks, completions, spend, currency } = row
  expect(orders).toContain(order_id)
  expect(from <= date && date <= to, date).toBe(true)
  expect(hour === undefined).toBe(grain === 'days')
  if (hour !== undefined) expect(Number.isInteger(hour) && hour >= 0 && hour <= 23).toBe(true)
  for (const count of [impressions, clicks, completions])
    expect(count === null || (Number.isSafeInteger(count) && count >= 0)).toBe(true)
  expect(spend ?? '0').toMatch(/^\d+(\.\d{1,6})?$/)
  expect(currency).toMatch(/^[A-Z]{3}$/)
}

type Sum = readonly [line_item_id: string, date: string, impressions: number]

/** Impressions by line item and day; a day without any is as good as none. */
function sumsOf(lines: readonly Sum[]): Map<string, number> {
  const all = new Map<string, number>()
  for (const [item, date, impressions] of lines) {
    const key = `${item} ${date}`
    if (impressions > 0) all.set(key, (all.get(key) ?? 0) + impressions)
  }
  return new Map([...all].sort())
}
const sums = (rows: readonly DeliveryRow[]) =>
  sumsOf(rows.map(({ line_item_id, date, impressions }) => [line_item_id, date, impressions]))
