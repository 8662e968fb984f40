import fc from 'fast-check'
import { beforeAll, beforeEach, expect, test, describe } from 'vitest'
import { publishedSchema, type PlainSchema } from '../../src/mcp/input_schema.ts'
import { tools } from '../../src/tools/index.ts'
import { aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { listeningLog } from '../support/log_lines.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { rowCounts } from '../support/row_counts.ts'

const heard = listeningLog()
const desk = testDesk({}, { log: heard.log })
let buyer: TestBuyer
let authorization: string
beforeAll(async () => {
  buyer = await desk.buyer()
  authorization = `Bearer ${await desk.token()}`
})
beforeEach(() => heard.forget())

/** The least a tool wants; each test spoils one thing of it. */
const valid: Record<string, () => Args> = {
  create_media_buy: () => aPurchase(),
  sync_creatives: () => aSync(),
  update_media_buy: () => ({
    idempotency_key: 'a-key-of-bad-input',
    account: { account_id: 'acc_unknown' },
    media_buy_id: 'mb_unknown',
    paused: true,
  }),
  tasks_get: () => ({ task_id: 'task_unknown' }),
  sync_accounts: () => ({ idempotency_key: 'a-key-of-bad-input', accounts: [], dry_run: true }),
  get_account_financials: () => ({ account: { account_id: 'acc_unknown' } }),
  provide_performance_feedback: () => ({
    idempotency_key: 'a-key-of-bad-input',
    media_buy_id: 'mb_unknown',
    measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' },
    performance_index: 1,
  }),
}
const validFor = (tool: string) => valid[tool]?.() ?? {}
const raw = async (name: unknown, args?: unknown) => {
  const answer = await ask(`${desk.url}/mcp`, {
    headers: { authorization },
    body: JSON.stringify(rpcCall(name, args)),
  })
  return answer.json().result
}
/** Runs `work` and makes sure that it left nothing behind and that nothing broke inside. */
const storingNothing = async (work: () => Promise<unknown>) => {
  const before = await rowCounts(desk.db)
  await work()
  expect(await rowCounts(desk.db)).toEqual(before)
  expect(heard.lines().filter(({ level }) => Number(level) >= 40)).toEqual([])
}

/** A value of a type the schema does not take there, and that no habit of LLMs explains. */
function wrongFor({ type }: PlainSchema): unknown {
  if (type === 'string') return { not: 'text' }
  if (type === 'array') return 17
  if (type === 'object') return 'not an object'
  return 'not a number'
}

describe.each(tools.map(({ name, input }) => ({ name, fields: publishedSchema(input).properties ?? {} })))(
  '$name',
  ({ name, fields }) => {
    test('names each field of a wrong type', async () => {
      await storingNothing(async () => {
        for (const [field, schema] of Object.entries(fields)) {
          const { body, isError } = await buyer.call(name, { ...validFor(name), [field]: wrongFor(schema) })
          expect([field, isError, body.adcp_error?.code]).toEqual([field, true, 'INVALID_REQUEST'])
          expect(body.adcp_error).toMatchObject({
            field,
            recovery: 'correctable',
            suggestion: expect.any(String) as string,
          })
        }
      })
    })

    test('refuses null where something else belongs', async () => {
      await storingNothing(async () => {
        for (const field of Object.keys(fields)) {
          const { body } = await buyer.call(name, { ...validFor(name), [field]: null })
          expect([field, body.adcp_error?.code]).toEqual([field, 'INVALID_REQUEST'])
        }
      })
    })

    test.each([
      ['a list', []],
      ['a full list', [{ brief: 'x' }]],
      ['text', 'please'],
      ['a number', 3],
      ['true', true],
    ])('refuses arguments that are %s', async (_what, args) => {
      await storingNothing(async () => {
        const result = await raw(name, args)
        expect(result?.structuredContent?.adcp_error).toMatchObject({
          code: 'INVALID_REQUEST',
          message: expect.stringContaining('object') as string,
        })
      })
    })

    test('takes arguments that are null or left out for none', async () => {
      const none = await raw(name, {})
      expect((await raw(name, null))?.structuredContent).toEqual(none?.structuredContent)
      expect((await raw(name))?.structuredContent).toEqual(none?.structuredContent)
    })

    test('is not impressed by huge text anywhere', async () => {
      for (const [field, schema] of Object.entries(fields)) {
        if (schema.type !== 'string') continue
        const before = await rowCounts(desk.db)
        const { body } = await buyer.call(name, { ...validFor(name), [field]: 'é'.repeat(500_000) })
        expect([field, body.adcp_error?.code]).not.toEqual([field, 'SERVICE_UNAVAILABLE'])
        if (!body.adcp_error) continue
        expect(JSON.stringify(body).length).toBeLessThan(2000)
        expect(await rowCounts(desk.db)).toEqual(before)
      }
      expect(heard.lines().filter(({ level }) => Number(level) >= 40)).toEqual([])
    })

    test.each([
      ['NUL', 'a\u0000b'],
      ['half a surrogate pair', 'a\ud83d'],
    ])('refuses %s in any text, also deep inside, and says where', async (_what, text) => {
      await storingNothing(async () => {
        for (const args of [
          { context: { deep: [{ text }] } },
          { ext: { [text]: 1 } },
          { unknown_field: text },
          { task_id: text },
          { brief: text },
        ]) {
          const { body } = await buyer.call(name, { ...validFor(name), ...args })
          expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST' })
          expect(body.adcp_error?.field).toMatch(
            /^(context\.deep\[0\]\.text|ext|unknown_field|task_id|brief)$/,
          )
        }
      })
    })

    test('is never brought down by what a schema-shaped guess may send', async () => {
      const before = await rowCounts(desk.db)
      await fc.assert(
        fc.asyncProperty(someOf(fields), async (args) => {
          const result = await raw(name, { ...validFor(name), ...args })
          const code = result?.structuredContent?.adcp_error?.code
          expect(code).not.toBe('SERVICE_UNAVAILABLE')
        }),
        { numRuns: Number(process.env['FUZZ_RUNS'] ?? 50) },
      )
      expect(heard.lines().filter(({ level }) => Number(level) >= 40)).toEqual([])
      // an accepted guess may store something there
      if (!['create_media_buy', 'sync_accounts', 'sync_creatives'].includes(name))
        expect(await rowCounts(desk.db)).toEqual(before)
    })
  },
)

/** Up to four arguments, so that the rest of a valid request lets the guess get further than the first check. */
function someOf(fields: Record<string, PlainSchema>): fc.Arbitrary<Args> {
  return fc
    .subarray(Object.entries(fields), { minLength: 1, maxLength: Math.min(4, Object.keys(fields).length) })
    .chain((some) => fc.record(Object.fromEntries(some.map(([key, schema]) => [key, guess(schema, 1)]))))
}

/** Arguments as somebody might guess them from the published schema: mostly of the right type, at the edges of it. */
function guess(schema: PlainSchema, depth: number): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom<unknown>(null, true, -1, 1e308, '', [], {}, '[]', '{}', '9'.repeat(400))
  return fc.oneof({ weight: 12, arbitrary: typed(schema, depth) }, { weight: 1, arbitrary: odd })
}
function typed({ type, properties, items, enum: words }: PlainSchema, depth: number): fc.Arbitrary<unknown> {
  if (words) return fc.constantFrom(...words)
  switch (type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(properties ?? {}).map(([key, schema]) => [key, guess(schema, depth + 1)]),
        ),
        { requiredKeys: [] },
      )
    case 'array':
      return fc.array(guess(items ?? {}, depth + 1), { minLength: 1, maxLength: 3 })
    case 'integer':
      return fc.oneof(
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 53),
      )
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(0.01, 0.001, 1e15, 1e300, 5e-324))
    case 'boolean':
      return fc.boolean()
    default:
      return fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string(),
        fc.constantFrom(
          'hiking & "food" | (\\',
          "'); drop table x; --",
          '%_\\',
          'EUR',
          'DE',
          'acme.example',
          'https://a.example',
          'acc_acme_pinnacle',
          '0000-01-01',
          '9999-12-31',
          '2027-04-01',
          '0000-01-01T00:00:00Z',
          '9999-12-31T23:59:59Z',
          '2027-04-01T00:00:00+23:59',
          'trail_display_run_of_site',
          'cpm_eur_auction',
          'a-key-of-the-fuzzer-1',
          '3.1',
        ),
      )
  }
}

