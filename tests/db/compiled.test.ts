import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { compiled } from '../../src/db/compiled.ts'
import { testDesk } from '../support/desk.ts'

const desk = testDesk()

/** What a stranger may call a field: also as a shape is written. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'a:$', 'a":$,"b', '$', '{}'),
  fc.stringMatching(/^[ -~]{1,12}$/).filter((name) => name !== '__proto__'),
)
const asked = fc.dictionary(key, fc.option(fc.stringMatching(/^[ -~]{0,8}$/), { nil: undefined }), {
  minKeys: 1,
  maxKeys: 4,
})

test('a query that is built once tells each caller of what that caller asked, however fields and values are called', async () => {
  const echo = compiled((db, fields: Record<string, string | undefined>) =>
    db.selectNoFrom(
      Object.entries(fields).map(([name, value], i) =>
        sql<string>`${name} || coalesce(${value === undefined ? null : value}::text, '?')`.as(`f${i}`),
      ),
    ),
  )
  await fc.assert(
    fc.asyncProperty(asked, async (fields) => {
      const [row] = await echo(desk.db, fields)
      const said = Object.entries(fields).map(([name, value]) => name + (value ?? '?'))
      expect(Object.values(row ?? {})).toEqual(said)
    }),
    { numRuns: 300 },
  )
})

test('a list may have any length, and what is asked without a value is another query than with one', async () => {
  const among = compiled((db, { names, but }: { names: readonly string[]; but: string | undefined }) =>
    db
      .selectFrom(sql<{ name: string }>`(values ('a'), ('b'), ('c'))`.as<'t'>(sql`t(name)`))
      .select('name')
      .where(sql<boolean>`name = any(${names}::text[])`)
      .$if(but !== undefined, (q) => q.where('name', '<>', but ?? '')),
  )
  const names = async (list: string[], but?: string) =>
    (await among(desk.db, { names: list, but })).map(({ name }) => name)
  expect(await names([])).toEqual([])
  expect(await names(['a', 'c'])).toEqual(['a', 'c'])
  expect(await names(['a', 'c'], 'a')).toEqual(['c'])
  expect(await names(['b'])).toEqual(['b'])
})

test('who builds such a query from a value itself is stopped the first time', async () => {
  const wrong = compiled((db, { id }: { id: string }) => db.selectNoFrom(sql`${`mb_${id}`}`.as('id')))
  await expect(wrong(desk.db, { id: '1' })).rejects.toThrow('built without its values')
})
