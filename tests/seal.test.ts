import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeal } from '../src/seal.ts'

const aKey = () => randomBytes(32).toString('base64')
const seal = createSeal(aKey())

test('whatever a buyer gives us to keep comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), fc.string(), (secret, about) => {
      expect(seal.open(seal.close(secret, about), about)).toBe(Buffer.from(secret).toString())
    }),
  )
})

test('a buyer’s secret never looks the same twice, so nobody sees that two buyers share one', () => {
  expect(seal.close('secret', 'a')).not.toEqual(seal.close('secret', 'a'))
})

test('a buyer’s secret opens with its own key and in its own row only, and not when a bit was changed', () => {
  const sealed = seal.close('a secret of some buyer', 'token:mb_1')
  expect(() => createSeal(aKey()).open(sealed, 'token:mb_1')).toThrow('SALESDESK_ENCRYPTION_KEY')
  expect(() => seal.open(sealed, 'token:mb_2')).toThrow('SALESDESK_ENCRYPTION_KEY')
  expect(() => seal.open(Buffer.of(), 'token:mb_1')).toThrow('SALESDESK_ENCRYPTION_KEY')
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => seal.open(changed, 'token:mb_1')).toThrow('SALESDESK_ENCRYPTION_KEY')
  }
})

test('a key that is cut short is refused before a buyer’s secret is trusted to it', () => {
  expect(() => createSeal('c2hvcnQ=')).toThrow('5 bytes instead of 32')
})

describe('while a key is being replaced', () => {
  const [old, next] = [aKey(), aKey()]
  const before = createSeal(old)
  const during = createSeal(next, [aKey(), old])
  const after = createSeal(next)

  test('what was sealed with the old one opens, and what is sealed from now on needs the new one alone', () => {
    expect(during.open(before.close('secret', 'a'), 'a')).toBe('secret')
    expect(after.open(during.close('secret', 'a'), 'a')).toBe('secret')
    expect(() => before.open(during.close('secret', 'a'), 'a')).toThrow('SALESDESK_DECRYPTION_KEYS')
    expect(() => during.open(before.close('secret', 'a'), 'b')).toThrow('SALESDESK_DECRYPTION_KEYS')
  })

  test('whatever is sealed shows under which key it is, and nothing else of it', () => {
    const [mine, , oldOne] = during.marks
    expect(during.close('secret', 'a').subarray(0, 5)).toEqual(mine)
    expect(before.close('secret', 'a').subarray(0, 5)).toEqual(oldOne)
    for (const key of [old, next])
      for (const mark of during.marks)
        expect(Buffer.from(key, 'base64').includes(mark.subarray(1))).toBe(false)
  })

  test('what a release before this one sealed opens, under whichever key it is', () => {
    const nameless = (sealed: Buffer) => Buffer.concat([Buffer.of(1), sealed.subarray(5)])
    expect(during.open(nameless(before.close('secret', 'a')), 'a')).toBe('secret')
    expect(during.open(nameless(after.close('secret', 'a')), 'a')).toBe('secret')
    expect(() => after.open(nameless(before.close('secret', 'a')), 'a')).toThrow('does not open')
  })
})
