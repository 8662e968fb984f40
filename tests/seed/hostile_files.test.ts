import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { examplePublisher } from '../../src/cli/seed.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { PublisherFileError } from '../../src/seed/publisher_file_error.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { testDatabase } from '../support/database.ts'
import { hostileLike, partsOf, withPart } from '../support/hostile/written.ts'
import { everyRow } from '../support/orders.ts'

const database = testDatabase()
type Item = Record<string, unknown>
let example: Record<string, Item[]>
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'salesdesk-hostile-'))
  example = parse(await readFile(examplePublisher, 'utf8')) as typeof example
  expect(await load(stringify(example))).toBe('taken')
})
afterAll(() => rm(folder, { recursive: true }))

/** Loads a file: it is taken as it is, or what is wrong is told by line or field and nothing of it is kept. */
async function load(text: string | Uint8Array): Promise<string> {
  const path = join(folder, 'publisher.yaml')
  await writeFile(path, text)
  let before: string | undefined
  try {
    const file = await readPublisherFile(path)
    before = await everyRow(database.db)
    await savePublisher(database.db, file)
    expect((await savePublisher(database.db, file)).changed).toBe(0)
    return 'taken'
  } catch (error) {
    if (!(error instanceof PublisherFileError)) throw error
    if (before !== undefined) expect(await everyRow(database.db)).toBe(before)
    expect(error.problems.length).toBeGreaterThan(0)
    return error.message.split('\n').slice(1).join('\n')
  }
}

describe('a publisher file', () => {
  it('with anything at all in any of its fields is taken as it is, or refused with the field that is wrong', async () => {
    const places = partsOf(example)
    const spoilt = fc
      .constantFrom(...places)
      .chain(({ path, value }) => hostileLike(value).map((odd) => ({ path, odd })))
    await fc.assert(
      fc.asyncProperty(spoilt, async ({ path, odd }) => {
        const said = await load(stringify(withPart(example, path, odd)))
        if (said !== 'taken') expect(said).toMatch(/^ {2}(line \d+: )?[a-z_]+/m)
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 40), endOnFailure: true },
    )
  })

  it.each([
    ['NUL', 'a\0b', 'holds NUL or half of a character'],
    ['half of a character', 'a\ud800b', 'holds NUL or half of a character'],
    ['a book', 'word '.repeat(300_000), 'has more than 100000 characters'],
    ['too long a name', 'x'.repeat(501), 'has more than 500 characters'],
  ])('names the field that holds %s', async (_what, name, why) => {
    expect(await load(stringify(withPart(example, ['products', 0, 'name'], name)))).toMatch(
      new RegExp(`^ {2}line \\d+: products\\[0\\]\\.name ${why}`),
    )
  })

  it.each([
    ['max_flight_days', 2 ** 31, 'must be 3650 or less'],
    ['max_new_keys_per_minute', 2 ** 31, 'must be 1000000 or less'],
    ['max_package_budget', Infinity, 'must be a number, and none without end'],
  ])('names %s that is %d', async (field, value, why) => {
    expect(await load(stringify(withPart(example, ['tenant', field], value)))).toMatch(
      new RegExp(`tenant\\.${field} ${why}`),
    )
  })

  it.each(['0000-01-01', '9999-12-31', '9999-12-31T23:59:59-14:00', '0001-01-01T00:00:00+14:00'])(
    'has no product that is sold until %s',
    async (day) => {
      expect(await load(stringify(withPart(example, ['products', 0, 'available_until'], day)))).toContain(
        'products[0].available_until must be a date',
      )
    },
  )

  const good = () => stringify(example)
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const many = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdef'].map((line, i) =>
    i === 0
      ? line
      : `${line}: &${line} [${Array(9)
          .fill(`*${'abcdef'[i - 1]}`)
          .join()}]`,
  )
  it.each<[string, () => string | Uint8Array, RegExp | 'taken']>([
    ['a mark of its order of bytes', () => `\ufeff${good()}`, 'taken'],
    ['lines as Windows ends them', () => good().replaceAll('\n', '\r\n'), 'taken'],
    ['letters in Latin-1', () => Buffer.from(`# a\n# ü\n${good()}`, 'latin1'), /^ {2}line 2: is no UTF-8/],
    ['two bytes a letter', () => Buffer.from(`\ufeff${good()}`, 'utf16le'), /^ {2}line 1: is no UTF-8/],
    ['lists in lists without end', () => `${good()}\nx: ${deep}`, /^ {2}line \d+: not valid YAML/],
    [
      'aliases of aliases',
      () => `${many.join('\n')}\n${good()}`,
      /^ {2}not valid YAML: Excessive alias count/,
    ],
    ['an alias of nothing', () => `${good()}\nx: *nobody`, /^ {2}not valid YAML: Unresolved alias.*nobody/],
    ['a part that holds itself', () => `${good()}\nx: &x {a: [*x]}`, /^ {2}line \d+: x.*nested .*in itself/],
    [
      'a field twice',
      () => `${good()}\ntenant: {}`,
      /^ {2}line \d+: not valid YAML: Map keys must be unique/,
    ],
    ['two files in one', () => `${good()}\n---\n${good()}`, /^ {2}line \d+: not valid YAML/],
    ['a quote without its end', () => `${good()}\nx: "abc`, /^ {2}line \d+: not valid YAML: Missing closing/],
    ['__proto__', () => `${good()}\n__proto__: {tenant: 1}`, /^ {2}line \d+: __proto__ is not known here/],
    ['nothing', () => '', /must be a list of names and values/],
    ['a NUL', () => '\0', /holds NUL/],
  ])('with %s is taken, or says what is wrong', async (_what, text, outcome) => {
    const said = await load(text())
    if (outcome === 'taken') expect(said).toBe('taken')
    else expect(said).toMatch(outcome)
  })
})