test.each([
  [undefined],
  [null],
  [''],
  [42],
  [{}],
  [['get_products']],
  ['__proto__'],
  ['constructor'],
  ['GET_PRODUCTS'],
  ['tasks/cancel'],
  ['x'.repeat(100_000)],
])('a call of something that is no tool (%#) is answered with the tools there are', async (name) => {
  await storingNothing(async () => {
    const result = await raw(name, {})
    expect(result?.isError).toBe(true)
    expect(result?.structuredContent?.adcp_error).toMatchObject({
      code: 'INVALID_REQUEST',
      suggestion: expect.stringContaining('get_products') as string,
    })
    expect(JSON.stringify(result).length).toBeLessThan(4000)
  })
})

test.each([
  ['get_media_buy_delivery', { media_buy_ids: ['mb_nobody'], end_date: '0000-01-01' }, 'end_date'],
  ['create_media_buy', aPurchase({ start_time: '0001-01-01T00:00:00+14:00' }), 'start_time'],
  ['create_media_buy', aPurchase({ end_time: '9999-12-31T23:59:59-14:00' }), 'end_time'],
  ['get_products', { filters: { start_date: '0000-02-01' } }, 'filters.start_date'],
])('%s of a time the database does not know names the field', async (tool, args, field) => {
  const { body } = await buyer.call(tool, args)
  expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field })
})

test('ten thousand packages get a short answer', async () => {
  const [item] = aPurchase()['packages'] as Args[]
  await storingNothing(async () => {
    for (const packages of [
      Array(10_000).fill(item),
      Array(10_000).fill({ nonsense: true }),
      Array(10_000).fill(null),
    ]) {
      const { body } = await buyer.call('create_media_buy', aPurchase({ packages }))
      expect(body.adcp_error?.code).toBe('INVALID_REQUEST')
      expect(body.adcp_error?.field).toMatch(/^packages/)
      expect(JSON.stringify(body).length).toBeLessThan(10_000)
    }
  })
})

test('a request that tries to change what objects are made of is just a request', async () => {
  await storingNothing(async () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const args = `{"${key}":{"polluted":true,"task_id":"x"},"context":{"${key}":{"polluted":true}},"filters":{"${key}":{"polluted":true}}}`
      for (const { name } of tools) {
        const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`
        const answer = await ask(`${desk.url}/mcp`, { headers: { authorization }, body })
        expect(answer.text).toContain(`"context":{"${key}":{"polluted":true}}`)
        if (name === 'tasks_get')
          expect(answer.json().result?.structuredContent?.adcp_error?.field).toBe('task_id')
      }
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
  })
})
