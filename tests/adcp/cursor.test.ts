import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCursor, writeCursor } from '../../src/adcp/cursor.ts'
import { AdcpError } from '../../src/adcp/error.ts'

const query = { brief: 'outdoor', filters: { channels: ['olv'], countries: ['DE'] } }
const position = fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1 })

test('a cursor gives back the position it was made of, for the query it was made for', () => {
  fc.assert(
    fc.property(position, (after) => {
      expect(readCursor(writeCursor(query, after), query)).toEqual(after)
    }),
  )
})

test('a cursor outlives a new context and another order of keys', () => {
  const cursor = writeCursor({ ...query, context: { correlation_id: '1' } }, ['a'])
  const same = { context: { correlation_id: '2' }, filters: { countries: ['DE'], channels: ['olv'] } }
  expect(readCursor(cursor, { ...same, brief: 'outdoor' })).toEqual(['a'])
})

test('a cursor of another query is refused', () => {
  const cursor = writeCursor(query, ['a'])
  expect(() => readCursor(cursor, { ...query, brief: 'indoor' })).toThrow(AdcpError)
})

test('a cursor with any character changed, cut or added is refused or still means the same', () => {
  const cursor = writeCursor(query, ['0.5', 'a_product'])
  fc.assert(
    fc.property(fc.nat(cursor.length - 1), fc.constantFrom(...'aZ0_-'), fc.boolean(), (at, letter, cut) => {
      const damaged = cursor.slice(0, at) + (cut ? '' : letter) + cursor.slice(at + 1)
      try {
        expect(readCursor(damaged, query)).toEqual(['0.5', 'a_product'])
      } catch (error) {
        expect(error).toMatchObject({ problems: [{ code: 'INVALID_REQUEST', field: 'pagination.cursor' }] })
      }
    }),
  )
})

test.each(['', 'x', '{}', 'bnVsbA', Buffer.from('{"query":1,"after":[]}').toString('base64url')])(
  '%j is no cursor',
  (cursor) => {
    expect(() => readCursor(cursor, query)).toThrow(AdcpError)
  },
)
