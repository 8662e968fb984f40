import { fromNetworkTime } from '../../../src/adapters/google_ad_manager/network_time.ts'
import { fail } from './fail.ts'
import type { Thing } from './objects.ts'

export interface Query {
  columns: string[]
  table: string
  matches(row: Thing): boolean
  /** Only rows with a greater id; `matches` says nothing of it. */
  after: bigint | undefined
  limit: number
  offset: number
}

type Literal = string | string[]

/** Reads a statement of Google's query language: `SELECT … FROM … WHERE a = :b AND c IN (…) LIMIT … OFFSET …`, values bound by name. */
export function readQuery({ query = '', values = [] }: Thing): Query {
  const text = String(query).trim()
  const parts =
    /^(?:select\s+(.+?)\s+from\s+(\w+)\s*)?(?:where\s+(.+?))?(?:\s*order\s+by\s+\w+(?:\s+(?:asc|desc))?)?(?:\s*limit\s+(\d+))?(?:\s*offset\s+(\d+))?$/is.exec(
      text,
    )
  if (!parts) fail('PublisherQueryLanguageSyntaxError', 'UNPARSABLE', 'query', text)
  const [, columns = '', table = '', where, limit, offset] = parts
  const bound = new Map((values as Thing[]).map(({ key, value }) => [String(key), literalOf(value as Thing)]))
  const written = where === undefined ? [] : where.split(/\s+and\s+/i)
  const [after] = written.flatMap((one) => idAfter(one, bound) ?? [])
  const conditions = written
    .filter((one) => idAfter(one, bound) === undefined)
    .map((one) => conditionOf(one, bound))
  return {
    columns: columns
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
    table,
    matches: (row) => conditions.every((holds) => holds(row)),
    after,
    limit: Number(limit ?? 500),
    offset: Number(offset ?? 0),
  }
}

/** Of `id > 42` the 42. */
function idAfter(text: string, bound: Map<string, Literal>): bigint | undefined {
  const [, right] = /^id\s*>\s*(\S+)$/i.exec(text.trim()) ?? []
  const [value] = right === undefined ? [] : valueOf(right, bound)
  return value === undefined ? undefined : BigInt(value)
}

function conditionOf(text: string, bound: Map<string, Literal>): (row: Thing) => boolean {
  const parts = /^(\w+)\s*(>=|=|!=|like|in)\s*(.+)$/is.exec(text.trim())
  if (!parts) fail('PublisherQueryLanguageSyntaxError', 'UNPARSABLE', 'query', text)
  const [, name = '', operator = '', right = ''] = parts
  const values = right
    .replace(/^\((.*)\)$/s, '$1')
    .split(',')
    .flatMap((one) => valueOf(one.trim(), bound))
  const cell = (row: Thing) => {
    const key = Object.keys(row).find((one) => one.toLowerCase() === name.toLowerCase())
    return key === undefined ? '' : String(row[key] as string)
  }
  // it compares text without case, as the real one does
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  switch (operator.toLowerCase()) {
    case '=':
      return (row) => values.some((value) => same(cell(row), value))
    case '>=':
      // what has no such time was changed just now
      return (row) => values.every((value) => Number(Date.parse(cell(row)) || Infinity) >= Number(value))
    case '!=':
      return (row) => values.every((value) => !same(cell(row), value))
    case 'like':
      return (row) => values.some((value) => likeness(value).test(cell(row)))
    default:
      return (row) => values.some((value) => same(cell(row), value))
  }
}

function valueOf(text: string, bound: Map<string, Literal>): string[] {
  if (text.startsWith(':')) {
    const value = bound.get(text.slice(1))
    if (value === undefined) fail('PublisherQueryLanguageContextError', 'UNEXECUTABLE', 'query', text)
    return [value].flat()
  }
  return [text.replace(/^'(.*)'$/s, '$1')]
}

function literalOf(value: Thing): Literal {
  if (value['xsi_type'] === 'SetValue')
    return ((value['values'] as Thing[] | undefined) ?? []).map(({ value: one }) => String(one))
  if (value['xsi_type'] === 'DateTimeValue') return String(momentOf(value['value'] as Thing))
  return String(value['value'])
}

function momentOf({ date, timeZoneId, ...time }: Thing): number | undefined {
  const number = (value: unknown) => Number(value)
  const { year, month, day } = date as Thing
  return fromNetworkTime({
    date: { year: number(year), month: number(month), day: number(day) },
    hour: number(time['hour']),
    minute: number(time['minute']),
    second: number(time['second']),
    timeZoneId: String(timeZoneId),
  })
}

function likeness(pattern: string): RegExp {
  const escaped = pattern.split('%').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 'is')
}
