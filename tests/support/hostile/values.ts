import type { PlainSchema } from '../../../src/mcp/input_schema.ts'

/** Names that objects of JavaScript have from the beginning, or that change what becomes of one. */
export const inbornNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
]

/** Texts nobody means, at the edges of what a field of text, a figure or a date may be taken for. */
export const hostileTexts = [
  'x'.repeat(100_000),
  '\u202egnp.exe\u202c',
  '\u200b\u00ad\ufeff',
  'e\u0301'.repeat(40),
  '\u001b[2J\u001b]8;;http://evil.example\u0007\r\n\u2028',
  '\uffff\u{10ffff}\ue000',
  'a\u0000b',
  'a\ud800',
  ...['-1', '1e308', '10000-01-01', '2027-02-30', 'https://127.0.0.1/'],
  ...['', ' ', '%_\\', "');--", '( & | !', '$1', '1e400', 'NaN', '{"a":1}', '[]', 'null', '9'.repeat(400)],
  ...['9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '9999-12-31', '0001-01-01', 'https://a.example/\u202e'],
  ...inbornNames,
]
const numbers = [
  ...[1e308, -1e308, 1e-320, 5e-324, -0, 0, -1, 0.1 + 0.2, 1.005, 1e-6],
  ...[2 ** 31, 2 ** 53 + 2, 2 ** 63, 1e14, 99_999_999_999.99, 1e21],
]
const lists = [
  [],
  [null],
  [[[[]]]],
  Array<string>(10_000).fill('x'),
  Array<number>(10_000).fill(1),
  Array<object>(10_000).fill({}),
]
const named = (name: string, value: unknown) => JSON.parse(`{"${name}":${JSON.stringify(value)}}`) as object
const objects = [
  ...inbornNames.flatMap((name) => [named(name, 'x'), named(name, { polluted: true })]),
  Object.fromEntries(Array.from({ length: 10_000 }, (_none, n) => [`k${n}`, n])),
  JSON.parse(`${'{"a":['.repeat(45)}${']}'.repeat(45)}`) as object,
  {},
]

/** What is of the type that stands there, and nothing anybody would mean. */
export function hostileFor({ type }: PlainSchema): readonly unknown[] {
  switch (type) {
    case 'string':
      return hostileTexts
    case 'number':
    case 'integer':
      return numbers
    case 'array':
      return lists
    case 'object':
      return objects
    default:
      return [...inbornNames, ...numbers, ...objects]
  }
}
