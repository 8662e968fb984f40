import fc from 'fast-check'
import { hostileFor } from './values.ts'

type Path = readonly (string | number)[]
/** A part of a file that was written, and what stands there. */
interface Written {
  path: Path
  value: unknown
}

/** Every part of a file, at any depth; of the items of a list that are alike only the first. */
export function partsOf(value: unknown, path: Path = [], known = new Map<string, Written>()): Written[] {
  const shape = path.map((part) => (typeof part === 'number' ? '#' : part)).join('.')
  if (path.length > 0 && !known.has(shape)) known.set(shape, { path, value })
  if (Array.isArray(value)) value.forEach((item, index) => partsOf(item, [...path, index], known))
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) partsOf(item, [...path, name], known)
  return [...known.values()]
}

/** The file with something else in that place. */
export function withPart(file: unknown, [part, ...rest]: Path, value: unknown): unknown {
  if (part === undefined) return value
  if (Array.isArray(file))
    return file.map((item: unknown, index) => (index === part ? withPart(item, rest, value) : item))
  const fields = file as Record<string, unknown>
  return { ...fields, [part]: withPart(fields[part], rest, value) }
}

/** Words no compression makes short, of so many characters. */
const manyWords = (length: number) => {
  let [text, seed] = ['', 7]
  while (text.length < length) text += `${(seed = (seed * 48_271) % 2_147_483_647).toString(36)} `
  return text.slice(0, length)
}
const endless = [
  manyWords(1_500_000),
  manyWords(90_000),
  manyWords(20_000).replaceAll(' ', ''),
  `x.${manyWords(20_000).replaceAll(' ', '')}`,
  `https://x.example/${manyWords(20_000).replaceAll(' ', '')}`,
]
/** What a spreadsheet, an editor or somebody who means no good puts into a file. */
export const oddTexts = [
  ...[
    '=1+1',
    '@x',
    '-2',
    '+3',
    '\t=1',
    "'=1",
    '\u00a0x\u00a0',
    '"',
    'a"b',
    'a,b;c',
    'a\nb',
    'a\r\nb',
    '#x: y',
  ],
  ...[
    '["a\\u0000b"]',
    '{"a":"\\ud800"}',
    '{"__proto__":{"a":1}}',
    '{"name":1e400}',
    '[1e400]',
    '{"a":1,"a":2}',
  ],
  ...['cpm EUR 1e400', 'cpm EUR 99999999999', '2147483648', '9007199254740993', '0000-01-01', ': x', 'x:'],
  ...endless,
]
const odd: Record<string, readonly unknown[]> = {
  string: oddTexts,
  number: [2 ** 31, 2 ** 31 - 1, 2 ** 53 - 1, Infinity, -Infinity, NaN],
  object: [
    { 'a\0b': 1 },
    { 'a\ud800': 1 },
    { a: ['b\0'] },
    { a: { b: Infinity } },
    { [endless[1] ?? '']: 1 },
  ],
}

/** What may stand where this stands, and nobody means: of its own kind, or of another. */
export function hostileLike(value: unknown): fc.Arbitrary<unknown> {
  const type = Array.isArray(value) ? 'array' : typeof value
  const alike = [...hostileFor({ type }), ...(odd[type] ?? [])]
  const others = [null, true, 0, 'x', [], {}, '\0']
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...alike) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )
}
