import { beforeAll, describe, expect, test } from 'vitest'
import type { AdServerAdapter, Page, RowOf } from '../../src/adapters/adapter.ts'
import { readKinds, syncKinds, type ReadKind } from '../../src/capabilities.ts'
import { call, expectNoSecret, rejection } from './conformance.ts'
import { describeReports, type ReportedAdServer } from './conformance/reports.ts'

/** An ad server with something to read on it. */
export interface ReadableAdServer {
  adapter: AdServerAdapter
  /** The same ad server from another process: nothing is shared but the network. */
  again: AdServerAdapter
  /** What no error may ever show. */
  secret: string
  /** Reached with a secret it does not know; absent where there are none. */
  unauthorised?: AdServerAdapter
  /** The ids it holds of each kind it can be read for, whatever their number: enough for several pages of at least one. */
  holds(): Promise<Partial<Record<ReadKind, string[]>>>
  /** Somebody removes a row that was read and adds another, of a kind that takes several pages. */
  disturb(kind: ReadKind, seen: string): Promise<void>
  /** How many requests `adapter` has made so far, where the ad server can tell. */
  requests?(): number
  /** An order that stands there. */
  orderId(): Promise<string>
  /** Where capabilities claim reports. */
  reports?: ReportedAdServer
}

/** What an adapter owes whoever reads its ad server. tests/adapters/conformance.ts has what it owes those who book. */
export function describeReading(name: string, open: () => Promise<ReadableAdServer>): void {
  describe(`${name}, read`, () => {
    const it = {} as ReadableAdServer
    beforeAll(async () => void Object.assign(it, await open()))
    describe('page by page', () => describePages(it))
    describe('whatever happens', () => describeTrouble(it))
    describe('what it reports', () => describeReports(it))
  })
}

function describePages(it: ReadableAdServer): void {
  test('every kind it claims comes whole, each row once, as JSON keeps it', async () => {
    const held = await it.holds()
    const claimed = kindsOf(it.adapter)
    expect(Object.keys(held).sort()).toEqual([...claimed].sort())
    for (const kind of claimed) {
      const pages = await readAll(it.adapter, kind)
      const rows = pages.flatMap((page) => page.rows)
      expect(rows.map(({ id }) => id).sort(), kind).toEqual([...(held[kind] ?? [])].sort())
      expect(JSON.parse(JSON.stringify(rows))).toStrictEqual(rows)
    }
  })

  test('some kind takes several pages, and a page says truly how many rows follow, or nothing', async () => {
    const counts: number[] = []
    for (const kind of kindsOf(it.adapter)) {
      const pages = await readAll(it.adapter, kind)
      counts.push(pages.length)
      pages.forEach(({ remaining }, i) => {
        const later = pages.slice(i + 1).flatMap(({ rows }) => rows)
        if (remaining !== null) expect(remaining, kind).toBe(later.length)
      })
    }
    expect(Math.max(...counts)).toBeGreaterThan(1)
  })

  test('a page says how many requests it took', async (context) => {
    const { requests } = it
    if (!requests) return context.skip()
    for (const kind of kindsOf(it.adapter)) {
      const before = requests()
      const pages = await readAll(it.adapter, kind)
      const said = pages.map((one) => one.requests ?? 1).reduce((sum, one) => sum + one)
      expect(said, kind).toBe(requests() - before)
    }
  })

  test('a cursor is good in another process, and the same page comes again', async () => {
    for (const kind of kindsOf(it.adapter)) {
      const [first, second] = await readAll(it.adapter, kind)
      if (!first || !second) continue
      expect(await page(it.again, kind, first.cursor)).toEqual(second)
      expect(await page(it.again, kind, first.cursor)).toEqual(second)
    }
  })

  test('what was there all the while is not missed when other rows come and go', async () => {
    for (const kind of kindsOf(it.adapter)) {
      const pages = await readAll(it.adapter, kind)
      const seen = pages[0]?.rows.at(-1)
      if (pages.length < 2 || !seen) continue
      const before = pages.flatMap(({ rows }) => rows).map(({ id }) => id)
      const first = await page(it.adapter, kind, null)
      await it.disturb(kind, seen.id)
      const rest = await readAll(it.adapter, kind, first.cursor)
      const found = [first, ...rest].flatMap(({ rows }) => rows).map(({ id }) => id)
      expect(found, kind).toEqual(expect.arrayContaining(before))
      expect(new Set(found).size).toBe(found.length)
    }
  })

  test('rows name others that are there', async () => {
    const idsOf = async (kind: ReadKind) =>
      new Set((await readAll(it.adapter, kind)).flatMap(({ rows }) => rows.map(({ id }) => id)))
    const claimed = kindsOf(it.adapter)
    const refer = async <K extends ReadKind>(
      kind: K,
      to: ReadKind,
      by: (row: RowOf[K]) => (string | null)[],
    ) => {
      if (!claimed.includes(kind) || !claimed.includes(to)) return
      const there = await idsOf(to)
      const pages = (await readAll(it.adapter, kind)) as Page<RowOf[K]>[]
      const named = pages.flatMap(({ rows }) => rows.flatMap(by)).filter((id) => id !== null)
      expect(
        named.filter((id) => !there.has(id)),
        `${kind} to ${to}`,
      ).toEqual([])
    }
    await refer('ad_units', 'ad_units', ({ parent_id }) => [parent_id])
    await refer('placements', 'ad_units', ({ ad_unit_ids }) => [...ad_unit_ids])
    await refer('targeting_values', 'targeting_keys', ({ key_id }) => [key_id])
    await refer('line_items', 'orders', ({ order_id }) => [order_id])
  })

  test('where it tells changes, what changed before is left out and what changed since is told', async () => {
    for (const [kind, mode] of Object.entries(it.adapter.capabilities.reads)) {
      if (mode !== 'changes') continue
      const of = async (since: number) =>
        (await readAll(it.adapter, kind as ReadKind, null, new Date(since).toISOString())).flatMap(
          ({ rows }) => rows,
        )
      expect((await of(Date.parse('2020-01-01'))).length, kind).toBeGreaterThan(0)
      if (kind === 'ad_units') expect(await of(Date.now() + 86_400_000)).toEqual([])
    }
  })

  test('the network says what it is, in a time zone there is', async (context) => {
    if (!it.adapter.capabilities.reads.network) context.skip()
    const facts = await it.adapter.readNetwork?.(call())
    expect(facts?.name).not.toBe('')
    expect(() => new Intl.DateTimeFormat('en', { timeZone: facts?.time_zone })).not.toThrow()
    expect(facts?.currencies.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true)
  })

  test('an order says how it stands, with its line items; one there is none of is left out', async (context) => {
    const { readStatus } = it.adapter
    if (!readStatus) return context.skip()
    const id = await it.orderId()
    const [standing, ...others] = await readStatus([id], call())
    expect(others).toEqual([])
    expect(standing).toMatchObject({ order_id: id, status: expect.any(String) })
    expect(standing?.line_items.length).toBeGreaterThan(0)
    for (const { status, reason } of standing?.line_items ?? [])
      expect(reason === null).toBe(status !== 'not_delivering')
    expect(await readStatus([], call())).toEqual([])
    expect(await readStatus(['9'.repeat(18)], call())).toEqual([])
  })

  test('it has a function for whatever it claims, and for nothing else', () => {
    const { capabilities, readNetwork, readPage } = it.adapter
    expect(readNetwork !== undefined).toBe(capabilities.reads.network !== undefined)
    expect(readPage !== undefined).toBe(kindsOf(it.adapter).length > 0)
    expect(Object.keys(capabilities.reads).every((kind) => syncKinds.includes(kind as ReadKind))).toBe(true)
  })
}

function describeTrouble(it: ReadableAdServer): void {
  const kindRead = () => {
    const [kind] = kindsOf(it.adapter)
    if (!kind) throw new Error('it reads nothing')
    return kind
  }

  test('a call given up before it is made fails at once, and nothing is in doubt', async () => {
    const error = await rejection(page(it.adapter, kindRead(), null, AbortSignal.abort()))
    expect(error).toMatchObject({ class: 'transient' })
  })

  test('a secret the ad server does not know is ours to put right, and is not shown', async (context) => {
    const { unauthorised } = it
    if (!unauthorised) return context.skip()
    const error = await rejection(page(unauthorised, kindRead(), null))
    expect(error).toMatchObject({ class: 'config' })
    expectNoSecret(error, it.secret)
  })
}

const kindsOf = ({ capabilities }: AdServerAdapter) => readKinds.filter((kind) => capabilities.reads[kind])

function page(
  adapter: AdServerAdapter,
  kind: ReadKind,
  cursor: string | null,
  signal?: AbortSignal,
  changed_since: string | null = null,
): Promise<Page<RowOf[ReadKind]>> {
  if (!adapter.readPage) throw new Error('it has no readPage')
  return adapter.readPage(kind, { cursor, changed_since }, call(signal))
}

async function readAll(
  adapter: AdServerAdapter,
  kind: ReadKind,
  cursor: string | null = null,
  since: string | null = null,
): Promise<Page<RowOf[ReadKind]>[]> {
  const pages: Page<RowOf[ReadKind]>[] = []
  do {
    const next = await page(adapter, kind, cursor, undefined, since)
    pages.push(next)
    cursor = next.cursor
  } while (cursor !== null)
  return pages
}
